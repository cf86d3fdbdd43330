/**
 * One host in a box: the real loop and reducers over a model etcd and a model supervisord, in
 * virtual time. For properties of the reducers; the real parts have their own tests.
 */
import { from } from 'rxjs';
import { mapGet } from '../../../reducers/persistentMap.ts';
import { isWaiting } from '../../../reducers/planOf.ts';
import { initialState, type AppState, type State } from '../../../reducers/state.ts';
import { sha256 } from '../../../src/domain/sha256.ts';
import type { DecisionSettings, Event, LeafValue, Recorded } from '../../../src/domain/event.ts';
import type { Plan, PlanStep } from '../../../src/domain/plan.ts';
import type { AppName, ProcessStatus, Revision } from '../../../src/domain/types.ts';
import { createLoop, type Loop } from '../../../src/loop.ts';
import { createWorldSupervisor, type WorldSupervisor } from './worldSupervisor.ts';

export const worldSettings: DecisionSettings = {
  hostId: 'web1',
  quietMs: 50,
  maxWaitMs: 1_000,
  restartLimit: undefined,
  rollback: 'auto',
  operatorStops: 'hold',
  allowRemovals: false,
  driver: 'rpc',
  confDir: '/conf',
  programDefaults: [['stdout_logfile', '/dev/stdout']],
  groupPriority: 20,
};

export interface World {
  readonly supervisor: WorldSupervisor;
  readonly records: readonly Recorded[];
  readonly plans: readonly Plan[];
  loop: Loop;
  /** Names whose host question is answered with no. */
  readonly refusedByHost: Set<string>;
  /** Names whose host question nobody can answer, because supervisord is away just then. */
  readonly unansweredByHost: Set<string>;
  /** Commands that make supervisord refuse to reread while their file is there. */
  readonly isPoison: (text: string) => boolean;
  put(app: string, command: string, options?: { ips?: string; extra?: string }): void;
  putRaw(app: string, leaves: { ips?: string; content?: string }): void;
  remove(...apps: readonly string[]): void;
  list(): void;
  operator(action: 'stop' | 'start', app: string): void;
  /** Somebody edits or deletes a file of ours. */
  tamper(action: 'edit' | 'delete', app: string): void;
  /** supervisord goes away, or comes back anew. */
  power(isUp: boolean): void;
  loseEtcd(): void;
  restartAgent(): Promise<void>;
  dispatch(event: Event): void;
  /** Lets time pass until nothing more happens, at most `ms`. */
  settle(ms?: number): Promise<void>;
  pass(ms: number): Promise<void>;
  app(name: string): AppState | undefined;
  state(): State;
  process(name: string): ProcessStatus | undefined;
  fileText(name: string): string | undefined;
}

const text = (value: string): LeafValue => ({ type: 'Text', text: value });

