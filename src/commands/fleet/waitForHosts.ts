/**
 * Waits until what was published runs on every host it is placed on, or is known not to: for
 * `--wait` of every command that changes apps.
 *
 * Says what becomes of it host by host. A host that refuses it or has taken it back ends the wait at
 * once, and so does having only lost hosts left: neither is mended by waiting.
 */
import { performance } from 'node:perf_hooks';
import {
  brokenRollouts,
  judgeWait,
  type WaitedRow,
  type WaitProgress,
  type WaitTarget,
} from '../../domain/fleet/fleetWait.ts';
import { quote } from '../../domain/quote.ts';
import { type Result, err, ok } from '../../domain/result.ts';
import type { Settings } from '../../settings/settings.ts';
import type { CommandOptions } from '../command.ts';
import {
  type CommandIo,
  exitDifferent,
  exitDone,
  exitFailed,
  type Fault,
  tellFault,
} from '../commandIo.ts';
import { shorten } from '../textTable.ts';
import { brokenSentence } from './brokenRolloutText.ts';
import { createLiveBlock, type LiveBlock } from './liveBlock.ts';
import { type FollowedFleet, openFleet } from './openFleet.ts';
import { createPace } from './pace.ts';
import { describeRow } from './statusJson.ts';
import { counted, placeText, rowSentence } from './statusText.ts';

export type { WaitTarget } from '../../domain/fleet/fleetWait.ts';

export interface WaitRequest {
  readonly settings: Settings;
  readonly io: CommandIo;
  readonly targets: readonly WaitTarget[];
  readonly timeoutMs: number;
  /** Standard output is for a document: what is said goes to standard error. */
  readonly isJson?: boolean;
}

export interface WaitOutcome {
  /** 0 it runs everywhere; 3 it does not; 1 nobody can tell. */
  readonly exitCode: number;
  /** For `--json`. */
  readonly document: Readonly<Record<string, unknown>>;
}

const defaultSeconds = 60;
const secondsMax = 86_400;

/** The time-out of `--wait[=SECONDS]`; undefined when it is not given. */
export function readWaitMs(options: CommandOptions): Result<number | undefined, Fault> {
  if (!options.has('wait')) return ok(undefined);
  const text = options.text('wait');
  if (text === undefined) return ok(defaultSeconds * 1000);
  const seconds = /^\d{1,5}(?:\.\d{1,3})?s?$/.test(text) ? Number.parseFloat(text) : 0;
  if (seconds > 0 && seconds <= secondsMax) return ok(seconds * 1000);
  const message = `--wait: ${quote(text)} is no number of seconds above 0, up to ${String(secondsMax)}`;
  return err({ message, remedy: 'write --wait=90, or --wait alone for 60 seconds' });
}

/** Resolves with the exit code. */
export async function waitForHosts(request: WaitRequest): Promise<number> {
  return (await watchHosts(request)).exitCode;
}

/**
 * People read what was done before what comes of it; a document holds both. `tell` says what was
 * done and gives the exit code of that.
 */
export async function tellAndWait(
  request: WaitRequest | undefined,
  tell: (waited: WaitOutcome | undefined) => number,
): Promise<number> {
  if (request === undefined) return tell(undefined);
  if (request.isJson !== true) {
    tell(undefined);
    return waitForHosts(request);
  }
  const waited = await watchHosts(request);
  tell(waited);
  return waited.exitCode;
}

export async function watchHosts(request: WaitRequest): Promise<WaitOutcome> {
  const { io, settings } = request;
  const fleet = await openFleet(settings);
  if (!fleet.ok) return cannotTell(io, fleet.error);
  try {
    return await new Promise((resolve) => {
      const session = createSession(request, (outcome) => {
        session.stop();
        resolve(outcome);
      });
      session.start(fleet.value.follow(session.soon));
    });
  } finally {
    fleet.value.close();
  }
}

function cannotTell(io: CommandIo, fault: Fault): WaitOutcome {
  const message = `whether it runs cannot be told: ${fault.message}`;
  tellFault(io, { ...fault, message });
  return { exitCode: exitFailed, document: { isConverged: false, error: message } };
}

/** Between two looks, however much happens. */
const lookMinMs = 100;
/** Times are shown, and the time-out is looked at, while nothing happens. */
const lookMaxMs = 500;
/** Until then that a host has said nothing is nothing to say. */
const patienceMs = 3_000;

