/** What systemd hears of the agent, and that a stuck loop is no longer fed. */
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { CommandRequest } from '../../../effects/drivers/runCommand.ts';
import { stuckMs, watchProgress } from '../../../src/agent/progress.ts';
import { createServiceManager } from '../../../src/agent/serviceManager.ts';
import type { Event, Recorded } from '../../../src/domain/event.ts';
import type { Log } from '../../../src/log/log.ts';
import type { LoopView } from '../../../src/loop.ts';
import { createHandScheduler } from '../../support/handScheduler.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };

function start(env: Readonly<Record<string, string>>, reasons: readonly string[] = []) {
  const scheduler = createHandScheduler();
  const requests: CommandRequest[] = [];
  const errors: string[] = [];
  const look = { isHealthy: true, isStarted: true };
  const log: Log = { ...silent, error: (_fields, message) => void errors.push(message) };
  const manager = createServiceManager({
    ...{ env, pid: 17, scheduler, log },
    runCommand: (_scheduler, request) => {
      requests.push(request);
      if (!look.isStarted) return Promise.resolve({ type: 'NotStarted', detail: 'there is none' });
      return Promise.resolve({ type: 'Ended', code: 0, stdout: '', stderr: '' });
    },
  });
  manager.begin({
    isHealthy: () => ({ ok: look.isHealthy, reasons: [] }),
    readiness: () => ({ ok: reasons.length === 0, reasons }),
  });
  const words = (): readonly string[] => requests.flatMap(({ args }) => args.slice(1));
  const beats = (): number => words().filter((word) => word === 'WATCHDOG=1').length;
  return { scheduler, manager, requests, errors, look, words, beats };
}

const socket = { NOTIFY_SOCKET: '/run/notify' };
const watched = { ...socket, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '17' };

describe('createServiceManager', () => {
  it('says nothing where nobody listens', async () => {
    for (const env of [{}, { NOTIFY_SOCKET: '' }, { WATCHDOG_USEC: '30000000' }]) {
      const { scheduler, manager, requests } = start(env);
      await scheduler.advance(120_000);
      await manager.end();
      expect(requests).toEqual([]);
    }
  });

  it('is ready at once, beats three times in the time of the watchdog, and says that it ends', async () => {
    const { scheduler, manager, requests, words, beats } = start(watched);
    expect(words()).toEqual(['READY=1', 'STATUS=everything observed is applied']);
    await scheduler.advance(29_000);
    expect(beats()).toBe(2);
    await scheduler.advance(31_000);
    expect(beats()).toBe(6);
    await manager.end();
    expect(words().slice(-2)).toEqual(['STOPPING=1', 'STATUS=ending']);
    await scheduler.advance(60_000);
    expect(beats()).toBe(6);
    for (const { command, alsoTold } of requests) {
      expect({ command, alsoTold }).toEqual({ command: 'systemd-notify', alsoTold: socket });
    }
  });

  it('does not beat while the loop makes no progress, and beats again when it does', async () => {
    const { scheduler, look, words, beats } = start(watched);
    look.isHealthy = false;
    await scheduler.advance(300_000);
    expect(beats()).toBe(0);
    expect(words().filter((word) => word.startsWith('STATUS=')).length).toBeGreaterThan(20);
    look.isHealthy = true;
    await scheduler.advance(10_000);
    expect(beats()).toBe(1);
  });

  it('does not beat for the watchdog of another process, nor without one', async () => {
    for (const env of [
      socket,
      { ...watched, WATCHDOG_PID: '18' },
      { ...watched, WATCHDOG_USEC: 'x' },
    ]) {
      const { scheduler, beats } = start(env);
      await scheduler.advance(120_000);
      expect(beats()).toBe(0);
    }
  });

  it('keeps the status one line without secrets, whatever the reasons are', () => {
    const reasons = ['held:\nMAINPID=1\nenvironment=TOKEN="geheim"', 'x'.repeat(500)];
    const { words } = start(watched, reasons);
    const status = words()[1] ?? '';
    expect(status).not.toMatch(/\p{Cc}|geheim/u);
    expect(status.length).toBeLessThan(220);
  });

  it('says once that it cannot be said, and goes on trying', async () => {
    const { scheduler, look, errors, beats } = start(watched);
    look.isStarted = false;
    await scheduler.advance(60_000);
    expect(errors).toEqual(['systemd cannot be told anything: systemd-notify failed']);
    look.isStarted = true;
    await scheduler.advance(10_000);
    expect(beats()).toBe(7);
  });
});

describe('watchProgress', () => {
  function watch() {
    const recorded$ = new Subject<Recorded>();
    let nowMs = 5;
    let running: string | undefined;
    const verdict = watchProgress(
      { recorded$, current: () => ({ state: { running } }) as unknown as LoopView },
      () => nowMs,
    );
    return {
      verdict,
      pass: (ms: number) => void (nowMs += ms),
      see: (type: Event['type']) => recorded$.next({ seq: 1, atMs: 0, event: { type } as Event }),
      run: (id: string | undefined) => void (running = id),
    };
  }

  it('is well without a plan in hand, however quiet it is', () => {
    const { verdict, pass } = watch();
    pass(10 * stuckMs);
    expect(verdict()).toEqual({ ok: true, reasons: [] });
  });

  it('is stuck when a plan in hand has no outcome, whatever else is observed', () => {
    const { verdict, pass, see, run } = watch();
    pass(1_000_000);
    run('plan-7');
    see('PlanStarted');
    pass(stuckMs);
    see('ProcessesChanged');
    see('Ticked');
    expect(verdict().ok).toBe(true);
    pass(1);
    expect(verdict()).toEqual({
      ok: false,
      reasons: ['plan plan-7 has had no outcome for 120 s'],
    });
    see('FileWritten');
    expect(verdict().ok).toBe(true);
    pass(stuckMs + 1);
    run(undefined);
    expect(verdict().ok).toBe(true);
  });
});
