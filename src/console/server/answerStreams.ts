/**
 * Answers that go on: each is ended when its session ends, when nobody takes what is written, and
 * with the console. How many may be open at a time is bounded, for one user and for all: what is left
 * of the connections is for requests that are answered and done.
 */
import type { ServerResponse } from 'node:http';
import type { AnswerStream, StreamHead } from './handlers.ts';
import type { Session } from './sessions.ts';

export interface AnswerStreams {
  /** Before anything is done: keeps a place until the answer is over. False: too many are open. */
  readonly reserve: (kind: StreamKind, user: string, response: ServerResponse) => boolean;
  readonly open: (options: OpenStream, head: StreamHead) => AnswerStream;
  /** Ends those whose session is over or worth something else, and those that stand still. */
  readonly sweep: () => void;
  readonly close: () => void;
}

/** The feed of a page, a log, and what is told of orders. */
export type StreamKind = 'Feed' | 'Log' | 'Order';

/** Of 1,000 connections, 800 in all. */
export const streamsMax: Readonly<
  Record<StreamKind, { readonly ofUser: number; readonly ofAll: number }>
> = {
  Feed: { ofUser: 60, ofAll: 400 },
  Log: { ofUser: 40, ofAll: 300 },
  Order: { ofUser: 10, ofAll: 100 },
};

export interface OpenStream {
  readonly response: ServerResponse;
  readonly session: Session;
}

interface Open extends OpenStream {
  /** What the session was worth then: what is told goes by that. */
  readonly worth: string | undefined;
  /** Since when something waits to be taken; undefined: nothing does. */
  stuckMs: number | undefined;
}

const unsentMaxBytes = 1024 * 1024;
const stuckMaxMs = 30_000;
const sweepEveryMs = 5_000;

/** `worthOf`: another text when anything about the user has changed; undefined when it is over. */
export function createAnswerStreams(
  worthOf: (session: Session) => string | undefined,
  nowMs: () => number,
): AnswerStreams {
  const opened = new Set<Open>();
  /** The user of each place. */
  const places: Readonly<Record<StreamKind, string[]>> = { Feed: [], Log: [], Order: [] };
  const sweep = (): void => {
    const now = nowMs();
    for (const one of opened) {
      const isStuck = one.stuckMs !== undefined && now - one.stuckMs > stuckMaxMs;
      const worth = worthOf(one.session);
      const isOver = worth === undefined || worth !== one.worth;
      if (isStuck || isOver) one.response.destroy();
    }
  };
  const timer = setInterval(sweep, sweepEveryMs);
  timer.unref();
  return {
    reserve: (kind, user, response) => {
      const users = places[kind];
      const { ofUser, ofAll } = streamsMax[kind];
      const isFull = users.length >= ofAll || users.filter((one) => one === user).length >= ofUser;
      if (isFull || response.destroyed) return false;
      users.push(user);
      response.once('close', () => users.splice(users.indexOf(user), 1));
      return true;
    },
    open: ({ response, session }, { contentType, headers = {} }) => {
      const one: Open = { response, session, worth: worthOf(session), stuckMs: undefined };
      opened.add(one);
      response.once('close', () => opened.delete(one));
      response.on('drain', () => (one.stuckMs = undefined));
      // Beats keep the connection alive, not requests.
      response.socket?.setTimeout(0);
      response.writeHead(200, {
        'content-type': contentType,
        'cache-control': 'no-store, no-transform',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'x-accel-buffering': 'no',
        ...headers,
      });
      response.flushHeaders();
      return streamOf(one, nowMs);
    },
    sweep,
    close: () => {
      clearInterval(timer);
      for (const { response } of opened) response.destroy();
    },
  };
}

function streamOf(one: Open, nowMs: () => number): AnswerStream {
  const { response } = one;
  const isOver = (): boolean => response.destroyed || response.writableEnded;
  return {
    write: (chunk) => {
      if (isOver()) return;
      if (!response.write(chunk)) one.stuckMs ??= nowMs();
      if (response.writableLength > unsentMaxBytes) response.destroy();
    },
    drained: () =>
      new Promise((resolve) => {
        if (isOver() || !response.writableNeedDrain) return resolve();
        const done = (): void => {
          response.off('drain', done);
          response.off('close', done);
          resolve();
        };
        response.on('drain', done);
        response.on('close', done);
      }),
    end: () => {
      if (!isOver()) response.end();
    },
  };
}
