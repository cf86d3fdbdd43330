/** What the simulator's world sees of a model supervisord: `createSupervisord` makes one. */
import type { Result } from '../../domain/result.ts';
import type { ProcessStatus } from '../../domain/types.ts';
import type { SupervisordCalls } from './supervisordCalls.ts';
import type { ConfText } from './supervisordConfig.ts';
import type { SupervisordHost } from './supervisordHost.ts';
import type { ProcessNews } from './supervisordProcess.ts';

export interface SupervisordDeps {
  /** Virtual milliseconds since the epoch. */
  readonly now: () => number;
  /** The main file first, then what it includes, in order. Asked again for every reread. */
  readonly readConfs: () => readonly ConfText[];
  readonly host: SupervisordHost;
  /**
   * Whether this end of a child is seen only at the look after the next; never, by default. A child
   * closes its outputs, which wakes supervisord, a moment before it can be waited for: who looks in
   * between looks again after up to a second. A program that ends at once is then RUNNING and
   * EXITED in place of BACKOFF when `startsecs` is 1, the default; seen for 18 of 48.
   */
  readonly isReapedLate?: () => boolean;
  readonly onNews?: (news: ProcessNews) => void;
  /** `nextDueMs` may be earlier now. */
  readonly onDue?: () => void;
}

/** What somebody who connects finds. */
export type Reachability = 'Answers' | 'Hangs' | 'NoSocket' | 'Refused';

export interface SupervisordModel {
  /** Everything that happens by itself up to then. Every call does this first. */
  readonly advance: (nowMs: number) => void;
  /** When something may happen by itself; undefined for never. */
  readonly nextDueMs: () => number | undefined;
  /** Fault 6 while it is down. */
  readonly calls: SupervisordCalls;
  readonly reachability: () => Reachability;
  /**
   * Runs a request now, or when a hung supervisord goes on; `onLost` if it ends before. Only where
   * it answers or hangs.
   */
  readonly whenAwake: (request: () => void, onLost: () => void) => void;
  /** Of the process that runs now or ran last. */
  readonly pid: () => number;
  /** Another one for each socket that is made; `socket-none` while there is no file. */
  readonly fingerprint: () => string;
  /** A new process; it refuses a broken configuration and is down again. Nothing while it is up. */
  readonly start: () => Result<void, string>;
  /** SIGTERM: stops everything, then ends. */
  readonly terminate: () => void;
  /** SIGKILL: its children live on as orphans. */
  readonly kill: () => void;
  /** It and its children are gone, and the socket is left behind. */
  readonly cutPower: () => void;
  /** SIGSTOP and SIGCONT. */
  readonly hang: () => void;
  readonly resume: () => void;
  /** `kill -9` of a child, from outside; false when there is none. */
  readonly killChild: (id: string, by: string) => boolean;
  /** Sorted by id; the very same list while nothing has changed. No call: wakes nothing. */
  readonly list: () => readonly ProcessStatus[];
  /** What the processes of a group run, as supervisord has it loaded. */
  readonly commandsOf: (group: string) => readonly string[];
  readonly counters: (group: string) => GroupCounters;
  /** Pids of children whose supervisord was killed and that still run. */
  readonly orphans: () => readonly number[];
}

export interface GroupCounters {
  /** Children started, in all. */
  readonly starts: number;
  /** In the order in which they were given. */
  readonly pids: readonly number[];
}
