/**
 * What the routes `fleet` and `live` answer: all of the fleet once, compressed, and then what changes,
 * as server-sent events. Each sees what is granted, and nothing else.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { createScope } from '../../../domain/console/liveScope.ts';
import type { AnswerStream, Handler } from '../handlers.ts';
import { createLivePages, sendAway } from './livePages.ts';
import { type LiveSourceDeps, openLiveSource } from './liveSource.ts';
import { createSnapshots } from './snapshots.ts';

export interface Live {
  readonly fleet: Handler;
  readonly live: Handler;
  readonly close: () => void;
}

export interface LiveDeps extends LiveSourceDeps {
  /** Of this console process. */
  readonly instance: string;
}

/** A console that was just started soon knows more than nothing. */
const listingWaitMs = 5_000;

export function createLive(deps: LiveDeps): Live {
  const { instance, nowMs } = deps;
  const source = openLiveSource(deps, {
    onChange: () => pages.tellChange(),
    onLink: () => pages.tellLink(),
  });
  const { model, link } = source;
  const pages = createLivePages({ model, link, nowMs });
  const snapshots = createSnapshots({ model, link, instance, nowMs });

  return {
    fleet: async ({ principal, query, takesGzip, stream, signal }) => {
      await Promise.race([source.listed, sleep(listingWaitMs, undefined, { ref: false })]);
      const isFollowed = query.get('follows') === 'yes';
      const { pieces, readAtMs } = await snapshots.of(createScope(principal.grants), isFollowed);
      const age = String(Math.max(0, Math.floor((nowMs() - readAtMs) / 1_000)));
      const headers = { age, ...(takesGzip ? { 'content-encoding': 'gzip' } : {}) };
      const answer = stream({ contentType: 'application/json', headers });
      await send(takesGzip ? pieces : unpack(pieces), answer, signal);
      return 'Streamed';
    },
    live: async ({ principal, query, stream, signal }) => {
      const answer = stream({ contentType: 'text/event-stream' });
      const text = query.get('after') ?? '';
      const after = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      if (query.get('instance') !== instance) sendAway([answer]);
      else if (!signal.aborted) {
        // What is answered is ended with this: not before nobody listens any more.
        const close = pages.open(createScope(principal.grants), after, answer);
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        close();
      }
      return 'Streamed';
    },
    close: () => {
      source.close();
      pages.close();
    },
  };
}

/** As fast as it is taken in: nothing of it is copied for one page. */
async function send(
  pieces: Iterable<Buffer> | AsyncIterable<Buffer>,
  answer: AnswerStream,
  signal: AbortSignal,
): Promise<void> {
  for await (const piece of pieces) {
    if (signal.aborted) return;
    answer.write(piece);
    await answer.drained();
  }
  answer.end();
}

async function* unpack(pieces: readonly Buffer[]): AsyncGenerator<Buffer, void, void> {
  const gunzip = createGunzip();
  const written = (async () => {
    for (const piece of pieces) {
      if (!gunzip.write(piece)) await new Promise((resolve) => gunzip.once('drain', resolve));
    }
    gunzip.end();
  })();
  for await (const piece of gunzip) yield piece as Buffer;
  await written;
}
