/**
 * A small model of supervisord for the reducers' tests: files, what is loaded, processes, and how
 * time moves them. What a program does stands in its command: `ok`, `fatal`, `flap`, `blink` (flaps,
 * and no look is ever quick enough to see it down), `third-try`, `stop-500` (takes so long to stop). Programs with
 * `numprocs` have that many processes.
 */
import type { ProcessState, ProcessStatus } from '../../../src/domain/types.ts';

interface Loaded {
  readonly text: string;
  readonly command: string;
  readonly autostart: boolean;
  readonly startsecs: number;
  readonly numprocs: number;
}

interface Process {
  readonly id: string;
  readonly group: string;
  readonly name: string;
  state: ProcessState;
  pid: number;
  startSec: number;
  stopSec: number;
  spawnError: string;
  /** Starts since it was loaded. */
  tries: number;
  /** When the present state turns into the next one. */
  dueMs: number | undefined;
}

export interface WorldSupervisor {
  isUp: boolean;
  instance: number;
  readonly files: Map<string, string>;
  /** Apps whose file no include names any more. */
  readonly unseen: Set<string>;
  readonly loaded: Map<string, Loaded>;
  readonly processes: Map<string, Process>;
  /** How often the processes of each app were started, together. */
  readonly starts: Map<string, number>;
  /** How often each process was started. */
  readonly startsById: Map<string, number>;
  diff(): { added: string[]; changed: string[]; removed: string[] };
  /** A whole group, or one process by its id. */
  stop(target: string): void;
  start(target: string): void;
  update(group: string): string | undefined;
  restart(): void;
  advance(): void;
  nextDueMs(): number | undefined;
  list(): ProcessStatus[];
}

/** The text below the marker line is what supervisord compares. */
const bodyOf = (text: string): string => text.slice(text.indexOf('\n') + 1);

function parse(text: string): Loaded {
  const option = (name: string): string | undefined =>
    new RegExp(`^${name} *= *(.*)$`, 'm').exec(text)?.[1];
  return {
    text: bodyOf(text),
    command: option('command') ?? '',
    autostart: option('autostart') !== 'false',
    startsecs: Number(option('startsecs') ?? '1'),
    numprocs: Number(option('numprocs') ?? '1'),
  };
}

const isShortLived = (command: string): boolean => /flap|blink/.test(command);

