/** The connection of a page with its console, without either. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FleetSnapshot } from '../../../../src/domain/console/live.ts';
import {
  againAfterMs,
  type LiveDeps,
  type LivePoint,
  openLive,
  type StreamEars,
} from '../../../../src/console/page/core/liveModel.ts';
import type { PageEvent } from '../../../../src/console/page/core/pageState.ts';
import { err, ok } from '../../../../src/domain/result.ts';
import { fcParams } from '../../../support/seed.ts';

type Listed = Awaited<ReturnType<LiveDeps['listFleet']>>;

/** A browser with its clock, driven by hand. */
function createWorld() {
  const timers = new Map<object, { atMs: number; run: () => void }>();
  const streams: { after: LivePoint; ears: StreamEars; isClosed: boolean }[] = [];
  const asked: ((listed: Listed) => void)[] = [];
  const told: PageEvent[] = [];
  const world = { nowMs: 0, known: undefined as LivePoint | undefined, draw: () => {} };
  const deps: LiveDeps = {
    listFleet: () => new Promise((resolve) => asked.push(resolve)),
    openStream: (after, ears) => {
      const stream = { after, ears, isClosed: false };
      streams.push(stream);
      return () => {
        stream.isClosed = true;
      };
    },
    after: (ms, run) => {
      const timer = { atMs: world.nowMs + ms, run };
      timers.set(timer, timer);
      return () => timers.delete(timer);
    },
    beforeDrawing: (run) => {
      world.draw = run;
      return () => {
        world.draw = () => {};
      };
    },
    chance: () => 1,
    nowMs: () => world.nowMs,
    known: () => world.known,
    dispatch: (event) => {
      told.push(event);
      if (event.type === 'FleetListed') world.known = event.snapshot;
    },
  };
  const pass = (ms: number): void => {
    world.nowMs += ms;
    for (const [key, { atMs, run }] of timers) {
      if (atMs > world.nowMs || !timers.delete(key)) continue;
      run();
    }
  };
  /** The oldest question is answered. */
  const answer = async (listed: Listed): Promise<void> => {
    asked.shift()?.(listed);
    await Promise.resolve();
    await Promise.resolve();
  };
  const say = (event: unknown): void => streams.at(-1)?.ears.onMessage(JSON.stringify(event));
  const connection = (): string | undefined =>
    told.findLast((event) => event.type === 'ConnectionChanged')?.connection;
  return { world, deps, timers, streams, asked, told, pass, answer, say, connection };
}

const snapshot = (version: number, instance = 'one'): FleetSnapshot => ({
  ...{ instance, version, atMs: 0, hosts: [], apps: [], rows: [], rollouts: [] },
  link: { isConnected: true, fault: null, sinceMs: 0 },
});
const change = (version: number) => ({ type: 'Change', version, atMs: 0 });
const refused = (isOver: boolean): Listed => err({ isOver });

