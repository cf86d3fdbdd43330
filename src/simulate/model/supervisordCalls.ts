/** The XML-RPC calls of supervisord 4.2.5 (`rpcinterface.py`), carried out on the model's loop. */
import { err, ok, type Result } from '../../domain/result.ts';
import type { ProcessStatus } from '../../domain/types.ts';
import { type GroupConfig, isSameGroup } from './supervisordConfig.ts';
import { addGroup, type Group, type Loop, removeGroup, wait } from './supervisordLoop.ts';
import {
  commandFault,
  isRunning,
  isStopped,
  type Process,
  spawn,
  statusOf,
  stop,
  transition,
} from './supervisordProcess.ts';

export interface Fault {
  readonly faultCode: number;
  /** `NAME` or `NAME: detail`. */
  readonly text: string;
}

/** Names of groups, in supervisord's order. */
export interface Diff {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

type Reply<Value> = Result<Value, Fault>;

/** Every call wakes the loop. `by` says who asks, for the news. */
export interface SupervisordCalls {
  readonly getAllProcessInfo: () => Reply<readonly ProcessStatus[]>;
  /** getPID, getSupervisorVersion and getIdentification in one. */
  readonly getInstance: () => Reply<Instance>;
  readonly reloadConfig: () => Reply<Diff>;
  readonly addProcessGroup: (name: string) => Reply<true>;
  readonly removeProcessGroup: (name: string) => Reply<true>;
  /** Without waiting. `group:name`, or a name that is both; no `group:*`. */
  readonly startProcess: (name: string, by: string) => Reply<true>;
  readonly stopProcess: (name: string, by: string) => Reply<true>;
  readonly startProcessGroup: (name: string, by: string) => Reply<true>;
  /**
   * Waits: `onStopped` is called once, with the fault, when all that ran are stopped, or with
   * `Lost` when supervisord ends before. It may be called before this returns.
   */
  readonly stopProcessGroup: (
    name: string,
    by: string,
    onStopped: (reply: Reply<true> | 'Lost') => void,
  ) => void;
  readonly shutdown: () => Reply<true>;
  readonly restart: () => Reply<true>;
  /** Several in one request. */
  readonly together: <Value>(work: () => Value) => Value;
}

export interface Instance {
  readonly pid: number;
  readonly version: string;
  readonly identification: string;
}

export interface CallDeps {
  readonly now: () => number;
  readonly loop: Loop;
  readonly readGroups: () => Result<readonly GroupConfig[], string>;
  readonly pid: () => number;
  readonly isRunning: () => boolean;
  readonly wind: (mood: 'ShuttingDown' | 'Restarting') => void;
  /** Around every request. */
  readonly before: () => void;
  readonly after: () => void;
}

export interface OwnCalls extends SupervisordCalls {
  /** What the last reread found: that is what groups are added from. */
  readonly booted: (groups: readonly GroupConfig[]) => void;
  /** A process is different. */
  readonly changed: () => void;
  readonly list: () => readonly ProcessStatus[];
}

/** Carries out one method, or answers fault 6. */
type Call = <Value>(work: () => Reply<Value>) => Reply<Value>;

export function createSupervisordCalls(deps: CallDeps): OwnCalls {
  let isWithin = false;
  const together = <Value>(work: () => Value): Value => {
    if (isWithin) return work();
    deps.before();
    isWithin = true;
    const value = work();
    isWithin = false;
    deps.after();
    return value;
  };
  const call: Call = (work) =>
    together(() => (deps.isRunning() ? work() : fault(6, 'SHUTDOWN_STATE')));
  let listing: readonly ProcessStatus[] | undefined;
  const list = (): readonly ProcessStatus[] => (listing ??= listingOf(deps.loop));
  return {
    changed: () => {
      listing = undefined;
    },
    list,
    together,
    getAllProcessInfo: () => call(() => ok(list())),
    getInstance: () =>
      call(() => ok({ pid: deps.pid(), version: '4.2.5', identification: 'supervisor' })),
    shutdown: () => call(() => answer(() => deps.wind('ShuttingDown'))),
    restart: () => call(() => answer(() => deps.wind('Restarting'))),
    ...createGroupCalls(deps, call),
    ...createProcessCalls(deps, call),
  };
}

function createGroupCalls({ loop, readGroups }: CallDeps, call: Call) {
  let known: readonly GroupConfig[] = [];
  return {
    booted: (groups: readonly GroupConfig[]): void => {
      known = groups;
    },
    reloadConfig: (): Reply<Diff> =>
      call(() => {
        const groups = readGroups();
        if (!groups.ok) return fault(92, `CANT_REREAD: ${groups.error}`);
        known = groups.value;
        return ok(diff(known, loop.groups));
      }),
    addProcessGroup: (name: string): Reply<true> =>
      call(() => {
        const config = known.find((each) => each.name === name);
        if (config === undefined) return fault(10, `BAD_NAME: ${name}`);
        if (loop.groups.has(name)) return fault(90, `ALREADY_ADDED: ${name}`);
        return answer(() => addGroup(loop, config));
      }),
    removeProcessGroup: (name: string): Reply<true> =>
      call(() => {
        const group = loop.groups.get(name);
        if (group === undefined) return fault(10, `BAD_NAME: ${name}`);
        if (!group.processes.every(isStopped)) return fault(91, `STILL_RUNNING: ${name}`);
        return answer(() => removeGroup(loop, name));
      }),
  };
}

function createProcessCalls({ loop, now }: CallDeps, call: Call) {
  const { world } = loop;
  const start = (process: Process, name: string, by: string): Reply<true> => {
    const refusal = commandFault(process, world.host);
    if (refusal?.type === 'NotFound') return fault(20, `NO_FILE: ${refusal.text}`);
    if (refusal !== undefined) return fault(21, `NOT_EXECUTABLE: ${refusal.text}`);
    if (isRunning(process)) return fault(60, `ALREADY_STARTED: ${name}`);
    spawn(process, now(), { type: 'Asked', by }, world);
    transition(process, now(), world);
    return done;
  };
  const halt = (process: Process, name: string, by: string): Reply<true> => {
    if (!isRunning(process)) return fault(70, `NOT_RUNNING: ${name}`);
    return answer(() => stop(process, now(), { type: 'Asked', by }, world));
  };
  const withProcess = (name: string, work: (process: Process) => Reply<true>): Reply<true> =>
    call(() => {
      const process = find(loop, name);
      return process === undefined ? fault(10, `BAD_NAME: ${name}`) : work(process);
    });
  const withGroup = (name: string, work: (group: Group) => void): Reply<true> =>
    call(() => {
      const group = loop.groups.get(name);
      return group === undefined ? fault(10, `BAD_NAME: ${name}`) : answer(() => work(group));
    });
  const calls: Pick<
    SupervisordCalls,
    'startProcess' | 'stopProcess' | 'startProcessGroup' | 'stopProcessGroup'
  > = {
    startProcess: (name, by) => withProcess(name, (process) => start(process, name, by)),
    stopProcess: (name, by) => withProcess(name, (process) => halt(process, name, by)),
    startProcessGroup: (name, by) =>
      withGroup(name, ({ processes }) => {
        for (const process of processes) if (!isRunning(process)) start(process, process.id, by);
      }),
    stopProcessGroup: (name, by, onStopped) => {
      const reply = withGroup(name, ({ processes }) => {
        const running = processes.filter(isRunning);
        for (const process of running) halt(process, process.id, by);
        const ask = (): boolean => {
          const isDone = running.every(isStopped);
          if (isDone) onStopped(done);
          return isDone;
        };
        wait(loop, { ask, onLost: () => onStopped('Lost') });
      });
      if (!reply.ok) onStopped(reply);
    },
  };
  return calls;
}

function answer(work: () => void): Reply<true> {
  work();
  return done;
}

const done = ok(true as const);

function fault(faultCode: number, text: string): Result<never, Fault> {
  return err({ faultCode, text });
}

function listingOf(loop: Loop): readonly ProcessStatus[] {
  const statuses: ProcessStatus[] = [];
  for (const { processes } of loop.groups.values()) {
    for (const process of processes) statuses.push(statusOf(process));
  }
  return statuses.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function diff(fresh: readonly GroupConfig[], groups: ReadonlyMap<string, Group>): Diff {
  const names = new Set(fresh.map(({ name }) => name));
  return {
    added: fresh.filter(({ name }) => !groups.has(name)).map(({ name }) => name),
    changed: fresh
      .filter((group) => {
        const active = groups.get(group.name);
        return active !== undefined && !isSameGroup(group, active.config);
      })
      .map(({ name }) => name),
    removed: [...groups.keys()].filter((name) => !names.has(name)),
  };
}

function find(loop: Loop, name: string): Process | undefined {
  const colon = name.indexOf(':');
  const groupName = colon < 0 ? name : name.slice(0, colon);
  const processName = colon < 0 ? name : name.slice(colon + 1);
  return loop.groups.get(groupName)?.processes.find((each) => each.name === processName);
}