export function createWorldSupervisor(nowMs: () => number): WorldSupervisor {
  let nextPid = 100;
  const starts = new Map<string, number>();
  const startsById = new Map<string, number>();
  const files = new Map<string, string>();
  const unseen = new Set<string>();
  const loaded = new Map<string, Loaded>();
  const processes = new Map<string, Process>();
  const commandOf = ({ group }: Process): string => loaded.get(group)?.command ?? '';
  const membersOf = (target: string): Process[] =>
    [...processes.values()].filter(({ id, group }) => group === target || id === target);
  const spawn = (process: Process): void => {
    const program = loaded.get(process.group);
    if (program === undefined) return;
    starts.set(process.group, (starts.get(process.group) ?? 0) + 1);
    startsById.set(process.id, (startsById.get(process.id) ?? 0) + 1);
    process.startSec = Math.floor(nowMs() / 1000);
    process.spawnError = '';
    process.tries++;
    if (program.command.includes('fatal')) {
      process.state = 'FATAL';
      process.spawnError = "can't find command";
      return;
    }
    process.pid = nextPid++;
    process.state = program.startsecs > 0 ? 'STARTING' : 'RUNNING';
    process.dueMs = program.startsecs > 0 ? nowMs() + program.startsecs * 1000 : undefined;
    if (isShortLived(program.command)) process.dueMs = nowMs() + 700;
  };
  const load = (group: string, program: Loaded): void => {
    loaded.set(group, program);
    for (let index = 0; index < program.numprocs; index++) {
      const name = program.numprocs > 1 ? `${group}_${String(index)}` : group;
      const id = `${group}:${name}`;
      const state = { state: 'STOPPED', pid: 0, startSec: 0, stopSec: 0, tries: 0 } as const;
      const dueMs = program.autostart ? nowMs() + 10 : undefined;
      processes.set(id, { id, group, name, ...state, spawnError: '', dueMs });
    }
  };
  /** Too early for its startsecs, which ends in FATAL; or after it ran. */
  const endByItself = (process: Process): void => {
    const isEarly = process.state === 'STARTING';
    const isGivenUp = isEarly && process.tries >= 4;
    process.state = isGivenUp ? 'FATAL' : isEarly ? 'BACKOFF' : 'EXITED';
    process.pid = 0;
    process.spawnError = 'Exited too quickly';
    process.dueMs = isGivenUp ? undefined : nowMs() + 100;
  };
  /** Its time has come: what it turns into. */
  const turn = (process: Process): void => {
    const isLate = commandOf(process).includes('third-try') && process.tries < 3;
    if (process.state === 'STOPPING') {
      process.state = 'STOPPED';
      process.stopSec = Math.floor(nowMs() / 1000);
      process.pid = 0;
    } else if (process.state === 'STARTING' && isLate) {
      process.state = 'BACKOFF';
      process.pid = 0;
      process.dueMs = nowMs() + process.tries * 1000;
    } else if (process.pid !== 0 && commandOf(process).includes('flap')) {
      endByItself(process);
    } else if (process.state === 'STARTING') {
      process.state = 'RUNNING';
    } else spawn(process);
  };
  const world: WorldSupervisor = {
    isUp: true,
    instance: 1,
    files,
    unseen,
    loaded,
    processes,
    starts,
    startsById,
    diff: () => {
      const seen = [...files].filter(([name]) => !unseen.has(name));
      const names = new Set(seen.map(([name]) => name));
      const changed = seen.filter(
        ([name, text]) => loaded.has(name) && loaded.get(name)?.text !== bodyOf(text),
      );
      return {
        added: [...names].filter((name) => !loaded.has(name)).sort(),
        changed: changed.map(([name]) => name).sort(),
        removed: [...loaded.keys()].filter((name) => !names.has(name)).sort(),
      };
    },
    stop: (target) => {
      for (const process of membersOf(target)) {
        if (process.pid === 0 && process.state !== 'BACKOFF') continue;
        const stopMs = /stop-(\d+)/.exec(commandOf(process))?.[1] ?? '5';
        process.state = 'STOPPING';
        process.dueMs = nowMs() + Number(stopMs);
      }
    },
    start: (target) => {
      for (const process of membersOf(target)) if (process.pid === 0) spawn(process);
    },
    update: (group) => {
      const text = unseen.has(group) ? undefined : files.get(group);
      const members = membersOf(group);
      if (loaded.get(group)?.text === (text === undefined ? undefined : bodyOf(text)))
        return undefined;
      if (members.some(({ pid }) => pid !== 0)) return 'STILL_RUNNING';
      loaded.delete(group);
      for (const { id } of members) processes.delete(id);
      if (text !== undefined) load(group, parse(text));
      return undefined;
    },
    restart: () => {
      world.instance++;
      loaded.clear();
      processes.clear();
      for (const group of files.keys()) world.update(group);
    },
    advance: () => {
      for (const process of processes.values()) {
        if (process.dueMs === undefined || process.dueMs > nowMs()) continue;
        process.dueMs = undefined;
        turn(process);
      }
    },
    nextDueMs: () => {
      const due = [...processes.values()].flatMap(({ dueMs }) => dueMs ?? []);
      return due.length === 0 ? undefined : Math.min(...due);
    },
    list: () =>
      [...processes.values()]
        .map(({ id, group, name, state, pid, startSec, stopSec, spawnError }) => ({
          id,
          group,
          name,
          state,
          pid,
          startSec,
          stopSec,
          exitStatus: 0,
          spawnError,
        }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
  return world;
}
