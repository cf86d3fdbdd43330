/**
 * One process as supervisord 4.2.5 keeps it (`process.py`), and the child behind it, which does what
 * its `Behaviour` says. Times are virtual milliseconds.
 *
 * supervisord's clock runs on between two looks of which one follows the other; virtual time does
 * not. So a span that has just passed counts as passed.
 */
import type { ProcessState, ProcessStatus } from '../../domain/types.ts';
import { repr } from './python.ts';
import type { CommandFault, SupervisordHost } from './supervisordHost.ts';
import type { ProcessConfig } from './supervisordProgram.ts';

/** Why a process was started or stopped. `by` is as the caller gave it. */
export type Cause =
  | Readonly<{ type: 'Autostart' | 'Autorestart' | 'Retry' }>
  | Readonly<{ type: 'Asked'; by: string }>
  /** supervisord ends or restarts itself. */
  | Readonly<{ type: 'Shutdown' }>
  | Readonly<{ type: 'ByItself' }>
  /** A signal that did not come from supervisord. */
  | Readonly<{ type: 'Killed'; by: string }>;

export interface ProcessNews {
  /**
   * `Stopping`: supervisord asks a child that lives to end. `Ended`: it has seen the end. `NotStarted`:
   * there was nothing to start. `Orphaned`: supervisord was killed, and the child lives on.
   */
  readonly type: 'Started' | 'NotStarted' | 'Stopping' | 'Ended' | 'Orphaned';
  readonly atMs: number;
  readonly id: string;
  readonly group: string;
  /** 0 for `NotStarted`. */
  readonly pid: number;
  readonly cause: Cause;
  /** Of `Ended`. */
  readonly exitStatus?: number;
}

export interface Process {
  readonly id: string;
  readonly group: string;
  readonly name: string;
  readonly config: ProcessConfig;
  state: ProcessState;
  pid: number;
  /** 0 for never. */
  startMs: number;
  stopMs: number;
  exitStatus: number | undefined;
  spawnError: string;
  backoff: number;
  /** When a BACKOFF is over, or a STOPPING becomes a SIGKILL. */
  delayMs: number;
  isKilling: boolean;
  /** Of its coming end. */
  stopCause: Cause;
  /** When the child ends, unless something else happens; Infinity for never. */
  exitAtMs: number;
  /** With which status; -1 is a signal. */
  exitsWith: number;
  /** The child has ended and supervisord does not know it yet. */
  isDead: boolean;
  /** Its outputs are closed, but it cannot be waited for yet: the next look misses it. */
  isUnreaped: boolean;
}

export interface ProcessWorld {
  readonly host: SupervisordHost;
  readonly nextPid: () => number;
  /** Whether supervisord still starts anything. */
  readonly mayStart: () => boolean;
  /** Drawn for each end of a child; see `SupervisordDeps`. */
  readonly isReapedLate: () => boolean;
  readonly onNews: (news: ProcessNews) => void;
  /** Something about a process is different. */
  readonly onChange: () => void;
}

/** A signal or an end is seen this much later. */
const momentMs = 1;

export function createProcess(group: string, config: ProcessConfig): Process {
  const { name } = config;
  return {
    id: `${group}:${name}`,
    ...{ group, name, config, state: 'STOPPED', pid: 0, startMs: 0, stopMs: 0 },
    ...{ exitStatus: undefined, spawnError: '', backoff: 0, delayMs: 0, isKilling: false },
    ...{
      stopCause: { type: 'ByItself' },
      exitAtMs: Infinity,
      exitsWith: 0,
      isDead: false,
      isUnreaped: false,
    },
  };
}

export function statusOf(process: Process): ProcessStatus {
  return {
    id: process.id,
    group: process.group,
    name: process.name,
    state: process.state,
    pid: process.pid,
    startSec: Math.floor(process.startMs / 1000),
    stopSec: Math.floor(process.stopMs / 1000),
    exitStatus: process.exitStatus ?? 0,
    spawnError: process.spawnError,
  };
}

/** STOPPED, EXITED, FATAL and UNKNOWN: its group can be removed. */
export function isStopped({ state }: Process): boolean {
  return state === 'STOPPED' || state === 'EXITED' || state === 'FATAL' || state === 'UNKNOWN';
}

/** RUNNING, STARTING and BACKOFF: it can be stopped. */
export function isRunning({ state }: Process): boolean {
  return state === 'RUNNING' || state === 'STARTING' || state === 'BACKOFF';
}

/** From when on a look of supervisord at it changes it; Infinity for never. */
export function dueMs(process: Process, mayStart: boolean): number {
  const { state, config } = process;
  switch (state) {
    case 'STARTING':
      return process.startMs + config.startsecs * 1000;
    case 'BACKOFF':
      if (process.backoff > config.startretries) return 0;
      return mayStart ? process.delayMs : Infinity;
    case 'STOPPING':
      return process.delayMs;
    case 'EXITED':
      return mayStart && isToRestart(process) ? 0 : Infinity;
    case 'STOPPED':
      return mayStart && process.startMs === 0 && config.autostart ? 0 : Infinity;
    case 'RUNNING':
    case 'FATAL':
    case 'UNKNOWN':
      return Infinity;
  }
}

function isToRestart({ config, exitStatus }: Process): boolean {
  if (config.autorestart !== 'unexpected') return config.autorestart === 'true';
  return exitStatus === undefined || !config.exitcodes.includes(exitStatus);
}

