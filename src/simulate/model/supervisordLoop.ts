/**
 * The main loop of supervisord 4.2.5 over its groups of processes: a look at everything when a call
 * comes in or a child ends, and otherwise once a second. Idle looks are left out.
 */
import type { GroupConfig } from './supervisordConfig.ts';
import {
  createProcess,
  dueMs,
  finish,
  giveUp,
  isStopped,
  type Process,
  type ProcessWorld,
  stop,
  transition,
} from './supervisordProcess.ts';

export interface Group {
  readonly config: GroupConfig;
  /** In the order of priority, then name; of several with one name there is the last. */
  readonly processes: readonly Process[];
}

/** A reply that waits: asked at looks until it says that it was given. */
export interface Waiter {
  readonly ask: () => boolean;
  /** supervisord ended before. */
  readonly onLost: () => void;
}

/** Of one supervisord process. `nowMs` never goes back. */
export interface Loop {
  readonly world: ProcessWorld;
  readonly groups: Map<string, Group>;
  /** The same by priority; undefined when it must be sorted anew. */
  sorted: readonly Group[] | undefined;
  /** Added by the call at hand: the look that goes with it does not know them yet. */
  readonly fresh: Set<Group>;
  lastLookMs: number;
  /** What is still to be stopped before it ends; the last is next. */
  toStop: Group[] | undefined;
  waiters: { readonly waiter: Waiter; askedMs: number }[];
  /** The earliest over all processes; undefined when not known any more. */
  measure: { readonly dueMs: number; readonly exitMs: number } | undefined;
}

export function createLoop(world: ProcessWorld): Loop {
  return {
    world,
    groups: new Map(),
    sorted: undefined,
    fresh: new Set(),
    lastLookMs: 0,
    toStop: undefined,
    waiters: [],
    measure: undefined,
  };
}

export function beginLoop(loop: Loop, nowMs: number): void {
  loop.lastLookMs = nowMs;
  loop.fresh.clear();
}

export function endLoop(loop: Loop): void {
  const { waiters } = loop;
  loop.groups.clear();
  loop.sorted = undefined;
  loop.toStop = undefined;
  loop.waiters = [];
  loop.measure = undefined;
  for (const { waiter } of waiters) waiter.onLost();
}

export function addGroup(loop: Loop, config: GroupConfig): void {
  const byName = new Map(config.processes.map((process) => [process.name, process]));
  const processes = [...byName.values()].map((process) => createProcess(config.name, process));
  const group = { config, processes };
  loop.groups.set(config.name, group);
  loop.fresh.add(group);
  loop.sorted = undefined;
  loop.world.onChange();
}

export function removeGroup(loop: Loop, name: string): void {
  loop.groups.delete(name);
  loop.sorted = undefined;
  loop.world.onChange();
}

/** A call was read and done: the look that goes with it, and the one that writes the reply. */
export function lookAfterCall(loop: Loop, nowMs: number): void {
  look(loop, nowMs);
  if (loop.fresh.size > 0) loop.fresh.clear();
  look(loop, nowMs);
}

/** Everything up to then, in order. While it is blind children end, but nobody looks. */
export function advanceLoop(loop: Loop, nowMs: number, isBlind: boolean): void {
  for (;;) {
    const atMs = nextMs(loop, isBlind);
    if (atMs > nowMs) return;
    if (measured(loop).exitMs <= atMs) endChildren(loop, atMs);
    if (!isBlind) look(loop, atMs);
  }
}

/** When something happens by itself; Infinity for never. */
export function nextMs(loop: Loop, isBlind: boolean): number {
  const { exitMs } = measured(loop);
  return isBlind ? exitMs : Math.min(exitMs, nextLookMs(loop));
}

/** Without anything to wake it, the loop looks once a second. */
function nextLookMs(loop: Loop): number {
  const atMs = loop.waiters.length > 0 ? 0 : measured(loop).dueMs;
  if (atMs === Infinity) return Infinity;
  return loop.lastLookMs + Math.max(1, Math.ceil((atMs - loop.lastLookMs) / 1000)) * 1000;
}

export function look(loop: Loop, nowMs: number): void {
  loop.lastLookMs = nowMs;
  if (nowMs >= measured(loop).dueMs) {
    for (const group of inOrder(loop)) {
      if (loop.fresh.has(group)) continue;
      for (const process of group.processes) transition(process, nowMs, loop.world);
    }
    for (const process of processesOf(loop)) {
      if (process.isUnreaped) process.isUnreaped = false;
      else if (process.isDead) finish(process, nowMs, loop.world);
    }
  }
  if (loop.toStop !== undefined) {
    const next = loop.toStop.at(-1);
    if (next !== undefined && isStill(next)) loop.toStop.pop();
    stopNext(loop, nowMs);
  }
  askWaiters(loop, nowMs);
}

/** From now on groups are stopped, the last by priority first, until `isOver`. */
export function stopAll(loop: Loop, nowMs: number): void {
  if (loop.toStop !== undefined) return;
  loop.toStop = [...inOrder(loop)];
  loop.measure = undefined;
  stopNext(loop, nowMs);
}

export function isOver(loop: Loop): boolean {
  return loop.toStop !== undefined && [...loop.groups.values()].every(isStill);
}

export function wait(loop: Loop, waiter: Waiter): void {
  if (!waiter.ask()) loop.waiters.push({ waiter, askedMs: -Infinity });
}

export function* processesOf(loop: Loop): Iterable<Process> {
  for (const group of loop.groups.values()) yield* group.processes;
}

function measured(loop: Loop): { readonly dueMs: number; readonly exitMs: number } {
  if (loop.measure !== undefined) return loop.measure;
  const mayStart = loop.world.mayStart();
  let due = Infinity;
  let exitMs = Infinity;
  for (const group of loop.groups.values()) {
    for (const process of group.processes) {
      due = Math.min(due, process.isDead ? 0 : dueMs(process, mayStart));
      if (!process.isDead) exitMs = Math.min(exitMs, process.exitAtMs);
    }
  }
  loop.measure = { dueMs: due, exitMs };
  return loop.measure;
}

function inOrder(loop: Loop): readonly Group[] {
  loop.sorted ??= [...loop.groups.values()].sort((a, b) => a.config.priority - b.config.priority);
  return loop.sorted;
}

function isStill(group: Group): boolean {
  return group.processes.every(isStopped);
}

function endChildren(loop: Loop, nowMs: number): void {
  for (const process of processesOf(loop)) {
    if (process.isDead || process.exitAtMs > nowMs) continue;
    process.isDead = true;
    process.isUnreaped = loop.world.isReapedLate();
  }
  loop.measure = undefined;
}

function stopNext(loop: Loop, nowMs: number): void {
  for (const process of [...(loop.toStop?.at(-1)?.processes ?? [])].reverse()) {
    if (process.state === 'BACKOFF') giveUp(process, loop.world);
    else if (process.state === 'RUNNING' || process.state === 'STARTING') {
      stop(process, nowMs, { type: 'Shutdown' }, loop.world);
    }
  }
}

/** A waiting reply is not asked again sooner than this. */
const waiterPauseMs = 50;

function askWaiters(loop: Loop, nowMs: number): void {
  if (loop.waiters.length === 0) return;
  loop.waiters = loop.waiters.filter((entry) => {
    if (nowMs - entry.askedMs <= waiterPauseMs) return true;
    entry.askedMs = nowMs;
    return !entry.waiter.ask();
  });
}