describe('openLive', () => {
  it('lists the fleet, then hears what changes from there on', async () => {
    const { deps, streams, answer, told, connection } = createWorld();
    openLive(deps);
    await answer(ok(snapshot(4)));
    expect(streams[0]?.after).toMatchObject({ instance: 'one', version: 4 });
    streams[0]?.ears.onOpen();
    expect(connection()).toBe('Open');
    expect(told.filter(({ type }) => type === 'FleetListed')).toHaveLength(1);
  });

  it('tells many changes at once, before the page is drawn, in their order', async () => {
    const { world, deps, answer, told, say } = createWorld();
    openLive(deps);
    await answer(ok(snapshot(1)));
    for (const version of [2, 3, 4]) say(change(version));
    expect(told.some(({ type }) => type === 'FleetChanged')).toBe(false);
    world.draw();
    say(change(5));
    world.draw();
    const batches = told.flatMap((event) => (event.type === 'FleetChanged' ? [event.events] : []));
    expect(batches).toEqual([[change(2), change(3), change(4)], [change(5)]]);
  });

  it('tells what it had heard before a connection broke', async () => {
    const { deps, streams, answer, told, say } = createWorld();
    openLive(deps);
    await answer(ok(snapshot(1)));
    say(change(2));
    streams[0]?.ears.onFault();
    expect(told.at(-1)).toEqual({ type: 'FleetChanged', events: [change(2)] });
  });

  it('goes on from where it was when a connection breaks that had been open', async () => {
    const { world, deps, streams, asked, answer, pass, say, connection } = createWorld();
    openLive(deps);
    await answer(ok(snapshot(1)));
    streams[0]?.ears.onOpen();
    say({ type: 'Beat', atMs: 0 });
    streams[0]?.ears.onFault();
    expect([connection(), streams[0]?.isClosed]).toEqual(['Lost', true]);
    world.known = snapshot(9);
    pass(500);
    expect([asked.length, streams.length]).toEqual([0, 2]);
    expect(streams[1]?.after).toMatchObject({ version: 9 });
    streams[1]?.ears.onOpen();
    expect(connection()).toBe('Open');
  });

  it('lists again when it cannot connect, or is told to', async () => {
    const { deps, streams, asked, answer, pass, say, connection } = createWorld();
    openLive(deps);
    await answer(ok(snapshot(1)));
    streams[0]?.ears.onFault();
    pass(500);
    expect(asked).toHaveLength(1);
    await answer(ok(snapshot(1, 'two')));
    streams[1]?.ears.onOpen();
    say({ type: 'Again' });
    expect(connection()).toBe('Open');
    pass(1000);
    expect(asked).toHaveLength(1);
  });

  it('takes 40 s of silence, and what no console says, for a broken connection', async () => {
    for (const what of ['silence', 'nonsense']) {
      const { deps, streams, answer, pass, say, connection } = createWorld();
      openLive(deps);
      await answer(ok(snapshot(1)));
      streams[0]?.ears.onOpen();
      pass(30_000);
      say({ type: 'Beat', atMs: 0 });
      pass(39_999);
      expect(connection()).toBe('Open');
      if (what === 'silence') pass(1);
      else streams[0]?.ears.onMessage('<html>');
      expect(connection()).toBe('Lost');
    }
  });

  it('asks no more once nobody is logged in, and listens to nothing after its end', async () => {
    const over = createWorld();
    openLive(over.deps);
    await over.answer(refused(true));
    expect([over.timers.size, over.connection()]).toEqual([0, undefined]);

    const ended = createWorld();
    const live = openLive(ended.deps);
    await ended.answer(ok(snapshot(1)));
    ended.say(change(2));
    live.close();
    const { length } = ended.told;
    ended.world.draw();
    ended.say(change(3));
    ended.streams[0]?.ears.onFault();
    expect([ended.told.length, ended.timers.size]).toEqual([length, 0]);
    expect(ended.streams[0]?.isClosed).toBe(true);
  });

  it('waits longer each time, and not at all when it is woken', async () => {
    const { deps, asked, answer, pass, timers } = createWorld();
    const live = openLive(deps);
    await answer(refused(false));
    pass(500);
    expect(asked).toHaveLength(1);
    await answer(refused(false));
    pass(500);
    expect(asked).toHaveLength(0);
    live.wake();
    expect([asked.length, timers.size]).toEqual([1, 0]);
    live.wake();
    expect(asked).toHaveLength(1);
  });

  it('begins with short waits again once it has heard something', async () => {
    const { deps, streams, answer, pass, say, timers, world } = createWorld();
    openLive(deps);
    for (let failed = 0; failed < 4; failed += 1) {
      await answer(refused(false));
      pass(30_000);
    }
    await answer(ok(snapshot(1)));
    say({ type: 'Beat', atMs: 0 });
    streams[0]?.ears.onFault();
    expect([...timers.values()].map(({ atMs }) => atMs - world.nowMs)).toEqual([500]);
  });
});

describe('againAfterMs', () => {
  it('is never less than a quarter of a second, never more than half a minute', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, chance) => {
        const ms = againAfterMs(attempt, chance);
        expect(ms).toBeGreaterThanOrEqual(250);
        expect(ms).toBeLessThanOrEqual(30_000);
        expect(againAfterMs(attempt + 1, chance)).toBeGreaterThanOrEqual(ms);
      }),
      fcParams(200),
    );
  });
});
