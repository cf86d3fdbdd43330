/**
 * A small model of supervisord for the reducers' tests: files, what is loaded, processes, and how
 * time moves them. What a program does stands in its command: `ok`, `fatal`, `flap`, `slow-stop`.
 */
import type { ProcessState, ProcessStatus } from '../../../src/domain/types.ts';

interface Loaded {
  readonly text: string;
  readonly command: string;
  readonly autostart: boolean;
  readonly startsecs: number;
}

interface Process {
  readonly group: string;
  state: ProcessState;
  pid: number;
  startSec: number;
  stopSec: number;
  spawnError: string;
  /** When the present state turns into the next one. */
  dueMs: number | undefined;
}

export interface WorldSupervisor {
  isUp: boolean;
  instance: number;
  readonly files: Map<string, string>;
  readonly loaded: Map<string, Loaded>;
  readonly processes: Map<string, Process>;
  /** How often each app was started. */
  readonly starts: Map<string, number>;
  diff(): { added: string[]; changed: string[]; removed: string[] };
  stop(group: string): void;
  start(group: string): void;
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
  };
}

export function createWorldSupervisor(nowMs: () => number): WorldSupervisor {
  let nextPid = 100;
  const starts = new Map<string, number>();
  const files = new Map<string, string>();
  const loaded = new Map<string, Loaded>();
  const processes = new Map<string, Process>();
  const spawn = (process: Process): void => {
    const program = loaded.get(process.group);
    if (program === undefined) return;
    starts.set(process.group, (starts.get(process.group) ?? 0) + 1);
    process.startSec = Math.floor(nowMs() / 1000);
    process.spawnError = '';
    if (program.command.includes('fatal')) {
      process.state = 'FATAL';
      process.spawnError = "can't find command";
      return;
    }
    process.pid = nextPid++;
    process.state = program.startsecs > 0 ? 'STARTING' : 'RUNNING';
    const isFlapping = program.command.includes('flap');
    process.dueMs = isFlapping
      ? nowMs() + 700
      : program.startsecs > 0
        ? nowMs() + program.startsecs * 1000
        : undefined;
  };
  const world: WorldSupervisor = {
    isUp: true,
    instance: 1,
    files,
    loaded,
    processes,
    starts,
    diff: () => {
      const added = [...files.keys()].filter((name) => !loaded.has(name));
      const removed = [...loaded.keys()].filter((name) => !files.has(name));
      const changed = [...files].filter(
        ([name, text]) => loaded.has(name) && loaded.get(name)?.text !== bodyOf(text),
      );
      return {
        added: added.sort(),
        changed: changed.map(([name]) => name).sort(),
        removed: removed.sort(),
      };
    },
    stop: (group) => {
      const process = processes.get(group);
      if (process === undefined || process.pid === 0) return;
      const isSlow = loaded.get(group)?.command.includes('slow-stop') === true;
      process.state = 'STOPPING';
      process.dueMs = nowMs() + (isSlow ? 8_000 : 5);
    },
    start: (group) => {
      const process = processes.get(group);
      if (process !== undefined && process.pid === 0) spawn(process);
    },
    update: (group) => {
      const text = files.get(group);
      const process = processes.get(group);
      if (loaded.get(group)?.text === (text === undefined ? undefined : bodyOf(text)))
        return undefined;
      if (process !== undefined && process.pid !== 0) return 'STILL_RUNNING';
      loaded.delete(group);
      processes.delete(group);
      if (text === undefined) return undefined;
      const program = parse(text);
      loaded.set(group, program);
      const fresh: Process = {
        group,
        state: 'STOPPED',
        pid: 0,
        startSec: 0,
        stopSec: 0,
        spawnError: '',
        dueMs: program.autostart ? nowMs() + 10 : undefined,
      };
      processes.set(group, fresh);
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
        if (process.state === 'STOPPING') {
          process.state = 'STOPPED';
          process.stopSec = Math.floor(nowMs() / 1000);
          process.pid = 0;
        } else if (process.state === 'STOPPED') spawn(process);
        else if (loaded.get(process.group)?.command.includes('flap') === true) spawn(process);
        else if (process.state === 'STARTING') process.state = 'RUNNING';
      }
    },
    nextDueMs: () => {
      const due = [...processes.values()].flatMap(({ dueMs }) => dueMs ?? []);
      return due.length === 0 ? undefined : Math.min(...due);
    },
    list: () =>
      [...processes.values()]
        .map(({ group, state, pid, startSec, stopSec, spawnError }) => ({
          id: `${group}:${group}`,
          group,
          name: group,
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
