/**
 * One host in a box: the real loop and reducers over a model etcd and a model supervisord, in
 * virtual time. For properties and rules of the reducers; the real parts have their own tests.
 */
import { from, NEVER } from 'rxjs';
import { mapGet } from '../../../reducers/persistentMap.ts';
import { isWaiting } from '../../../reducers/planOf.ts';
import type { AppState } from '../../../reducers/appState.ts';
import { initialState, type State } from '../../../reducers/state.ts';
import { sha256 } from '../../../src/domain/sha256.ts';
import type { DecisionSettings, Event, Recorded } from '../../../src/domain/event.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import type {
  AppName,
  ConfFile,
  Identity,
  ProcessStatus,
  Revision,
} from '../../../src/domain/types.ts';
import { createLoop, type Loop } from '../../../src/loop.ts';
import { createWorldEffects, noFaults, type WorldFaults } from './worldEffects.ts';
import { createWorldEtcd, type Leaves, type OtherEtcd } from './worldEtcd.ts';
import { createWorldKeeper } from './worldKeeper.ts';
import { createWorldSupervisor, type WorldSupervisor } from './worldSupervisor.ts';

export { noSpace } from './worldEffects.ts';

export const worldSettings: DecisionSettings = {
  hostId: 'web1',
  prefix: '/services/apps',
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

/** Far more than any script of the tests needs. */
const recordsMax = 50_000;

export type FirstLook = 'Identity' | 'Files' | 'Processes' | 'Desired';
const usualOrder: readonly FirstLook[] = ['Identity', 'Files', 'Processes', 'Desired'];

export interface AgentRestart {
  readonly settings?: DecisionSettings;
  /** The new agent begins with no memory. */
  readonly isJournalLost?: boolean;
  /** In which order the new agent first sees things; what is left out it does not see. */
  readonly order?: readonly FirstLook[];
}

export interface PutOptions {
  readonly ips?: string;
  readonly extra?: string;
  readonly rollout?: string | undefined;
}

export interface World {
  readonly supervisor: WorldSupervisor;
  readonly faults: WorldFaults;
  readonly records: readonly Recorded[];
  readonly plans: readonly Plan[];
  loop: Loop;
  nowMs(): number;
  put(app: string, command: string, options?: PutOptions): void;
  putRaw(app: string, leaves: Leaves): void;
  remove(...apps: readonly string[]): void;
  list(): void;
  /** etcd is lost, and what answers next is another one, or this one from a backup. */
  replaceEtcd(other: OtherEtcd): void;
  loseEtcd(): void;
  identify(change: Partial<Identity>): void;
  /** `target` is an app, or one process of it: `app:name`. */
  operator(action: 'stop' | 'start', target: string): void;
  /** Somebody edits or deletes a file of ours. */
  tamper(action: 'edit' | 'delete', app: string): void;
  /** A file of somebody else's appears, or goes when no sections are named. */
  foreign(path: string, ...sections: readonly string[]): void;
  /** supervisord goes away, or comes back anew; seen at once, or when everything is started. */
  power(isUp: boolean, isSeenLate?: boolean): void;
  retry(app: string): void;
  confirm(): void;
  restartAgent(how?: AgentRestart): Promise<void>;
  /** The journal is tried again. */
  retryJournal(): void;
  dispatch(event: Event): void;
  /** Lets time pass until nothing more happens, at most `ms`. */
  settle(ms?: number): Promise<void>;
  pass(ms: number): Promise<void>;
  app(name: string): AppState | undefined;
  state(): State;
  /** The first process of an app. */
  process(name: string): ProcessStatus | undefined;
  fileText(name: string): string | undefined;
  /** Codes of everything held now, for the host and for each app. */
  heldCodes(): readonly string[];
}

/** Far beyond what any test needs: an agent that spins is to fail its test, not to hang it. */
const plansMax = 5_000;

const pathOf = (app: string): string => `/conf/${app}.supervene.conf`;

export function createWorld(
  firstSettings: DecisionSettings = worldSettings,
  isPoison: (text: string) => boolean = () => false,
): World {
  let settings = firstSettings;
  let nowMs = 1_000_000;
  let identity: Identity = { hostId: 'web1', hostNames: ['web1'], addresses: ['10.0.0.1'] };
  let lastSeen: readonly ProcessStatus[] = [];
  let retryJournal: () => void = () => undefined;
  const etcd = createWorldEtcd();
  const supervisor = createWorldSupervisor(() => nowMs);
  const faults = noFaults();
  const execute = createWorldEffects(supervisor, faults, isPoison);
  const foreign = new Map<string, readonly string[]>();
  const records: Recorded[] = [];
  const plans: Plan[] = [];

  const makeLoop = (initial: State): Loop =>
    createLoop(
      {
        nowMs: () => nowMs,
        journal: {
          append: (recorded) => {
            records.push(JSON.parse(JSON.stringify(recorded)) as Recorded);
            if (recorded.event.type === 'PlanStarted') plans.push(recorded.event.plan);
          },
          commitIntent: () =>
            Promise.resolve(
              faults.journal === undefined
                ? { ok: true, value: undefined }
                : { ok: false, error: { detail: faults.journal } },
            ),
        },
        run: (plan) => {
          // A loop that time does not move would never end; tests see what it left undone.
          if (records.length > recordsMax) return NEVER;
          if (faults.diesAfter !== undefined) {
            plan.steps.slice(0, faults.diesAfter).forEach(execute);
            return NEVER;
          }
          const outcomes = plan.steps.flatMap(execute);
          if (faults.isSeenFirst) {
            supervisor.advance();
            poll();
          }
          return from(outcomes);
        },
        retryLater: (again) => {
          retryJournal = again;
        },
      },
      initial,
    );
  const dispatch = (event: Event): void => world.loop.dispatch(event);
  const poll = (): void => {
    if (!supervisor.isUp) return;
    const seen = supervisor.list();
    const before = new Map(lastSeen.map((process) => [process.id, JSON.stringify(process)]));
    const changed = seen.filter((process) => before.get(process.id) !== JSON.stringify(process));
    const there = new Set(seen.map(({ id }) => id));
    const gone = lastSeen.filter(({ id }) => !there.has(id)).map(({ id }) => id);
    lastSeen = seen;
    if (changed.length + gone.length === 0) return;
    dispatch({ type: 'ProcessesChanged', changed, gone });
  };
  const listProcesses = (): void => {
    lastSeen = supervisor.list();
    dispatch({
      type: 'ProcessesListed',
      instance: String(supervisor.instance),
      supervisorVersion: '4.2.5',
      processes: lastSeen,
    });
  };
  const filesOf = (): ConfFile[] =>
    [...supervisor.files].map(([app, file]) => {
      const hash = sha256(file.slice(file.indexOf('\n') + 1));
      return {
        type: 'Ours',
        path: pathOf(app),
        app: app as AppName,
        revision: '1' as Revision,
        markedSha256: hash,
        sha256: hash,
        isOwnerAndModeRight: true,
      };
    });
  const looks: Readonly<Record<FirstLook, () => void>> = {
    Identity: () => dispatch({ type: 'IdentityObserved', identity }),
    Files: () => {
      const theirs = [...foreign].map(([path, sections]): ConfFile => {
        return { type: 'Foreign', path, sections };
      });
      dispatch({ type: 'ConfFilesListed', files: [...filesOf(), ...theirs] });
    },
    Processes: () => {
      if (supervisor.isUp) listProcesses();
    },
    Desired: () => dispatch(etcd.listed()),
  };
  const begin = (order: readonly FirstLook[]): void => {
    dispatch({ type: 'AgentStarted', version: '0', pid: 1, settings });
    for (const look of order) looks[look]();
  };
  const keep = createWorldKeeper(faults);
  const flushMicrotasks = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  const hearKeeper = async (): Promise<void> => {
    for (const event of keep(world.state())) dispatch(event);
    await flushMicrotasks();
  };
  const world: World = {
    supervisor,
    faults,
    records,
    plans,
    loop: makeLoop(initialState),
    nowMs: () => nowMs,
    put: (app, command, { ips = '10.0.0.1', extra = '', rollout } = {}) =>
      world.putRaw(app, {
        ips,
        content: `command=${command}\nstartsecs=0\n${extra}`,
        ...(rollout === undefined ? {} : { rollout }),
      }),
    putRaw: (app, leaves) => {
      etcd.next();
      etcd.put(app, leaves);
      dispatch(etcd.changed([app]));
    },
    remove: (...apps) => {
      etcd.next();
      for (const app of apps) etcd.remove(app);
      dispatch(etcd.changed(apps));
    },
    list: looks.Desired,
    replaceEtcd: (other) => {
      world.loseEtcd();
      etcd.replace(other);
      world.list();
    },
    loseEtcd: () => dispatch({ type: 'DesiredLost', reason: 'Unreachable', detail: 'cut' }),
    identify: (change) => {
      identity = { ...identity, ...change };
      looks.Identity();
    },
    operator: (action, target) => supervisor[action](target),
    tamper: (action, app) => {
      const file = supervisor.files.get(app);
      if (file === undefined) return;
      if (action === 'delete') {
        supervisor.files.delete(app);
        dispatch({ type: 'ConfFilesChanged', changed: [], gone: [pathOf(app)] });
        return;
      }
      supervisor.files.set(app, `${file}; by hand\n`);
      const changed = filesOf().filter((ours) => ours.path === pathOf(app));
      dispatch({ type: 'ConfFilesChanged', changed, gone: [] });
    },
    foreign: (path, ...sections) => {
      if (sections.length === 0) {
        foreign.delete(path);
        dispatch({ type: 'ConfFilesChanged', changed: [], gone: [path] });
        return;
      }
      foreign.set(path, sections);
      const changed: ConfFile[] = [{ type: 'Foreign', path, sections }];
      dispatch({ type: 'ConfFilesChanged', changed, gone: [] });
    },
    power: (isUp, isSeenLate = false) => {
      if (supervisor.isUp === isUp) return;
      supervisor.isUp = isUp;
      if (!isUp) {
        const error = { type: 'Unreachable', detail: 'down' } as const;
        dispatch({ type: 'SupervisorLost', error });
        return;
      }
      supervisor.restart();
      if (isSeenLate) nowMs += 10;
      supervisor.advance();
      listProcesses();
    },
    retry: (app) => dispatch({ type: 'RetryRequested', app: app as AppName, by: 'test' }),
    confirm: () => dispatch({ type: 'RemovalsConfirmed', by: 'test' }),
    restartAgent: async ({ settings: other, isJournalLost = false, order = usualOrder } = {}) => {
      await flushMicrotasks();
      settings = other ?? settings;
      if (isJournalLost) records.length = 0;
      world.loop = makeLoop(isJournalLost ? initialState : world.loop.current().state);
      begin(order);
      await flushMicrotasks();
    },
    retryJournal: () => retryJournal(),
    dispatch,
    pass: async (ms) => {
      const endMs = nowMs + ms;
      await flushMicrotasks();
      await hearKeeper();
      while (nowMs < endMs) {
        if (plans.length > plansMax) throw new Error('a hot loop');
        const { state, plan } = world.loop.current();
        const pollMs = nowMs + (isWaiting(state) ? 15 : 2_000);
        nowMs = Math.min(endMs, pollMs, plan.wakeAtMs ?? endMs, supervisor.nextDueMs() ?? endMs);
        supervisor.advance();
        poll();
        if ((plan.wakeAtMs ?? Infinity) <= nowMs) dispatch({ type: 'Ticked' });
        await flushMicrotasks();
        await hearKeeper();
      }
    },
    settle: (ms = 60_000) => world.pass(ms),
    app: (name) => mapGet(world.state().appsByName, name),
    state: () => world.loop.current().state,
    process: (name) => supervisor.list().find(({ group }) => group === name),
    fileText: (name) => supervisor.files.get(name),
    heldCodes: () => world.loop.current().plan.held.map(({ code }) => code),
  };
  begin(usualOrder);
  return world;
}
