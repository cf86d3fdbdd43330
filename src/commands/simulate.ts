/** `supervene simulate`: one simulated cluster from a seed, and what becomes of a violation. */
import { randomInt } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { err, ok, type Result } from '../domain/result.ts';
import { watchCrashes } from '../simulate/run/crashes.ts';
import { type Failure, failureOf, isSameFailure } from '../simulate/run/failure.ts';
import { findShortest } from '../simulate/run/findShortest.ts';
import type { Journals } from '../simulate/run/keepJournals.ts';
import { keptScript } from '../simulate/run/keptScript.ts';
import { commandOf, readRequest, type SimulationRequest } from '../simulate/run/request.ts';
import {
  simulate,
  type SimulationOptions,
  type SimulationResult,
} from '../simulate/run/simulate.ts';
import type { CommandInput, CommandRun } from './command.ts';
import { type CommandIo, exitDone, exitFailed, fail, misuse, writeJson } from './commandIo.ts';
import { createSimulateProgress, type SimulateProgress } from './simulateProgress.ts';
import {
  type Shortest,
  documentOf,
  historyText,
  requestText,
  runText,
  violationText,
} from './simulateTexts.ts';

export interface SimulateBudget {
  /** For shrinking, together. */
  readonly triesMax: number;
  readonly timeMaxMs: number;
  /** Plants a bug, in tests. */
  readonly prepare?: SimulationOptions['prepare'];
}

export const runSimulate: CommandRun = (input) =>
  simulateWithin({ triesMax: 2_000, timeMaxMs: 120_000 }, input);

export async function simulateWithin(
  budget: SimulateBudget,
  { io, options: given, version }: CommandInput,
): Promise<number> {
  const read = readRequest(
    (name) => given.text(name),
    () => String(randomInt(2 ** 31)),
  );
  if (!read.ok) return misuse(io, { message: read.error });
  const request = read.value;
  const dir = given.text('journal');
  const place = dir === undefined ? ok(undefined) : findPlace(resolve(io.workingDir, dir));
  if (!place.ok) return misuse(io, { message: place.error });

  const isJson = given.has('json');
  // First of all: whatever happens now can be repeated.
  const tell = isJson ? io.writeError : io.writeOut;
  tell(requestText(request, version));
  const crashes = watchCrashes();
  const progress = createSimulateProgress(io, () => performance.now());
  const { prepare } = budget;
  const options: SimulationOptions = {
    ...{ ...request, version, crashes, onProgress: progress.onEvents },
    ...(prepare === undefined ? {} : { prepare }),
    ...(request.keep === undefined ? {} : { script: keptScript(request, request.keep) }),
  };
  try {
    const startedMs = performance.now();
    const result = await simulate({ ...options, keepsJournal: dir !== undefined });
    progress.clear();
    const tookMs = performance.now() - startedMs;
    const failure = failureOf(result);
    if (!isJson) io.writeOut(runText(request, result, tookMs));
    const ending =
      failure === undefined
        ? { journals: result.journals }
        : await shorten({ io, budget, request, options, progress, isJson }, result, failure);
    const { journals, shortest } = { shortest: undefined, ...ending };
    if (isJson) writeJson(io, documentOf({ request, version, result, failure, shortest }));
    const kept = place.value === undefined ? ok('') : leaveJournals(place.value, journals);
    if (!kept.ok) return fail(io, false, { message: kept.error });
    tell(kept.value);
    return failure === undefined ? exitDone : exitFailed;
  } finally {
    progress.clear();
    crashes.close();
  }
}

interface Shortening {
  readonly io: CommandIo;
  readonly budget: SimulateBudget;
  readonly request: SimulationRequest;
  readonly options: SimulationOptions;
  readonly progress: SimulateProgress;
  readonly isJson: boolean;
}

/** What is left is run once more, exactly as the command will run it. */
async function shorten(
  { io, budget, request, options, progress, isJson }: Shortening,
  result: SimulationResult,
  failure: Failure,
): Promise<{ readonly shortest: Shortest; readonly journals: Journals }> {
  if (!isJson) io.writeOut(violationText(io, failure));
  const shrunk = await findShortest(options, result, failure, {
    ...budget,
    nowMs: () => performance.now(),
    onProgress: progress.onTry,
  });
  const again: SimulationRequest = { ...request, keep: shrunk.items.map(({ number }) => number) };
  const script = keptScript(again, again.keep ?? []);
  const repeated = await simulate({ ...options, script, keepsJournal: true });
  progress.clear();
  const seen = failureOf(repeated);
  const shortest: Shortest = {
    ...{ ...shrunk, failure: seen ?? failure, command: commandOf(again) },
    isRepeated: isSameFailure(seen, failure),
  };
  if (!isJson) io.writeOut(historyText(io, shortest));
  return { shortest, journals: repeated.journals };
}

/** A new or an empty directory. */
function findPlace(dir: string): Result<string, string> {
  try {
    mkdirSync(dir, { recursive: true });
    if (readdirSync(dir).length === 0) return ok(dir);
    return err(`--journal: ${dir} is not empty`);
  } catch (error) {
    return err(`--journal: ${messageOf(error)}`);
  }
}

/** What is said of it. */
function leaveJournals(dir: string, journals: Journals): Result<string, string> {
  const paths: string[] = [];
  try {
    for (const [host, segments] of journals) {
      const path = join(dir, host);
      mkdirSync(path);
      // As the agent's own: there are values of environments in it.
      for (const [name, bytes] of segments) writeFileSync(join(path, name), bytes, { mode: 0o600 });
      paths.push(path);
    }
  } catch (error) {
    return err(`the journals cannot be left: ${messageOf(error)}`);
  }
  return ok(paths.map((path) => `journal: supervene replay ${path}\n`).join(''));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
