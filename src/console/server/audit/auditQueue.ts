/**
 * What waits to be written into the trail, in the order in which it is: what is done first, and what
 * was refused after it. As much as goes into one transaction is written at once. It is bounded, but
 * for what came of an action: that one was asked for, and is to have its end.
 */
import type { AuditNote, AuditPart } from '../../../domain/console/audit.ts';
import { partsOf } from '../../../domain/console/audit.ts';
import { err, ok, type Result } from '../../../domain/result.ts';

export type AuditRank = 'Action' | 'Refusal';

export interface AuditQueue {
  /** All in one transaction. Gives the number of the first entry of each. `atMs`: when it was. */
  readonly add: (
    rank: AuditRank,
    notes: readonly AuditNote[],
    atMs?: number,
  ) => Promise<Result<readonly number[], string>>;
}

/** Gives the number of the first one. */
export type WriteParts = (parts: readonly AuditPart[]) => Promise<Result<number, string>>;

interface Waiting {
  readonly parts: readonly AuditPart[];
  readonly size: number;
  readonly settle: (written: Result<readonly number[], string>) => void;
}

const waitingMax = 500;
/** etcd takes 128 keys at once, and 1.5 MB. */
const partsMax = 100;
const sizeMax = 400_000;

export function createAuditQueue(write: WriteParts): AuditQueue {
  const lists: Readonly<Record<AuditRank, Waiting[]>> = { Action: [], Refusal: [] };
  let isBusy = false;
  const pump = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    for (;;) {
      const batch = takeBatch(lists.Action.length > 0 ? lists.Action : lists.Refusal);
      if (batch.length === 0) break;
      const parts = batch.flatMap((one) => one.parts);
      settleAll(batch, await write(parts).catch((error: unknown) => err(String(error))));
    }
    isBusy = false;
  };
  return {
    add: (rank, notes, atMs) => {
      const isBounded = notes.some(({ of }) => of === null);
      if (isBounded && lists[rank].length >= waitingMax) {
        const why = `${String(waitingMax)} entries wait to be written already`;
        return Promise.resolve(err(why));
      }
      const time = atMs === undefined ? {} : { atMs };
      const parts = notes.flatMap(partsOf).map((part) => ({ ...part, ...time }));
      if (parts.length > partsMax) {
        const why = `it takes more than ${String(partsMax)} entries; do less at once`;
        return Promise.resolve(err(why));
      }
      return new Promise((settle) => {
        lists[rank].push({ parts, size: JSON.stringify(parts).length, settle });
        void pump();
      });
    },
  };
}

/** At least one, if there is any. */
function takeBatch(list: Waiting[]): readonly Waiting[] {
  const batch: Waiting[] = [];
  let [count, size] = [0, 0];
  for (const one of list) {
    count += one.parts.length;
    size += one.size;
    if (batch.length > 0 && (count > partsMax || size > sizeMax)) break;
    batch.push(one);
  }
  list.splice(0, batch.length);
  return batch;
}

function settleAll(batch: readonly Waiting[], written: Result<number, string>): void {
  let next = written.ok ? written.value : 0;
  for (const { parts, settle } of batch) {
    const firsts = parts.flatMap(({ isMore }, at) => (isMore ? [] : [next + at]));
    settle(written.ok ? ok(firsts) : written);
    next += parts.length;
  }
}
