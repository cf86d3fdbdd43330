/** Who visits the cluster from a host of its own: see visitor.js, which does it. */
import type { IncomingHttpHeaders } from 'node:http';
import type { HostProcess, NetHost } from './namespaces.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface Asked {
  readonly url: string;
  /** The `Host` header. */
  readonly host: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Reply extends Answer {
  readonly headers: IncomingHttpHeaders;
}

/** Of an answer that goes on. */
export interface FeedLook extends Answer {
  readonly isOver: boolean;
}

export interface LoadOptions {
  readonly url: string;
  /** The `Host` header. */
  readonly host: string;
  readonly perSecond: number;
  /** Of each POST. */
  readonly body: string;
}

export interface LoadReport {
  readonly sent: number;
  /** With 200, and wholly. */
  readonly answered: number;
  readonly lost: readonly LostRequest[];
  /** A kept connection was closed as it was used again, and the client asked again on a new one. */
  readonly askedAgain: number;
  /** By who says that it has answered: `demo1 on web1-01 at 172.16.238.11, version 2`. */
  readonly seen: Readonly<Record<string, Seen>>;
  readonly slowestMs: number;
  readonly durationMs: number;
}

export interface Seen {
  readonly answers: number;
  /** Of whole answers, since the start of the load. */
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface LostRequest {
  /** Since the start of the load. */
  readonly atMs: number;
  readonly tookMs: number;
  readonly method: string;
  readonly isKept: boolean;
  readonly detail: string;
}

export interface Visitor {
  /** Rejects when there is no whole answer. */
  get(options: {
    readonly url: string;
    readonly host: string;
    readonly headers?: Readonly<Record<string, string>>;
  }): Promise<Answer>;
  /** Any request; rejects likewise. */
  ask(options: Asked): Promise<Reply>;
  /** A GET whose answer goes on: its status, as soon as that is there. One at a time. */
  openFeed(options: Omit<Asked, 'method' | 'body'>): Promise<number>;
  /** What has come of it until now. */
  lookAtFeed(): Promise<FeedLook>;
  closeFeed(): Promise<void>;
  startLoad(options: LoadOptions): Promise<void>;
  lookAtLoad(): Promise<LoadReport>;
  /** Waits for what is under way. */
  stopLoad(): Promise<LoadReport>;
}

interface Told {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

export async function startVisitor(host: NetHost): Promise<Visitor> {
  const script = '/opt/supervene/test/cluster/support/visitor.js';
  const visitor = await host.spawn([process.execPath, script], { channel: true });
  const waiting = new Map<number, (told: Told) => void>();
  const isReady = new Promise<void>((resolve) => {
    waiting.set(0, () => {
      resolve();
    });
  });
  visitor.child.on('message', (message) => {
    const told = message as Told;
    waiting.get(told.id)?.(told);
    waiting.delete(told.id);
  });
  visitor.child.once('exit', () => {
    for (const [id, settle] of waiting) settle({ id, error: `it ended: ${visitor.output()}` });
  });
  await isReady;
  const order = createOrders(visitor, waiting);
  return {
    get: (options) => order<Answer>('get', options),
    ask: (options) => order<Reply>('ask', options),
    openFeed: (options) => order<number>('openFeed', options),
    lookAtFeed: () => order<FeedLook>('lookAtFeed'),
    closeFeed: () => order<undefined>('closeFeed'),
    startLoad: (options) => order<undefined>('startLoad', options),
    lookAtLoad: () => order<LoadReport>('lookAtLoad'),
    stopLoad: () => order<LoadReport>('stopLoad'),
  };
}

function createOrders(visitor: HostProcess, waiting: Map<number, (told: Told) => void>) {
  let count = 0;
  return <T>(job: string, options: unknown = {}): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (!visitor.isRunning) throw new Error(`it has ended: ${visitor.output()}`);
      count += 1;
      waiting.set(count, ({ value, error }) => {
        if (error === undefined) resolve(value as T);
        else reject(new Error(error));
      });
      visitor.child.send({ id: count, job, options });
    });
}
