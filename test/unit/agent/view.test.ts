import { describe, expect, it } from 'vitest';
import { type AppName, revisionZero, type Revision } from '../../../src/domain/types.ts';
import { type AgentFacts, describeState, isApplied, unreadiness } from '../../../src/agent/view.ts';
import { failLoudly } from '../../../src/fault.ts';
import { createLoop } from '../../../src/loop.ts';
import { initialState } from '../../../reducers/state.ts';
import { NEVER } from 'rxjs';
import { createWorld, worldSettings } from '../../support/world/world.ts';

const facts = (appliedRevision: Revision): AgentFacts => ({
  version: '0.1.0',
  pid: 1,
  startedAtMs: 0,
  appliedRevision,
  journalFault: undefined,
});

/** An agent that has listed etcd and seen nothing else yet. */
function listedOnly() {
  const loop = createLoop(
    {
      nowMs: () => 1_000,
      journal: {
        append: () => undefined,
        commitIntent: () => Promise.resolve({ ok: true, value: undefined }),
      },
      run: () => NEVER,
      retryLater: () => undefined,
    },
    initialState,
  );
  loop.dispatch({ type: 'AgentStarted', version: '0', pid: 1, settings: worldSettings });
  loop.dispatch({
    type: 'IdentityObserved',
    identity: { hostId: 'web1', hostNames: ['web1'], addresses: ['10.0.0.1'] },
  });
  loop.dispatch({
    type: 'DesiredListed',
    clusterId: '1',
    revision: '12' as Revision,
    reason: 'Initial',
    entries: [],
    elsewhere: 3,
    ignoredKeys: 0,
  });
  return loop.current();
}

describe('isApplied', () => {
  it('is not before supervisord and the conf directory have been seen', () => {
    expect(isApplied(listedOnly())).toBe(false);
  });

  it('is when all runs, and not while supervisord is away', async () => {
    const world = createWorld();
    world.put('web', 'sleep 1000');
    await world.settle();
    expect(isApplied(world.loop.current())).toBe(true);
    world.power(false);
    world.put('web', 'sleep 2000');
    await world.pass(1_000);
    expect(isApplied(world.loop.current())).toBe(false);
    world.power(true);
    await world.settle();
    expect(isApplied(world.loop.current())).toBe(true);
  });

  it('is under an operator stop: somebody decided so', async () => {
    const world = createWorld();
    world.put('web', 'sleep 1000');
    await world.settle();
    world.operator('stop', 'web');
    await world.settle();
    expect(world.app('web')?.hold).toBeDefined();
    expect(isApplied(world.loop.current())).toBe(true);
  });
});

describe('describeState', () => {
  it('tells no option of any version, in whatever state the app is', async () => {
    const world = createWorld();
    const extra = 'environment=TOKEN="CANARY"\n';
    const looks: string[] = [];
    world.loop.view$.subscribe({
      next: (view) => looks.push(JSON.stringify(describeState(view, facts(revisionZero)))),
      error: failLoudly,
    });
    world.put('web', 'sleep 1000', { extra });
    await world.pass(1_000);
    world.put('web', 'sleep 2000', { extra });
    await world.settle();
    world.operator('stop', 'web');
    await world.settle();
    world.remove('web');
    await world.settle();
    expect(world.records.some((record) => JSON.stringify(record).includes('CANARY'))).toBe(true);
    expect(looks.some((text) => text.includes('"trial":{'))).toBe(true);
    expect(looks.filter((text) => text.includes('CANARY'))).toEqual([]);
  });
});

describe('unreadiness', () => {
  it('names the revision that is not applied yet', () => {
    const reasons = unreadiness(listedOnly(), facts(revisionZero));
    expect(reasons).toEqual(['applied revision 0 is behind observed 12']);
  });

  it.each(['Others', 'Halted'] as const)(
    'tells of content that waits for its turn (%s)',
    async (wait) => {
      const world = createWorld();
      const rollout = '{"maxUnavailable":1}';
      world.put('web', '/bin/ok 1', { rollout });
      await world.settle();
      world.faults.isTurnWithheld = true;
      world.put('web', '/bin/ok 2', { rollout });
      await world.pass(1_000);
      world.dispatch({ type: 'TurnAwaited', app: 'web' as AppName, wait, detail: 'of web2' });
      expect(isApplied(world.loop.current())).toBe(false);
      const [reason] = unreadiness(world.loop.current(), facts(world.state().source.revision));
      expect(reason).toBe(`web: ${wait === 'Halted' ? 'RolloutHalted' : 'AwaitingTurn'}: of web2`);
    },
  );

  it('tells of removals that wait for a word', async () => {
    const world = createWorld();
    const apps = ['a', 'b', 'c', 'd'];
    for (const app of apps) world.put(app, 'sleep 1000');
    await world.settle();
    world.remove(...apps);
    await world.settle();
    expect(isApplied(world.loop.current())).toBe(false);
    const reasons = unreadiness(world.loop.current(), facts(world.state().source.revision));
    expect(reasons).toHaveLength(4);
    expect(reasons[0]).toContain('a: MassRemoval: ');
  });

  it('says nothing of a repair in between', async () => {
    const world = createWorld();
    world.put('web', 'sleep 1000');
    await world.settle();
    const { revision } = world.state().source;
    world.tamper('delete', 'web');
    expect(isApplied(world.loop.current())).toBe(false);
    expect(unreadiness(world.loop.current(), facts(revision))).toEqual([]);
  });
});
