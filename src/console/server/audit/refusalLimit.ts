/**
 * How many refusals are written down: the first ones of each minute, of everybody and of all together.
 * Of the others it is told at the end of the minute how many there were, so that whoever is refused
 * again and again fills no etcd, and is not forgotten.
 */
import type { AuditNote } from '../../../domain/console/audit.ts';
import { networkOf } from '../attempts.ts';

export interface RefusalLimit {
  /** False: it is one more that is counted. */
  readonly take: (note: AuditNote) => boolean;
  /** Ends the minute: an entry for each of whom there were more. */
  readonly end: () => readonly AuditNote[];
}

/** Of one user; and of one address of which nobody has logged in: log-ins that failed. */
const eachMax = { User: 5, Nobody: 20 } as const;
/** Of all users, and of all addresses: a flood of the one hides nothing of the other. */
const allMax = { User: 60, Nobody: 60 } as const;

interface Counted {
  written: number;
  more: number;
  readonly moreByAction: Map<string, number>;
  last: AuditNote;
  /** Of all that came when there was no room for any more. */
  readonly isOfMany: boolean;
}

export function createRefusalLimit(): RefusalLimit {
  const countedByKey = new Map<string, Counted>();
  const written = { User: 0, Nobody: 0 };
  const find = (key: string, last: AuditNote, isOfMany: boolean): Counted => {
    const found = countedByKey.get(key);
    if (found !== undefined) return found;
    const made = { written: 0, more: 0, moreByAction: new Map<string, number>(), last, isOfMany };
    countedByKey.set(key, made);
    return made;
  };
  return {
    take: (note) => {
      const kind = note.user === '' ? 'Nobody' : 'User';
      const own = `${kind} ${kind === 'User' ? note.user : networkOf(note.from)}`;
      const isFull = written[kind] >= allMax[kind];
      // No more keys than entries: the rest is counted as one.
      const isOfMany = isFull && !countedByKey.has(own);
      const counted = find(isOfMany ? kind : own, note, isOfMany);
      if (!isFull && counted.written < eachMax[kind]) {
        counted.written += 1;
        written[kind] += 1;
        return true;
      }
      counted.more += 1;
      counted.moreByAction.set(note.action, (counted.moreByAction.get(note.action) ?? 0) + 1);
      counted.last = note;
      return false;
    },
    end: () => {
      const notes = [...countedByKey.values()].flatMap((counted) =>
        counted.more === 0 ? [] : moreNote(counted),
      );
      countedByKey.clear();
      Object.assign(written, { User: 0, Nobody: 0 });
      return notes;
    },
  };
}

function moreNote({ more, moreByAction, last, isOfMany }: Counted): AuditNote {
  const { user, from, action } = last;
  const actions = [...moreByAction].map(([name, count]) => `${name} ${String(count)}`);
  const whose = isOfMany ? `, of several ${user === '' ? 'addresses' : 'users'}` : '';
  return {
    ...{ user: isOfMany ? '' : user, from: isOfMany ? '' : from, action },
    ...{ target: '', before: '', after: '', outcome: 'refused', of: null },
    detail: `${String(more)} more within a minute${whose}: ${actions.join(', ')}`,
  };
}