function createSession(request: WaitRequest, onEnd: (outcome: WaitOutcome) => void) {
  const { io, targets, timeoutMs, isJson = false } = request;
  const write = isJson ? io.writeError : io.writeOut;
  const block = createLiveBlock(isJson ? undefined : io.terminal, write);
  const startMs = performance.now();
  const teller = createTeller(block);
  let followed: FollowedFleet | undefined;
  let progress: WaitProgress | undefined;
  let isOver = false;

  const end = (outcome: WaitOutcome): void => {
    isOver = true;
    block.show([]);
    onEnd(outcome);
  };
  const look = (): void => {
    if (isOver || followed === undefined) return;
    const elapsedMs = performance.now() - startMs;
    const fault = followed.fault();
    if (fault?.isDenied === true) {
      end(cannotTell(io, fault));
      return;
    }
    teller.tellFault(fault?.message);
    if (followed.isListed()) {
      progress = judgeWait(followed.view(), targets);
      teller.tell(progress, elapsedMs);
    }
    const isTimedOut = elapsedMs >= timeoutMs;
    // While etcd is away what is known may be old: good news of it are good nevertheless.
    if (progress !== undefined && (progress.verdict !== 'Waiting' || isTimedOut)) {
      end(conclude(teller, progress, elapsedMs));
    } else if (isTimedOut) {
      end(cannotTell(io, fault ?? { message: 'etcd has not been read in time' }));
    } else block.show(teller.picture(progress, elapsedMs));
  };
  const pace = createPace(look, lookMinMs);
  const clock = setInterval(pace.soon, lookMaxMs);
  return {
    soon: pace.soon,
    start: (given: FollowedFleet) => {
      followed = given;
    },
    stop: () => {
      clearInterval(clock);
      pace.stop();
      followed?.stop();
    },
  };
}

function conclude(
  teller: ReturnType<typeof createTeller>,
  progress: WaitProgress,
  elapsedMs: number,
): WaitOutcome {
  const { rows, superseded, verdict } = progress;
  if (verdict !== 'Done') teller.tellOpen(progress);
  for (const rollout of brokenRollouts(progress)) teller.say(brokenSentence(rollout));
  if (rows.length > 0) teller.say(lastLine(progress, elapsedMs));
  return {
    exitCode: verdict === 'Done' ? exitDone : exitDifferent,
    document: {
      isConverged: verdict === 'Done',
      isTimedOut: verdict === 'Waiting',
      superseded: [...superseded.values()],
      apps: rows.map((row) => ({ ...describeRow(row), stage: row.stage })),
    },
  };
}

export function lastLine({ rows, verdict }: WaitProgress, elapsedMs: number): string {
  const count = (stage: WaitedRow['stage']): number =>
    rows.filter((row) => row.stage === stage).length;
  const [seconds, pending] = [secondsText(elapsedMs), count('pending')];
  const places = `${String(count('done'))} of ${counted(rows.length, 'place')} converged`;
  if (verdict === 'Waiting') return `not everywhere after ${seconds}: ${places}`;
  if (verdict === 'Done') return `${places} in ${seconds}`;
  return pending === 0 ? places : `${places}; not waited for: ${counted(pending, 'place')}`;
}

function secondsText(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

/** Says each thing once, when it becomes true. */
function createTeller(block: LiveBlock) {
  const told = new Map<string, string>();
  const known = new Map<string, WaitedRow>();
  let fault: string | undefined;
  const once = (key: string, sentence: string): void => {
    if (told.get(key) === sentence) return;
    told.set(key, sentence);
    block.say(sentence);
  };
  const keyOf = ({ app, host }: WaitedRow): string => JSON.stringify([app, host]);
  return {
    say: block.say,
    tellFault: (now: string | undefined): void => {
      if (now !== fault) block.say(now === undefined ? 'etcd is back' : shorten(now, 500));
      fault = now;
    },
    tell: ({ rows, superseded, nobody }: WaitProgress, elapsedMs: number): void => {
      for (const [app, sentence] of superseded) {
        once(`superseded ${app}`, `${sentence}: it is no longer waited for`);
      }
      for (const app of nobody) {
        once(`nobody ${app}`, `${app}: its placement names no host: there is nothing to wait for`);
      }
      const here = new Map(rows.map((row) => [keyOf(row), row]));
      for (const [key, row] of known) {
        if (here.has(key)) continue;
        known.delete(key);
        told.delete(key);
        if (!superseded.has(row.app)) block.say(`${placeText(row)}: gone`);
      }
      for (const row of rows) {
        const isQuiet = row.code === 'NotSeen' && elapsedMs < patienceMs;
        known.set(keyOf(row), row);
        if (!isQuiet) once(keyOf(row), rowSentence(row));
      }
    },
    /** What was too short a time ago to be said. */
    tellOpen: ({ rows }: WaitProgress): void => {
      for (const row of rows) if (row.stage === 'pending') once(keyOf(row), rowSentence(row));
    },
    picture: (progress: WaitProgress | undefined, elapsedMs: number): readonly string[] => {
      const time = secondsText(elapsedMs);
      if (progress === undefined) return [`reading etcd … ${time}`];
      const { rows } = progress;
      const pending = rows.filter(({ stage }) => stage === 'pending');
      const done = rows.filter(({ stage }) => stage === 'done').length;
      const waiting = pending.slice(0, pendingMax).map((row) => `  ${rowSentence(row)}`);
      const more = pending.length - waiting.length;
      return [
        `waiting: ${String(done)} of ${counted(rows.length, 'place')} converged … ${time}`,
        ...waiting,
        ...(more === 0 ? [] : [`  … and ${String(more)} more`]),
      ];
    },
  };
}

const pendingMax = 8;
