/**
 * supervisord 4.2.5 as a state machine in virtual time: what its XML-RPC calls answer and change,
 * what its processes do, how it ends, restarts, hangs and is killed. No wire: a call is carried out
 * at once, and what does not reach it is somebody else's business (`reachability`).
 *
 * Proven against the real one in `test/integration/simulate/supervisordFidelity.test.ts`. Not
 * modelled: logs, event listeners, FastCGI, stdin, UNKNOWN processes, and what only a malicious file
 * does to supervisord itself.
 */
import { ok, type Result } from '../../domain/result.ts';
import { createSupervisordCalls, type OwnCalls } from './supervisordCalls.ts';
import { createConfigReader, type ReadConfig } from './supervisordConfig.ts';
import {
  addGroup,
  advanceLoop,
  beginLoop,
  createLoop,
  endLoop,
  isOver,
  look,
  lookAfterCall,
  type Loop,
  nextMs,
  processesOf,
  stopAll,
} from './supervisordLoop.ts';
import type { SupervisordDeps, SupervisordModel } from './supervisordModel.ts';
import { type Process, type ProcessNews, receive } from './supervisordProcess.ts';

/** How long a restart of itself leaves it without a socket. */
const restartMs = 60;

type Mood = 'Down' | 'Running' | 'ShuttingDown' | 'Restarting';

interface Daemon {
  readonly deps: SupervisordDeps;
  readonly read: ReadConfig;
  readonly loop: Loop;
  readonly counters: Map<string, { starts: number; pids: number[] }>;
  mood: Mood;
  isHung: boolean;
  socket: 'None' | 'Listening' | 'Stale';
  sockets: number;
  pid: number;
  lastPid: number;
  /** When it is back after a restart of itself; Infinity for never. */
  bootAtMs: number;
  queue: { readonly request: () => void; readonly onLost: () => void }[];
  orphans: readonly Process[];
  calls: OwnCalls;
}

export function createSupervisord(deps: SupervisordDeps): SupervisordModel {
  const daemon = createDaemon(deps);
  const { loop, calls, counters } = daemon;
  const now = (): number => {
    advance(daemon, deps.now());
    return deps.now();
  };
  const act = (work: (nowMs: number) => void): void => {
    work(now());
    endIfOver(daemon, deps.now());
    deps.onDue?.();
  };
  return {
    advance: (nowMs) => advance(daemon, nowMs),
    nextDueMs: () => {
      const atMs = daemon.mood === 'Down' ? daemon.bootAtMs : nextMs(loop, daemon.isHung);
      return atMs === Infinity ? undefined : atMs;
    },
    calls,
    reachability: () => {
      now();
      if (daemon.socket === 'None') return 'NoSocket';
      if (daemon.socket === 'Stale') return 'Refused';
      return daemon.isHung ? 'Hangs' : 'Answers';
    },
    whenAwake: (request, onLost) => {
      if (daemon.isHung) daemon.queue.push({ request, onLost });
      else request();
    },
    pid: () => daemon.pid,
    fingerprint: () => {
      now();
      return daemon.socket === 'None' ? 'socket-none' : `socket-${String(daemon.sockets)}`;
    },
    start: () => {
      const nowMs = now();
      if (daemon.mood !== 'Down' || daemon.bootAtMs !== Infinity) return ok(undefined);
      daemon.pid = ++daemon.lastPid;
      const booted = boot(daemon, nowMs);
      deps.onDue?.();
      return booted;
    },
    terminate: () => act((nowMs) => wind(daemon, 'ShuttingDown', nowMs)),
    kill: () => act((nowMs) => kill(daemon, nowMs)),
    cutPower: () =>
      act(() => {
        daemon.bootAtMs = Infinity;
        if (daemon.mood !== 'Down') end(daemon, 'Stale');
        daemon.orphans = [];
      }),
    hang: () => act(() => (daemon.isHung = daemon.mood !== 'Down')),
    resume: () => act((nowMs) => resume(daemon, nowMs)),
    killChild: (id, by) => {
      const process = findChild(daemon, id);
      if (process !== undefined) act((nowMs) => killChild(daemon, process, by, nowMs));
      return process !== undefined;
    },
    list: calls.list,
    commandsOf: (group) =>
      (daemon.loop.groups.get(group)?.processes ?? []).map(({ config }) => config.command),
    counters: (group) => counters.get(group) ?? { starts: 0, pids: [] },
    orphans: () => {
      now();
      return daemon.orphans.map(({ pid }) => pid);
    },
  };
}

