/**
 * What came of something and could not be written into the trail, since etcd was away: kept here, so
 * many and so much, and written with its own time as soon as etcd takes it. An entry whose answer was
 * lost with etcd may stand there twice then; both name what was asked for.
 */
import type { AuditNote } from '../../../domain/console/audit.ts';

export interface LateOutcome {
  readonly note: AuditNote;
  readonly atMs: number;
}

export interface LateOutcomes {
  /** False: there is no room left. */
  readonly keep: (late: LateOutcome) => boolean;
  /** Tries all of them now. */
  readonly writeAll: () => Promise<void>;
}

export interface LateOutcomesDeps {
  /** False: not this time. */
  readonly write: (late: LateOutcome) => Promise<boolean>;
  readonly later: (ms: number, run: () => void) => void;
}

const keptMax = 1_000;
/** In characters, as JSON. */
const sizeMax = 8 * 1024 * 1024;
const pauseMs = 2_000;

export function createLateOutcomes({ write, later }: LateOutcomesDeps): LateOutcomes {
  /** With their sizes, oldest first. */
  const kept = new Map<LateOutcome, number>();
  let size = 0;
  let isWaiting = false;
  const wait = (): void => {
    if (isWaiting || kept.size === 0) return;
    isWaiting = true;
    later(pauseMs, () => void writeAll());
  };
  const writeAll = async (): Promise<void> => {
    isWaiting = false;
    for (const [late, its] of kept) {
      if (!(await write(late))) break;
      kept.delete(late);
      size -= its;
    }
    wait();
  };
  return {
    keep: (late) => {
      const its = JSON.stringify(late).length;
      if (kept.size >= keptMax || size + its > sizeMax) return false;
      kept.set(late, its);
      size += its;
      wait();
      return true;
    },
    writeAll,
  };
}
