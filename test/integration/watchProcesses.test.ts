import { asyncScheduler, BehaviorSubject, Subject, type Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSupervisor, type Supervisor } from '../../src/clients/supervisor.ts';
import { type ProcessEvent, watchProcesses } from '../../streams/watchProcesses.ts';
import { signal } from '../support/managedPids.ts';
import { conf } from '../support/programConf.ts';
import { startSupervisord, type Supervisord } from '../support/supervisord.ts';
import { waitFor } from '../support/waitFor.ts';

describe.each(['unix', 'tcp'] as const)('watchProcesses over %s', (road) => {
  let supervisord: Supervisord;
  let supervisor: Supervisor;
  let subscription: Subscription;
  let events: ProcessEvent[];
  let pace$: BehaviorSubject<'normal' | 'fast'>;
  let pollNow$: Subject<void>;
  let endings: number;

  beforeEach(async () => {
    supervisord = await startSupervisord({
      tcp: true,
      confs: { 'a.conf': conf('a'), 'b.conf': conf('b', 'autostart=false') },
    });
    supervisor = createSupervisor({
      url: road === 'unix' ? supervisord.url : supervisord.tcpUrl,
      callTimeoutMs: 300,
    });
    events = [];
    endings = 0;
    pace$ = new BehaviorSubject<'normal' | 'fast'>('fast');
    pollNow$ = new Subject<void>();
    subscription = watchProcesses(
      {
        getAllProcessInfo: supervisor.getAllProcessInfo,
        getInstance: supervisor.getInstance,
        socketFingerprint: supervisor.fingerprint,
        scheduler: asyncScheduler,
        pace$,
        pollNow$,
      },
      { maxIntervalMs: 1_000 },
    ).subscribe({
      next: (event) => events.push(event),
      error: () => (endings += 1),
      complete: () => (endings += 1),
    });
    await seen('ProcessesListed');
    await seenState('a:a', 'RUNNING');
  });
  afterEach(async () => {
    subscription.unsubscribe();
    supervisor.close();
    await supervisord.stop();
    expect(endings).toBe(0);
  });

  const seen = (type: ProcessEvent['type']): Promise<ProcessEvent> =>
    waitFor(type, () => events.find((event) => event.type === type), { intervalMs: 5 });
  const seenState = (id: string, state: string): Promise<unknown> =>
    waitFor(`${id} ${state}`, () => events.some((event) => says(event, id, state)), {
      intervalMs: 5,
    });
  const says = (event: ProcessEvent, id: string, state: string): boolean => {
    if (event.type === 'SupervisorLost') return false;
    const processes = event.type === 'ProcessesListed' ? event.processes : event.changed;
    return processes.some((process) => process.id === id && process.state === state);
  };
  const forget = (): void => void events.splice(0);

  it('sees a stop, a start, a death and what is new or gone', async () => {
    forget();
    await supervisor.stopProcesses(['a:a']);
    await seenState('a:a', 'STOPPED');
    await supervisor.startProcesses(['b:b']);
    await seenState('b:b', 'RUNNING');
    const { pid } = await supervisord.waitForState('b:b', 'RUNNING');
    forget();
    signal(pid, 'SIGKILL');
    // EXITED may last shorter than the time between two polls; the new pid stays.
    await waitFor('b to run again', () =>
      events.some(
        (event) =>
          event.type === 'ProcessesChanged' &&
          event.changed.some((b) => b.id === 'b:b' && b.state === 'RUNNING' && b.pid !== pid),
      ),
    );
    supervisord.removeConf('a.conf');
    await supervisor.reloadConfig();
    await supervisor.removeGroups(['a']);
    await waitFor('a to be gone', () =>
      events.some((event) => event.type === 'ProcessesChanged' && event.gone.includes('a:a')),
    );
    expect(events.map(({ type }) => type)).not.toContain('SupervisorLost');
    expect(events.map(({ type }) => type)).not.toContain('ProcessesListed');
  });

  it('lists anew after a restart inside the same process', async () => {
    const first = events.find((event) => event.type === 'ProcessesListed');
    forget();
    await supervisord.rpcRestart();
    const second = await seen('ProcessesListed');
    expect(second).not.toMatchObject({ instance: first?.instance });
    await seenState('a:a', 'RUNNING');
  });

  it('says what is wrong while supervisord hangs, is dead and is back', async () => {
    forget();
    supervisord.pause();
    expect(await seen('SupervisorLost')).toMatchObject({ error: { type: 'TimedOut' } });
    supervisord.resume();
    await seen('ProcessesListed');
    forget();
    await supervisord.kill();
    expect(await seen('SupervisorLost')).toMatchObject({ error: { type: 'Unreachable' } });
    await supervisord.restart();
    await seen('ProcessesListed');
    // Told again only when it is another matter: on a busy machine the new one is slow to answer.
    const lost = events.flatMap((event) =>
      event.type === 'SupervisorLost' ? event.error.type : [],
    );
    expect(new Set(lost).size).toBe(lost.length);
  });
});