function createDaemon(deps: SupervisordDeps): Daemon {
  const read = createConfigReader(deps.host);
  const loop = createLoop({
    host: deps.host,
    nextPid: () => ++daemon.lastPid,
    mayStart: () => daemon.mood === 'Running',
    isReapedLate: deps.isReapedLate ?? (() => false),
    onNews: (news) => tell(daemon, news),
    onChange: () => {
      loop.measure = undefined;
      daemon.calls.changed();
    },
  });
  const calls = createSupervisordCalls({
    now: deps.now,
    loop,
    readGroups: () => read(deps.readConfs()),
    pid: () => daemon.pid,
    isRunning: () => daemon.mood === 'Running',
    wind: (mood) => wind(daemon, mood, deps.now()),
    before: () => advance(daemon, deps.now()),
    after: () => {
      lookAfterCall(loop, deps.now());
      endIfOver(daemon, deps.now());
      deps.onDue?.();
    },
  });
  const daemon: Daemon = {
    ...{ deps, read, loop, calls, counters: new Map(), mood: 'Down', isHung: false },
    ...{ socket: 'None', sockets: 0, pid: 0, lastPid: 1_000, bootAtMs: Infinity },
    ...{ queue: [], orphans: [] },
  };
  return daemon;
}

function tell({ deps, counters }: Daemon, news: ProcessNews): void {
  if (news.type === 'Started') {
    const counter = counters.get(news.group) ?? { starts: 0, pids: [] };
    counters.set(news.group, counter);
    counter.starts++;
    counter.pids.push(news.pid);
  }
  deps.onNews?.(news);
}

function advance(daemon: Daemon, nowMs: number): void {
  const { loop } = daemon;
  if (daemon.orphans.length > 0) {
    daemon.orphans = daemon.orphans.filter(({ exitAtMs }) => exitAtMs > nowMs);
  }
  if (nowMs >= daemon.bootAtMs) boot(daemon, daemon.bootAtMs);
  if (daemon.mood === 'Running') advanceLoop(loop, nowMs, daemon.isHung);
  // Step by step, since the end comes as soon as the last process has stopped.
  while (daemon.mood !== 'Running' && daemon.mood !== 'Down') {
    const atMs = nextMs(loop, daemon.isHung);
    if (atMs > nowMs) break;
    advanceLoop(loop, atMs, daemon.isHung);
    endIfOver(daemon, atMs);
  }
}

/** Reads the configuration and begins. */
function boot(daemon: Daemon, nowMs: number): Result<void, string> {
  daemon.bootAtMs = Infinity;
  const groups = daemon.read(daemon.deps.readConfs());
  if (!groups.ok) return groups;
  daemon.mood = 'Running';
  daemon.socket = 'Listening';
  daemon.sockets++;
  daemon.calls.booted(groups.value);
  for (const group of groups.value) {
    if (!daemon.loop.groups.has(group.name)) addGroup(daemon.loop, group);
  }
  beginLoop(daemon.loop, nowMs);
  return ok(undefined);
}

/** Stops everything, so as to end or to restart. */
function wind(daemon: Daemon, mood: 'ShuttingDown' | 'Restarting', nowMs: number): void {
  if (daemon.mood === 'Down' || daemon.mood === 'ShuttingDown') return;
  daemon.mood = mood;
  stopAll(daemon.loop, nowMs);
}

function endIfOver(daemon: Daemon, nowMs: number): void {
  if (daemon.mood === 'Down' || daemon.mood === 'Running' || daemon.isHung) return;
  if (!isOver(daemon.loop)) return;
  if (daemon.mood === 'Restarting') daemon.bootAtMs = nowMs + restartMs;
  end(daemon, 'None');
}

function end(daemon: Daemon, socket: Daemon['socket']): void {
  const { queue } = daemon;
  daemon.mood = 'Down';
  daemon.socket = socket;
  daemon.isHung = false;
  daemon.queue = [];
  endLoop(daemon.loop);
  daemon.calls.changed();
  for (const { onLost } of queue) onLost();
}

function kill(daemon: Daemon, nowMs: number): void {
  daemon.bootAtMs = Infinity;
  if (daemon.mood === 'Down') return;
  const orphans = [...processesOf(daemon.loop)].filter(({ pid, isDead }) => pid !== 0 && !isDead);
  daemon.orphans = [...daemon.orphans, ...orphans];
  for (const { id, group, pid } of orphans) {
    const cause = { type: 'Shutdown' } as const;
    tell(daemon, { type: 'Orphaned', atMs: nowMs, id, group, pid, cause });
  }
  end(daemon, 'Stale');
}

function resume(daemon: Daemon, nowMs: number): void {
  if (!daemon.isHung) return;
  daemon.isHung = false;
  look(daemon.loop, nowMs);
  const { queue } = daemon;
  daemon.queue = [];
  for (const { request } of queue) request();
}

function findChild(daemon: Daemon, id: string): Process | undefined {
  return [...processesOf(daemon.loop)].find((process) => process.id === id && process.pid !== 0);
}

function killChild(daemon: Daemon, process: Process, by: string, nowMs: number): void {
  if (!process.isKilling) process.stopCause = { type: 'Killed', by };
  receive(process, nowMs, 9);
  daemon.loop.measure = undefined;
}