/** supervisord looks at it. */
export function transition(process: Process, nowMs: number, world: ProcessWorld): void {
  const { state, config } = process;
  if (nowMs < dueMs(process, world.mayStart())) return;
  if (state === 'EXITED') spawn(process, nowMs, { type: 'Autorestart' }, world);
  else if (state === 'STOPPED') spawn(process, nowMs, { type: 'Autostart' }, world);
  else if (state === 'STARTING') {
    process.backoff = 0;
    process.delayMs = 0;
    change(process, 'RUNNING', world);
  } else if (state === 'STOPPING') {
    sendKill(process, nowMs, killSignal, world);
  } else if (process.backoff > config.startretries) {
    giveUp(process, world);
  } else spawn(process, nowMs, { type: 'Retry' }, world);
}

export function giveUp(process: Process, world: ProcessWorld): void {
  process.delayMs = 0;
  process.backoff = 0;
  change(process, 'FATAL', world);
}

/** Why it cannot be started at all; undefined when it can. */
export function commandFault(
  { config: { behaviour } }: Process,
  host: SupervisordHost,
): { readonly type: CommandFault | 'BadCommand'; readonly text: string } | undefined {
  const { program, fault } = behaviour;
  if (fault !== undefined) return { type: 'BadCommand', text: fault };
  const type = host.commandFault(program);
  switch (type) {
    case undefined:
      return undefined;
    case 'NotFound':
      return { type, text: `can't find command ${repr(program)}` };
    case 'NotExecutable':
      return { type, text: `command at ${repr(program)} is not executable` };
    case 'IsDirectory':
      return { type, text: `command at ${repr(program)} is a directory` };
  }
}

/** Does nothing to one that still has its child. */
export function spawn(process: Process, nowMs: number, cause: Cause, world: ProcessWorld): void {
  if (process.pid !== 0) return;
  process.isKilling = false;
  process.spawnError = '';
  process.exitStatus = undefined;
  process.stopCause = { type: 'ByItself' };
  process.startMs = nowMs;
  change(process, 'STARTING', world);
  const { id, group, config } = process;
  const fault = commandFault(process, world.host);
  if (fault !== undefined) {
    process.spawnError = fault.text;
    backOff(process, nowMs, world);
    world.onNews({ type: 'NotStarted', atMs: nowMs, id, group, pid: 0, cause });
    return;
  }
  const { runMs, exitStatus } = config.behaviour;
  process.pid = world.nextPid();
  process.isDead = false;
  process.exitAtMs = runMs === undefined ? Infinity : nowMs + Math.max(momentMs, runMs);
  process.exitsWith = exitStatus;
  world.onNews({ type: 'Started', atMs: nowMs, id, group, pid: process.pid, cause });
}

function backOff(process: Process, nowMs: number, world: ProcessWorld): void {
  process.backoff++;
  process.delayMs = nowMs + process.backoff * 1000;
  change(process, 'BACKOFF', world);
}

/** Only of one that `isRunning`. */
export function stop(process: Process, nowMs: number, cause: Cause, world: ProcessWorld): void {
  if (process.state === 'BACKOFF') {
    change(process, 'STOPPED', world);
    return;
  }
  const { id, group, pid } = process;
  process.stopCause = cause;
  sendKill(process, nowMs, process.config.stopsignal, world);
  world.onNews({ type: 'Stopping', atMs: nowMs, id, group, pid, cause });
}

const killSignal = 9;

function sendKill(process: Process, nowMs: number, signal: number, world: ProcessWorld): void {
  process.isKilling = true;
  process.delayMs = nowMs + process.config.stopwaitsecs * 1000;
  change(process, 'STOPPING', world);
  receive(process, nowMs, signal);
  world.onChange();
}

// By default these do nothing, or stop the child until SIGKILL; behave.sh takes those of `handled`.
const harmless: readonly number[] = [17, 18, 23, 28];
const freezing: readonly number[] = [19, 20, 21, 22];
const handled: readonly number[] = [1, 2, 3, 10, 12, 15];

/** What a signal does to the child. */
export function receive(process: Process, nowMs: number, signal: number): void {
  const { stop: how } = process.config.behaviour;
  if (process.isDead || harmless.includes(signal)) return;
  if (freezing.includes(signal)) {
    process.exitAtMs = Infinity;
    return;
  }
  const isHandled = handled.includes(signal) && how !== 0;
  if (isHandled && how === 'ignore') return;
  process.exitAtMs = nowMs + (isHandled ? Number(how) : momentMs);
  process.exitsWith = isHandled ? 0 : -1;
}

/** supervisord sees that the child has ended. */
export function finish(process: Process, nowMs: number, world: ProcessWorld): void {
  const { id, group, pid, config, exitsWith } = process;
  const isEarly = nowMs - process.startMs < config.startsecs * 1000;
  const cause = process.stopCause;
  process.stopMs = nowMs;
  process.pid = 0;
  process.isDead = false;
  process.exitAtMs = Infinity;
  if (process.isKilling) {
    process.isKilling = false;
    process.delayMs = 0;
    process.exitStatus = exitsWith;
    change(process, 'STOPPED', world);
  } else if (isEarly) {
    process.exitStatus = undefined;
    process.spawnError = 'Exited too quickly (process log may have details)';
    backOff(process, nowMs, world);
  } else {
    process.delayMs = 0;
    process.backoff = 0;
    process.exitStatus = exitsWith;
    if (!config.exitcodes.includes(exitsWith)) {
      process.spawnError = `Bad exit code ${String(exitsWith)}`;
    }
    change(process, 'EXITED', world);
  }
  world.onNews({ type: 'Ended', atMs: nowMs, id, group, pid, cause, exitStatus: exitsWith });
}

function change(process: Process, state: ProcessState, world: ProcessWorld): void {
  process.state = state;
  world.onChange();
}
