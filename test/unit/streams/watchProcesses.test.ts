import { BehaviorSubject, Subject, type Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallError } from '../../../src/domain/event.ts';
import { err, ok, type Result } from '../../../src/domain/result.ts';
import type { ProcessState, ProcessStatus } from '../../../src/domain/types.ts';
import { type ProcessEvent, watchProcesses } from '../../../streams/watchProcesses.ts';
import { createHandScheduler, type HandScheduler } from '../../support/handScheduler.ts';

const status = (name: string, state: ProcessState, startSec = 1): ProcessStatus => ({
  id: `${name}:${name}`,
  group: name,
  name,
  state,
  pid: state === 'RUNNING' ? 7 : 0,
  startSec,
  stopSec: 0,
  exitStatus: 0,
  spawnError: '',
});
const unreachable: CallError = { type: 'Unreachable', detail: 'gone' };

describe('watchProcesses', () => {
  let scheduler: HandScheduler;
  let reply: Result<readonly ProcessStatus[], CallError>;
  let instance: string;
  let fingerprint: string;
  let callMs: number;
  let pollsAtMs: number[];
  let instanceCalls: number;
  let inFlight: number;
  let inFlightMax: number;
  let events: ProcessEvent[];
  let pace$: BehaviorSubject<'normal' | 'fast'>;
  let pollNow$: Subject<void>;
  let onEvent: (event: ProcessEvent) => void;
  let subscription: Subscription;

  beforeEach(() => {
    scheduler = createHandScheduler(1_000);
    reply = ok([status('a', 'RUNNING')]);
    instance = 'one';
    fingerprint = 'f1';
    callMs = 4;
    pollsAtMs = [];
    instanceCalls = 0;
    inFlight = 0;
    inFlightMax = 0;
    events = [];
    pace$ = new BehaviorSubject<'normal' | 'fast'>('normal');
    pollNow$ = new Subject<void>();
    onEvent = () => undefined;
  });
  afterEach(() => subscription.unsubscribe());

  const start = (withFingerprint = true): void => {
    subscription = watchProcesses(
      {
        getAllProcessInfo: async () => {
          pollsAtMs.push(scheduler.now() - 1_000);
          inFlight += 1;
          inFlightMax = Math.max(inFlightMax, inFlight);
          const seen = reply;
          await new Promise<void>((resolve) => scheduler.schedule(() => resolve(), callMs));
          inFlight -= 1;
          return seen;
        },
        getInstance: () => {
          instanceCalls += 1;
          return Promise.resolve(ok({ instance, version: '4.2.5' }));
        },
        ...(withFingerprint ? { socketFingerprint: () => fingerprint } : {}),
        scheduler,
        pace$,
        pollNow$,
      },
      { maxIntervalMs: 2_000 },
    ).subscribe({
      next: (event) => {
        events.push(event);
        onEvent(event);
      },
      error: () => events.push({ type: 'SupervisorLost', error: unreachable }),
      complete: () => events.push({ type: 'SupervisorLost', error: unreachable }),
    });
  };
  const types = (): readonly string[] => events.map((event) => event.type);

  it('lists first, then says nothing while nothing is new', async () => {
    start();
    await scheduler.advance(5_000);
    expect(events).toEqual([
      {
        type: 'ProcessesListed',
        instance: 'one',
        supervisorVersion: '4.2.5',
        processes: [status('a', 'RUNNING')],
      },
    ]);
    expect(pollsAtMs.length).toBeGreaterThan(20);
    expect(instanceCalls).toBe(1);
  });

  it('says what changed and what is gone, and tells never started from stopped', async () => {
    reply = ok([status('a', 'RUNNING'), status('b', 'STOPPED', 0)]);
    start();
    await scheduler.advance(100);
    reply = ok([status('b', 'STOPPED', 5), status('c', 'STARTING')]);
    await scheduler.advance(500);
    expect(events.slice(1)).toEqual([
      {
        type: 'ProcessesChanged',
        changed: [status('b', 'STOPPED', 5), status('c', 'STARTING')],
        gone: ['a:a'],
      },
    ]);
  });

  it.each([
    [1, 200],
    [50, 1_000],
    [700, 2_000],
  ])('waits 20 round trips of %d ms, between 200 ms and the limit', async (ms, pauseMs) => {
    callMs = ms;
    start();
    await scheduler.advance(20_000);
    expect((pollsAtMs[2] ?? 0) - (pollsAtMs[1] ?? 0)).toBe(ms + pauseMs);
  });

  it('asks half as often on a still host, and as often as ever after news', async () => {
    callMs = 1;
    start();
    await scheduler.advance(30_000);
    const between = (): number => (pollsAtMs.at(-1) ?? 0) - (pollsAtMs.at(-2) ?? 0);
    expect(between()).toBe(401);
    reply = ok([status('a', 'EXITED')]);
    await scheduler.advance(1_500);
    expect(between()).toBe(201);
  });

  it('is fast at once when something is waited for, and takes at most half of the time', async () => {
    start();
    await scheduler.advance(50);
    pace$.next('fast');
    await scheduler.advance(50);
    expect(pollsAtMs.slice(1, 4)).toEqual([65, 84]);
    callMs = 120;
    await scheduler.advance(1_000);
    expect((pollsAtMs.at(-1) ?? 0) - (pollsAtMs.at(-2) ?? 0)).toBe(240);
    pace$.next('normal');
    callMs = 4;
    const before = pollsAtMs.length;
    await scheduler.advance(1_000);
    expect(pollsAtMs.length - before).toBeLessThan(7);
  });

  it('says once that supervisord is lost, again when the reason changes, and lists on return', async () => {
    start();
    await scheduler.advance(100);
    reply = err(unreachable);
    await scheduler.advance(3_000);
    reply = err({ type: 'Unauthorised', detail: 'no' });
    await scheduler.advance(3_000);
    reply = ok([status('a', 'RUNNING')]);
    await scheduler.advance(3_000);
    expect(types()).toEqual([
      'ProcessesListed',
      'SupervisorLost',
      'SupervisorLost',
      'ProcessesListed',
    ]);
    expect(events[3]).toMatchObject({ instance: 'one' });
  });

  it('asks no faster than usual while supervisord is away, and waits a second after fault 6', async () => {
    pace$.next('fast');
    reply = err(unreachable);
    start();
    await scheduler.advance(1_000);
    expect(pollsAtMs.length).toBeLessThan(7);
    reply = err({ type: 'ShuttingDown', detail: '' });
    await scheduler.advance(2_000);
    expect((pollsAtMs.at(-1) ?? 0) - (pollsAtMs.at(-2) ?? 0)).toBe(1_004);
  });

  it('lists when supervisord started anew, with the same processes too', async () => {
    start();
    await scheduler.advance(300);
    instance = 'two';
    fingerprint = 'f2';
    await scheduler.advance(300);
    expect(types()).toEqual(['ProcessesListed', 'ProcessesListed']);
    expect(events[1]).toMatchObject({ instance: 'two' });
  });

  it('asks for the instance at every poll when there is no fingerprint', async () => {
    start(false);
    await scheduler.advance(300);
    instance = 'two';
    await scheduler.advance(300);
    expect(types()).toEqual(['ProcessesListed', 'ProcessesListed']);
  });

  it('drops what it saw while supervisord restarted, and looks again at once', async () => {
    start();
    await scheduler.advance(2);
    reply = ok([]);
    fingerprint = 'f2';
    instance = 'two';
    await scheduler.advance(2 + callMs);
    expect(events).toMatchObject([{ type: 'ProcessesListed', instance: 'two', processes: [] }]);
  });

  it('polls at once when asked, and once more when asked during a poll', async () => {
    callMs = 40;
    start();
    await scheduler.advance(100);
    pollNow$.next();
    await scheduler.advance(10);
    reply = ok([]);
    pollNow$.next();
    pollNow$.next();
    await scheduler.advance(100);
    expect(pollsAtMs).toEqual([0, 100, 140]);
    expect(types()).toEqual(['ProcessesListed', 'ProcessesChanged']);
    expect(inFlightMax).toBe(1);
  });

  it('does not lose a request made by who receives the event', async () => {
    onEvent = (event) => {
      if (event.type === 'ProcessesListed') pollNow$.next();
    };
    start();
    await scheduler.advance(20);
    expect(pollsAtMs).toEqual([0, 4]);
  });

  it('goes on when a dependency throws or a pace ends', async () => {
    start();
    await scheduler.advance(10);
    pace$.error(new Error('planted'));
    pollNow$.complete();
    reply = undefined as unknown as typeof reply;
    await scheduler.advance(1_000);
    reply = ok([]);
    await scheduler.advance(1_000);
    expect(types()).toEqual(['ProcessesListed', 'SupervisorLost', 'ProcessesListed']);
  });

  it('is silent after it was given up, and polls no more', async () => {
    start();
    await scheduler.advance(2);
    subscription.unsubscribe();
    await scheduler.advance(5_000);
    expect(events).toEqual([]);
    expect(pollsAtMs).toEqual([0]);
  });
});
