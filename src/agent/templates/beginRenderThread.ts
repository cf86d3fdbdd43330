/** Begins the thread that makes texts of templates: a file of its own, with its memory limited. */
import { MessageChannel, Worker } from 'node:worker_threads';
import type { RenderThreadData, ThreadWord } from '../../../effects/templates/renderTalk.ts';
import type { RenderThreadDeps } from '../../../effects/templates/renderThread.ts';
import {
  type EngineLimits,
  type TemplateFault,
  usualLimits,
} from '../../../effects/templates/templateLimits.ts';

export interface ThreadOptions {
  readonly limits: EngineLimits;
  readonly heapMaxMb: number;
  readonly url: URL;
}

const usualOptions: ThreadOptions = {
  limits: usualLimits,
  // Some hundred thousand instances of apps have room in it; it is not taken before it is used.
  heapMaxMb: 512,
  // Beside this one where it was compiled to.
  url: new URL('./renderWorker.js', import.meta.url),
};

export function threadBeginner({
  limits,
  heapMaxMb,
  url,
}: ThreadOptions = usualOptions): RenderThreadDeps['beginThread'] {
  return ({ onWord, onGone }) => {
    const { port1: answers, port2 } = new MessageChannel();
    const answered = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const workerData: RenderThreadData = { limits, answered, answers };
    const worker = new Worker(url, {
      ...{ workerData, transferList: [answers], name: 'templates', env: {}, execArgv: [] },
      resourceLimits: { maxOldGenerationSizeMb: heapMaxMb, maxYoungGenerationSizeMb: 16 },
    });
    worker.on('message', (word: ThreadWord) => onWord(word));
    worker.on('error', (error) => onGone(faultOf(error, heapMaxMb)));
    worker.on('exit', (code) =>
      onGone({ type: 'BrokenDown', detail: `the thread that renders ended with ${String(code)}` }),
    );
    return {
      post: (job) => worker.postMessage(job),
      answer: (answer) => {
        port2.postMessage(answer);
        Atomics.add(answered, 0, 1);
        Atomics.notify(answered, 0);
      },
      end: async () => {
        port2.close();
        await worker.terminate();
      },
    };
  };
}

function faultOf(error: unknown, heapMaxMb: number): TemplateFault {
  const { message, code } = error as { readonly message?: string; readonly code?: string };
  return code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? { type: 'TooMuch', detail: `it takes more than ${String(heapMaxMb)} MiB of memory` }
    : { type: 'BrokenDown', detail: `the thread that renders has failed: ${String(message)}` };
}
