/**
 * What answers each route of the console, once the gate has let somebody through.
 *
 * A handler gets what was asked and by whom, and gives an answer, or takes the stream and writes as
 * long as it likes. Who makes a route puts its handler into `createHandlers`; a route without one is
 * a compile error.
 */
import type { ApiFault } from '../../domain/console/api.ts';
import type { AuditNote } from '../../domain/console/audit.ts';
import type { Grant } from '../../domain/console/roles.ts';
import type { RouteName } from '../../domain/console/routes.ts';
import type { Result } from '../../domain/result.ts';
import type { EtcdClient } from '../../clients/etcd.ts';
import { type Answer, jsonAnswer } from '../../http/respond.ts';
import type { Log } from '../../log/log.ts';
import type { Settings } from '../../settings/settings.ts';

/** Whoever has logged in. */
export interface Principal {
  readonly user: string;
  readonly grants: readonly Grant[];
}

export interface ConsoleAsk {
  readonly route: RouteName;
  /** The `:name`s of the path, decoded; none is empty. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON of at most 256 KiB, of any shape; undefined for a GET. */
  readonly body: unknown;
  /** Nobody's is without a name and without grants, on routes for anyone alone. */
  readonly principal: Principal;
  /** The address it came from, for the audit trail. */
  readonly from: string;
  /** Aborts when whoever asked is gone, logged out, or no longer a user. */
  readonly signal: AbortSignal;
  /** `content-encoding: gzip` is understood. */
  readonly takesGzip: boolean;
  /** Begins the answer; the handler then gives `'Streamed'`. */
  readonly stream: (head: StreamHead) => AnswerStream;
}

export interface StreamHead {
  readonly contentType:
    'text/event-stream' | 'application/json' | 'application/jsonl' | 'application/octet-stream';
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AnswerStream {
  /** Ends the connection of who leaves more than 1 MiB unread. */
  readonly write: (chunk: string | Uint8Array) => void;
  /** Resolves when so little waits that more may be written. */
  readonly drained: () => Promise<void>;
  readonly end: () => void;
}

/** `'Streamed'`: by `stream`, to its end or until `signal` says that nobody listens. */
export type ConsoleAnswer = Answer | 'Streamed';

export type Handler = (ask: ConsoleAsk) => Promise<ConsoleAnswer>;

export type Handlers = Readonly<Record<RouteName, Handler>>;

export interface ConsoleAudit {
  /** Gives the number of the entry, of several the first; the error is a sentence. */
  readonly append: (note: AuditNote) => Promise<Result<number, string>>;
  /** All of them or none. Gives the number of each. */
  readonly appendAll: (notes: readonly AuditNote[]) => Promise<Result<readonly number[], string>>;
  /**
   * What nobody may, or nobody is. Comes after what is done; of a flood the first ones are written
   * down, and how many more there were. The error is a sentence.
   */
  readonly refuse: (note: AuditNote) => Promise<Result<unknown, string>>;
}

/** What every part of the console is made from. */
export interface ConsoleDeps {
  readonly settings: Settings;
  readonly version: string;
  /** Of this process, another one after each start. */
  readonly instance: string;
  readonly log: Log;
  readonly nowMs: () => number;
  /** One for all parts. */
  readonly client: EtcdClient;
  readonly audit: ConsoleAudit;
}

export function faultAnswer(status: number, fault: ApiFault): Answer {
  return jsonAnswer(status, fault);
}
