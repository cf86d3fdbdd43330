/**
 * One thread of a console that folds journals, with limits: jobs wait for each other, each has 20 s,
 * the thread so much memory. It ends when nobody has asked for a minute, and with it what it kept.
 */
import { Worker } from 'node:worker_threads';
import { err, ok, type Result } from '../../../domain/result.ts';
import type { FoldJob, FoldWord } from './foldTalk.ts';

export interface FoldThread {
  /** What nobody waits for any more when its turn comes is not done. */
  readonly run: (job: FoldJob, signal?: AbortSignal) => Promise<Result<FoldWord, FoldFault>>;
  readonly close: () => Promise<void>;
}

export interface FoldFault {
  /** A sentence. */
  readonly detail: string;
  /** It is too much for the thread, and will be again. */
  readonly isTooMuch: boolean;
}

export interface FoldThreadOptions {
  readonly jobMaxMs: number;
  readonly idleMs: number;
  readonly heapMaxMb: number;
  readonly jobsMax: number;
  /** Beside this file where it was compiled to. */
  readonly url: URL;
}

export const usualFoldOptions: FoldThreadOptions = {
  jobMaxMs: 20_000,
  idleMs: 60_000,
  heapMaxMb: 384,
  jobsMax: 20,
  url: new URL('./foldWorker.js', import.meta.url),
};

export function createFoldThread(options: FoldThreadOptions = usualFoldOptions): FoldThread {
  const { jobMaxMs, idleMs, jobsMax } = options;
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let waiting = 0;
  let before: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  const end = async (): Promise<void> => {
    clearTimeout(idle);
    const ended = worker;
    worker = undefined;
    await ended?.terminate();
  };

  const runNow = async (
    job: FoldJob,
    signal: AbortSignal | undefined,
  ): Promise<Result<FoldWord, FoldFault>> => {
    if (signal?.aborted === true) return failed('nobody waits for it any more');
    clearTimeout(idle);
    if (isClosed) return failed('this console ends');
    worker ??= beginWorker(options);
    const word = await wordOf(worker, job, jobMaxMs);
    if (!word.ok) await end();
    idle = setTimeout(() => void end(), idleMs);
    idle.unref();
    return word;
  };

  return {
    run: async (job, signal) => {
      if (waiting >= jobsMax) {
        return failed('too many look into the past on this console; try again');
      }
      waiting += 1;
      let isHere = true;
      const leave = (): void => {
        if (isHere) waiting -= 1;
        isHere = false;
      };
      signal?.addEventListener('abort', leave, { once: true });
      const turn = before.then(() => runNow(job, signal));
      before = turn;
      try {
        return await turn;
      } finally {
        signal?.removeEventListener('abort', leave);
        leave();
      }
    },
    close: async () => {
      isClosed = true;
      await end();
    },
  };
}

function beginWorker({ url, heapMaxMb }: FoldThreadOptions): Worker {
  const worker = new Worker(url, {
    ...{ name: 'journals', env: {}, execArgv: [] },
    resourceLimits: { maxOldGenerationSizeMb: heapMaxMb, maxYoungGenerationSizeMb: 32 },
  });
  worker.unref();
  // Told to whoever waits; nobody waits for one that idles.
  worker.on('error', () => undefined);
  return worker;
}

function failed(detail: string): Result<never, FoldFault> {
  return err({ detail, isTooMuch: false });
}

function wordOf(worker: Worker, job: FoldJob, maxMs: number): Promise<Result<FoldWord, FoldFault>> {
  return new Promise((resolve) => {
    const settle = (result: Result<FoldWord, FoldFault>): void => {
      clearTimeout(late);
      worker.off('message', onWord);
      worker.off('error', onError);
      worker.off('exit', onExit);
      resolve(result);
    };
    const onWord = (word: FoldWord): void => settle(ok(word));
    const onError = (error: unknown): void => settle(err(faultOf(error)));
    const onExit = (): void => settle(failed('the thread that reads journals has ended'));
    const late = setTimeout(() => settle(err(lateFault(maxMs))), maxMs);
    worker.on('message', onWord);
    worker.on('error', onError);
    worker.on('exit', onExit);
    worker.postMessage(job);
  });
}

const noLimit = '`supervene replay` on the host has no such limit';

function lateFault(maxMs: number): FoldFault {
  const seconds = String(Math.round(maxMs / 1_000));
  const detail = `this journal takes longer than ${seconds} s to read: ${noLimit}`;
  return { detail, isTooMuch: true };
}

function faultOf(error: unknown): FoldFault {
  const { message, code } = error as { readonly message?: string; readonly code?: string };
  if (code !== 'ERR_WORKER_OUT_OF_MEMORY') {
    const detail = `the thread that reads journals has failed: ${String(message)}`;
    return { detail, isTooMuch: false };
  }
  const detail = `this journal takes more memory to read than a console has: ${noLimit}`;
  return { detail, isTooMuch: true };
}
