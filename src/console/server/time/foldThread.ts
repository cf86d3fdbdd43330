/**
 * One thread of a console that folds journals, with limits: jobs wait for each other, each has 20 s,
 * the thread so much memory. It ends when nobody has asked for a minute, and with it what it kept.
 */
import { Worker } from 'node:worker_threads';
import { err, ok, type Result } from '../../../domain/result.ts';
import type { FoldJob, FoldWord } from './foldTalk.ts';

export interface FoldThread {
  /** The error is a sentence. */
  readonly run: (job: FoldJob) => Promise<Result<FoldWord, string>>;
  readonly close: () => Promise<void>;
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

  const runNow = async (job: FoldJob): Promise<Result<FoldWord, string>> => {
    clearTimeout(idle);
    if (isClosed) return err('this console ends');
    worker ??= beginWorker(options);
    const word = await wordOf(worker, job, jobMaxMs);
    if (!word.ok) await end();
    idle = setTimeout(() => void end(), idleMs);
    idle.unref();
    return word;
  };

  return {
    run: async (job) => {
      if (waiting >= jobsMax) return err('too many look into the past on this console; try again');
      waiting += 1;
      const turn = before.then(() => runNow(job));
      before = turn;
      try {
        return await turn;
      } finally {
        waiting -= 1;
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

function wordOf(worker: Worker, job: FoldJob, maxMs: number): Promise<Result<FoldWord, string>> {
  return new Promise((resolve) => {
    const settle = (result: Result<FoldWord, string>): void => {
      clearTimeout(late);
      worker.off('message', onWord);
      worker.off('error', onError);
      worker.off('exit', onExit);
      resolve(result);
    };
    const onWord = (word: FoldWord): void => settle(ok(word));
    const onError = (error: unknown): void => settle(err(faultOf(error)));
    const onExit = (): void => settle(err('the thread that reads journals has ended'));
    const late = setTimeout(() => settle(err(lateText(maxMs))), maxMs);
    worker.on('message', onWord);
    worker.on('error', onError);
    worker.on('exit', onExit);
    worker.postMessage(job);
  });
}

function lateText(maxMs: number): string {
  const seconds = String(Math.round(maxMs / 1_000));
  return `this journal takes longer than ${seconds} s to read: \`supervene replay\` on the host has no such limit`;
}

function faultOf(error: unknown): string {
  const { message, code } = error as { readonly message?: string; readonly code?: string };
  return code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? 'this journal takes more memory to read than a console has: `supervene replay` on the host has no such limit'
    : `the thread that reads journals has failed: ${String(message)}`;
}