export function createWorld(
  settings: DecisionSettings = worldSettings,
  isPoison: World['isPoison'] = () => false,
): World {
  let nowMs = 1_000_000;
  let revision = 10;
  const desired = new Map<string, { ips?: string; content?: string; revision: number }>();
  const supervisor = createWorldSupervisor(() => nowMs);
  const records: Recorded[] = [];
  const plans: Plan[] = [];
  const refusedByHost = new Set<string>();
  const unansweredByHost = new Set<string>();
  let lastSeen: readonly ProcessStatus[] = [];

  const entry = (app: string) => {
    const pair = desired.get(app);
    if (pair === undefined) return { app };
    const modRevision = String(pair.revision) as Revision;
    return {
      app,
      ...(pair.ips === undefined ? {} : { ips: { modRevision, value: text(pair.ips) } }),
      ...(pair.content === undefined
        ? {}
        : { content: { modRevision, value: text(pair.content) } }),
    };
  };
  const makeLoop = (initial: State): Loop => {
    const loop = createLoop(
      {
        nowMs: () => nowMs,
        journal: {
          append: (recorded) => {
            records.push(JSON.parse(JSON.stringify(recorded)) as Recorded);
            if (recorded.event.type === 'PlanStarted') plans.push(recorded.event.plan);
          },
          commitIntent: () => Promise.resolve({ ok: true, value: undefined }),
        },
        run: (plan) => from(plan.steps.flatMap(execute)),
        retryLater: () => undefined,
      },
      initial,
    );
    return loop;
  };
  const execute = (step: PlanStep): readonly Event[] => {
    const error = { type: 'Unreachable', detail: 'down' } as const;
    if (!supervisor.isUp) {
      if (step.type === 'Reread') return [{ type: 'RereadFailed', error }];
      if (step.type === 'StopProcesses') return [{ type: 'StopsFailed', app: step.app, error }];
      if (step.type === 'StartProcesses') return [{ type: 'StartsFailed', app: step.app, error }];
      if (step.type === 'UpdateGroups') {
        return [{ type: 'GroupsUpdated', groups: step.groups, error }];
      }
    }
    switch (step.type) {
      case 'ProbeHost': {
        const isRefused = refusedByHost.has(step.app);
        const isUnanswered = unansweredByHost.has(step.app);
        const refusal = { code: 'E_NO_SUCH_USER', message: 'no user', remedy: 'Add it.' };
        return [
          {
            type: 'HostProbed',
            app: step.app,
            contentSha256: step.contentSha256,
            refusals: isRefused && !isUnanswered ? [refusal] : [],
            ...(isUnanswered ? { doubt: 'SupervisordAway' as const } : {}),
          },
        ];
      }
      case 'WriteFile':
        supervisor.files.set(step.app, step.text);
        return [
          { type: 'FileWritten', app: step.app, revision: step.revision, sha256: step.sha256 },
        ];
      case 'RemoveFile':
        supervisor.files.delete(step.app);
        return [{ type: 'FileRemoved', app: step.app }];
      case 'Reread': {
        const poisoned = [...supervisor.files].find(([, file]) => isPoison(file));
        if (poisoned !== undefined) {
          const file = `/conf/${poisoned[0]}.supervene.conf`;
          return [{ type: 'RereadRefused', detail: 'bad', file }];
        }
        return [{ type: 'RereadDone', ...supervisor.diff() }];
      }
      case 'StopProcesses':
        supervisor.stop(step.app);
        return [{ type: 'StopsRequested', app: step.app, failures: [] }];
      case 'StartProcesses':
        supervisor.start(step.app);
        return [{ type: 'StartsRequested', app: step.app, failures: [] }];
      case 'UpdateGroups': {
        const faults = step.groups.flatMap(({ app }) => supervisor.update(app) ?? []);
        const error = faults.length === 0 ? undefined : ({ type: 'Fault', detail: 'x' } as const);
        return [{ type: 'GroupsUpdated', groups: step.groups, error }];
      }
    }
  };
  const poll = (): void => {
    if (!supervisor.isUp) return;
    const seen = supervisor.list();
    const before = new Map(lastSeen.map((process) => [process.id, JSON.stringify(process)]));
    const changed = seen.filter((process) => before.get(process.id) !== JSON.stringify(process));
    const there = new Set(seen.map(({ id }) => id));
    const gone = lastSeen.filter(({ id }) => !there.has(id)).map(({ id }) => id);
    lastSeen = seen;
    if (changed.length + gone.length === 0) return;
    world.loop.dispatch({ type: 'ProcessesChanged', changed, gone });
  };
  const listProcesses = (): void => {
    lastSeen = supervisor.list();
    world.loop.dispatch({
      type: 'ProcessesListed',
      instance: String(supervisor.instance),
      supervisorVersion: '4.2.5',
      processes: lastSeen,
    });
  };
  const filesOf = () =>
    [...supervisor.files].map(([app, file]) => {
      const hash = sha256(file.slice(file.indexOf('\n') + 1));
      return {
        type: 'Ours' as const,
        path: `/conf/${app}.supervene.conf`,
        app: app as AppName,
        revision: '1' as Revision,
        markedSha256: hash,
        sha256: hash,
        isOwnerAndModeRight: true,
      };
    });
  const begin = (): void => {
    world.loop.dispatch({ type: 'AgentStarted', version: '0', pid: 1, settings });
    world.loop.dispatch({
      type: 'IdentityObserved',
      identity: { hostId: settings.hostId, hostNames: ['web1'], addresses: ['10.0.0.1'] },
    });
    world.loop.dispatch({ type: 'ConfFilesListed', files: filesOf() });
    if (supervisor.isUp) listProcesses();
    world.list();
  };
  const change = (...apps: readonly string[]): void => {
    world.loop.dispatch({
      type: 'DesiredChanged',
      revision: String(revision) as Revision,
      entries: apps.map(entry),
    });
  };
  const flushMicrotasks = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  const world: World = {
    supervisor,
    records,
    plans,
    loop: makeLoop(initialState),
    refusedByHost,
    unansweredByHost,
    isPoison,
    put: (app, command, { ips = '10.0.0.1', extra = '' } = {}) =>
      world.putRaw(app, { ips, content: `command=${command}\nstartsecs=0\n${extra}` }),
    putRaw: (app, leaves) => {
      revision++;
      desired.set(app, { ...leaves, revision });
      change(app);
    },
    remove: (...apps) => {
      revision++;
      for (const app of apps) desired.delete(app);
      change(...apps);
    },
    list: () => {
      world.loop.dispatch({
        type: 'DesiredListed',
        clusterId: '1',
        revision: String(revision) as Revision,
        reason: 'Initial',
        entries: [...desired.keys()].sort().map(entry),
        elsewhere: 3,
        ignoredKeys: 0,
      });
    },
    operator: (action, app) => {
      if (action === 'stop') supervisor.stop(app);
      else supervisor.start(app);
    },
    tamper: (action, app) => {
      const file = supervisor.files.get(app);
      if (file === undefined) return;
      const path = `/conf/${app}.supervene.conf`;
      if (action === 'delete') {
        supervisor.files.delete(app);
        world.loop.dispatch({ type: 'ConfFilesChanged', changed: [], gone: [path] });
        return;
      }
      supervisor.files.set(app, `${file}; by hand\n`);
      const changed = filesOf().filter((ours) => ours.app === app);
      world.loop.dispatch({ type: 'ConfFilesChanged', changed, gone: [] });
    },
    power: (isUp) => {
      if (supervisor.isUp === isUp) return;
      supervisor.isUp = isUp;
      if (isUp) {
        supervisor.restart();
        supervisor.advance();
        listProcesses();
      } else {
        const error = { type: 'Unreachable', detail: 'down' } as const;
        world.loop.dispatch({ type: 'SupervisorLost', error });
      }
    },
    loseEtcd: () => {
      world.loop.dispatch({ type: 'DesiredLost', reason: 'Unreachable', detail: 'cut' });
    },
    restartAgent: async () => {
      await flushMicrotasks();
      world.loop = makeLoop(world.loop.current().state);
      begin();
      await flushMicrotasks();
    },
    dispatch: (event) => world.loop.dispatch(event),
    pass: async (ms) => {
      const endMs = nowMs + ms;
      await flushMicrotasks();
      while (nowMs < endMs) {
        const { state, plan } = world.loop.current();
        const pollMs = nowMs + (isWaiting(state) ? 15 : 2_000);
        nowMs = Math.min(endMs, pollMs, plan.wakeAtMs ?? endMs, supervisor.nextDueMs() ?? endMs);
        supervisor.advance();
        poll();
        if ((plan.wakeAtMs ?? Infinity) <= nowMs) world.loop.dispatch({ type: 'Ticked' });
        await flushMicrotasks();
      }
    },
    settle: (ms = 60_000) => world.pass(ms),
    app: (name) => mapGet(world.loop.current().state.appsByName, name),
    state: () => world.loop.current().state,
    process: (name) => supervisor.list().find(({ group }) => group === name),
    fileText: (name) => supervisor.files.get(name),
  };
  begin();
  return world;
}
