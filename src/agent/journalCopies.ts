/**
 * Copies of segments without secrets, made by a thread of their own: one at a time, with limits of
 * time and memory, and after each a rest as long as it took, so that looking into the past, by however
 * many, costs half a core at most. The last few are kept until nobody has asked for a minute.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { CopyWord, CopyWork } from './copySegments.ts';

export interface JournalCopy {
  /** Gzip of what `redactSegments` writes. */
  readonly bytes: Uint8Array;
  /** How long each segment was, with commas between: it names the copy. */
  readonly sizes: string;
}

export type CopyReply =
  | Readonly<{ type: 'Copy'; copy: JournalCopy }>
  /** It is being made, or another one is: to be asked for again. */
  | Readonly<{ type: 'Later' }>
  | Readonly<{ type: 'Gone' }>
  | Readonly<{ type: 'Failed'; detail: string }>;

export interface JournalCopies {
  /** `sizes`: of the segments now. Waits some seconds. */
  readonly open: (segments: readonly number[], sizes: string) => Promise<CopyReply>;
  /** A copy that is still kept. */
  readonly kept: (segments: readonly number[], sizes: string) => JournalCopy | undefined;
  readonly close: () => void;
}

export interface JournalCopiesDeps {
  readonly make: (segments: readonly number[]) => Promise<CopyWord>;
  readonly nowMs: () => number;
  /** Then it is said to be asked for again. */
  readonly waitMaxMs: number;
  readonly idleMs: number;
}

interface Kept {
  readonly reply: Exclude<CopyReply, { type: 'Later' }>;
  /** Until then it is given although the journal has grown, or again although it failed. */
  readonly freshUntilMs: number;
}

const keptMax = 3;
const keptMaxBytes = 32 * 1024 * 1024;
/** What failed takes as long each time. */
const failedRests = 10;

export function createJournalCopies(deps: JournalCopiesDeps): JournalCopies {
  const keptByKey = new Map<string, Kept>();
  let making: { readonly key: string; readonly done: Promise<Kept['reply']> } | undefined;
  let restUntilMs = 0;
  let idle: NodeJS.Timeout | undefined;

  const make = async (key: string, segments: readonly number[]): Promise<Kept['reply']> => {
    const begunMs = deps.nowMs();
    const word = await deps.make(segments);
    const nowMs = deps.nowMs();
    const tookMs = Math.max(0, nowMs - begunMs);
    const reply = replyOf(word);
    const rests = reply.type === 'Failed' ? failedRests : 1;
    keptByKey.delete(key);
    keptByKey.set(key, { reply, freshUntilMs: nowMs + rests * tookMs });
    drop(keptByKey);
    restUntilMs = nowMs + tookMs;
    making = undefined;
    return reply;
  };

  return {
    open: async (segments, sizes) => {
      clearTimeout(idle);
      idle = setTimeout(() => keptByKey.clear(), deps.idleMs);
      idle.unref();
      const key = segments.join(',');
      const untilMs = deps.nowMs() + deps.waitMaxMs;
      for (;;) {
        const nowMs = deps.nowMs();
        const kept = keptByKey.get(key);
        if (kept !== undefined && isGood(kept, sizes, nowMs)) return kept.reply;
        if (making === undefined && nowMs >= restUntilMs) {
          making = { key, done: make(key, segments) };
        }
        if (nowMs >= untilMs) return { type: 'Later' };
        const change = making?.done ?? sleep(restUntilMs - nowMs, undefined, { ref: false });
        const over = new AbortController();
        const late = sleep(untilMs - nowMs, undefined, { ref: false, signal: over.signal });
        const done = await Promise.race([change, late.catch(() => undefined)]);
        over.abort();
        // What was begun for this question answers it, however the journal has grown meanwhile.
        if (done !== undefined && keptByKey.get(key)?.reply === done) return done;
      }
    },
    kept: (segments, sizes) => {
      const reply = keptByKey.get(segments.join(','))?.reply;
      return reply?.type === 'Copy' && reply.copy.sizes === sizes ? reply.copy : undefined;
    },
    close: () => {
      clearTimeout(idle);
      keptByKey.clear();
    },
  };
}

function isGood({ reply, freshUntilMs }: Kept, sizes: string, nowMs: number): boolean {
  return nowMs < freshUntilMs || (reply.type === 'Copy' && reply.copy.sizes === sizes);
}

function replyOf(word: CopyWord): Kept['reply'] {
  if (word.type !== 'Copied') return word;
  return { type: 'Copy', copy: { bytes: word.bytes, sizes: word.sizes.join(',') } };
}

/** The oldest go first; the newest stays, however large. */
function drop(keptByKey: Map<string, Kept>): void {
  const bytesOf = ({ reply }: Kept): number =>
    reply.type === 'Copy' ? reply.copy.bytes.length : 0;
  let total = [...keptByKey.values()].reduce((sum, kept) => sum + bytesOf(kept), 0);
  for (const [key, kept] of keptByKey) {
    if (keptByKey.size === 1 || (keptByKey.size <= keptMax && total <= keptMaxBytes)) return;
    keptByKey.delete(key);
    total -= bytesOf(kept);
  }
}

export interface CopyThreadOptions {
  readonly maxMs: number;
  readonly heapMaxMb: number;
  /** Beside this file where it was compiled to. */
  readonly url: URL;
}

export const usualCopyThread: CopyThreadOptions = {
  maxMs: 60_000,
  heapMaxMb: 192,
  url: new URL('./journalCopyWorker.js', import.meta.url),
};

/** In a thread of its own, which ends with it. */
export function copyInThread(work: CopyWork, options = usualCopyThread): Promise<CopyWord> {
  const { maxMs, heapMaxMb, url } = options;
  return new Promise((resolve) => {
    const worker = new Worker(url, {
      ...{ workerData: work, name: 'journal', env: {}, execArgv: [] },
      resourceLimits: { maxOldGenerationSizeMb: heapMaxMb, maxYoungGenerationSizeMb: 16 },
    });
    worker.unref();
    const settle = (word: CopyWord): void => {
      clearTimeout(late);
      void worker.terminate();
      resolve(word);
    };
    const fail = (detail: string): void => settle({ type: 'Failed', detail });
    const late = setTimeout(() => fail(tooMuch(`longer than ${String(maxMs / 1_000)} s`)), maxMs);
    late.unref();
    worker.on('message', (word: CopyWord) => settle(word));
    worker.on('error', (error) => fail(faultOf(error)));
    worker.on('exit', () => fail('the thread that reads the journal has ended'));
  });
}

function faultOf(error: unknown): string {
  const { message, code } = error as { readonly message?: string; readonly code?: string };
  return code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? tooMuch('more memory than an agent spends on that')
    : `the thread that reads the journal has failed: ${String(message)}`;
}

function tooMuch(what: string): string {
  return `this journal takes ${what} to read: \`supervene replay\` on the host has no such limit`;
}
