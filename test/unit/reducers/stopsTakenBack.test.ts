/** A change that is taken back after its stops were asked for: the stops were ours all the same. */
import { describe, expect, it } from 'vitest';
import { type AppState, newApp } from '../../../reducers/appState.ts';
import { awaiting, settleWork, stopUnseenUntilMs, workAfter } from '../../../reducers/work.ts';
import type { ProcessState, ProcessStatus } from '../../../src/domain/types.ts';
import { createWorld, type World } from '../../support/world/world.ts';

const flush = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

/** `a` runs, its change is written and its stop asked for; nobody has looked since. */
async function stopJustAsked(extra: string): Promise<World> {
  const world = createWorld();
  world.put('a', '/bin/ok 1');
  await world.settle();
  world.put('a', '/bin/ok 1', { extra });
  for (let turn = 0; world.app('a')?.work === undefined && turn < 100; turn++) {
    await Promise.resolve();
  }
  expect(world.app('a')?.work?.phase).toBe('Stopping');
  return world;
}

describe('a change taken back while its stop is on the way', () => {
  it.each(['autostart=false\n', 'startsecs=3\n', 'numprocs=2\nprocess_name=x_%(process_num)d\n'])(
    'is no operator stop, and what stopped is started again: %j',
    async (extra) => {
      const world = await stopJustAsked(extra);
      world.put('a', '/bin/ok 1');
      world.list();
      await flush();
      await world.settle();
      expect(world.app('a')?.hold).toBeUndefined();
      expect(world.process('a')?.state).toBe('RUNNING');
      expect(world.heldCodes()).toEqual([]);
    },
  );

  it('is not an operator stop of one process because another was started again meanwhile', async () => {
    const two = 'numprocs=2\nprocess_name=%(program_name)s_%(process_num)d\n';
    const world = createWorld();
    world.put('a', '/bin/ok 1', { extra: two });
    await world.settle();
    world.put('a', '/bin/ok 2', { extra: two });
    for (let turn = 0; world.app('a')?.work === undefined && turn < 100; turn++) {
      await Promise.resolve();
    }
    world.put('a', '/bin/ok 1', { extra: two });
    world.list();
    await flush();
    // The one stops at once and is started again; the stop of the other shows only later.
    const [first, second] = [...world.supervisor.processes.values()];
    if (first === undefined || second === undefined) throw new Error('there are two');
    Object.assign(first, { state: 'STOPPED', pid: 0, dueMs: undefined });
    Object.assign(second, { state: 'RUNNING', dueMs: undefined });
    await world.pass(1_500);
    expect(world.supervisor.startsById.get(first.id)).toBe(2);
    Object.assign(second, { state: 'STOPPED', pid: 0 });
    await world.pass(1_500);
    expect(world.app('a')?.hold).toBeUndefined();
    expect(world.supervisor.startsById.get(second.id)).toBe(2);
  });

  it('an operator who stops it later is believed', async () => {
    const world = await stopJustAsked('startsecs=3\n');
    world.put('a', '/bin/ok 1');
    world.list();
    await world.settle();
    world.operator('stop', 'a');
    await world.settle();
    expect(world.heldCodes()).toEqual(['OperatorStop']);
  });

  it('a stop that never shows is waited for a while, not for good', async () => {
    const world = await stopJustAsked('startsecs=3\n');
    world.faults.stops.add('a');
    world.put('a', '/bin/ok 1');
    world.list();
    await world.settle();
    expect(world.app('a')?.work).toBeUndefined();
    expect(world.heldCodes()).toEqual([]);
  });
});

const started = (id: string, state: ProcessState, startSec: number): ProcessStatus => {
  const rest = { group: 'a', name: id, stopSec: 0, exitStatus: 0, spawnError: '' };
  return { id, state, startSec, pid: state === 'RUNNING' ? 7 : 0, ...rest };
};
const askedAtMs = 1_000_500;
const open: AppState = {
  ...newApp('a'),
  work: { phase: 'Awaiting', sinceMs: askedAtMs + 100, stopsAskedAtMs: askedAtMs },
};

describe('workAfter', () => {
  const isOpen = (atMs: number, ...after: readonly ProcessStatus[]): boolean =>
    workAfter(open, { after, atMs }) !== undefined;

  it('stays open while what ran when its stop was asked for still seems to run', () => {
    expect(isOpen(askedAtMs + 4_999, started('x', 'RUNNING', 900))).toBe(true);
    expect(isOpen(askedAtMs + 4_999, started('x', 'RUNNING', 1_000))).toBe(true);
    expect(isOpen(askedAtMs + 5_000, started('x', 'RUNNING', 900))).toBe(false);
  });

  it('is over when everything was started since, or has ended by itself', () => {
    expect(isOpen(askedAtMs + 1_000, started('x', 'RUNNING', 1_001))).toBe(false);
    expect(isOpen(askedAtMs + 1_000, started('x', 'EXITED', 900))).toBe(false);
    const both = [started('x', 'RUNNING', 1_001), started('y', 'RUNNING', 900)];
    expect(isOpen(askedAtMs + 1_000, ...both)).toBe(true);
  });

  it('stays open as long as a start is owed, however long that takes', () => {
    expect(isOpen(askedAtMs + 90_000, started('x', 'STOPPED', 900))).toBe(true);
    expect(isOpen(askedAtMs + 90_000, started('x', 'STOPPING', 900))).toBe(true);
  });
});

describe('settleWork', () => {
  it('closes by time alone, and only what had stops to wait for', () => {
    const seen = [started('x', 'RUNNING', 900)];
    expect(settleWork(open, seen, askedAtMs + 4_999)).toBe(open);
    expect(settleWork(open, seen, askedAtMs + 5_000).work).toBeUndefined();
    const updated: AppState = {
      ...newApp('a'),
      work: { phase: 'Awaiting', sinceMs: 5, stopsAskedAtMs: 0 },
    };
    expect(settleWork(updated, seen, askedAtMs)).toBe(updated);
  });

  it('is woken for when the time is up', () => {
    expect(stopUnseenUntilMs(open, askedAtMs)).toBe(askedAtMs + 5_000);
    expect(stopUnseenUntilMs(open, askedAtMs + 5_000)).toBeUndefined();
    expect(stopUnseenUntilMs(newApp('a'), 0)).toBeUndefined();
  });

  it('keeps in mind what was asked for before', () => {
    expect(awaiting(open, askedAtMs + 7).stopsAskedAtMs).toBe(askedAtMs);
    expect(awaiting(newApp('a'), 7)).toEqual({ phase: 'Awaiting', sinceMs: 7, stopsAskedAtMs: 0 });
  });
});
