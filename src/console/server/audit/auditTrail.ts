/**
 * The audit trail in etcd, as one console writes it: each transaction compares what was the last
 * entry, so that several consoles at once make one chain.
 *
 * Entries of this console are written one after the other. What was not written is said to be so: the
 * action that it is about must not be done then. What came of one is written later.
 */
import type { EtcdClient } from '../../../clients/etcd.ts';
import { etcdFault } from '../../../commands/etcdFault.ts';
import { isWorthAnother } from '../../../commands/triedOnEach.ts';
import type { EtcdError } from '../../../domain/etcdCalls.ts';
import type { AuditEntry } from '../../../domain/console/api.ts';
import {
  auditHeadKey,
  auditKey,
  auditStart,
  formatEntry,
  formatHead,
  inShort,
  nextEntries,
  parseEntry,
  parseHead,
  type AuditHead,
  type AuditNote,
  type AuditPart,
} from '../../../domain/console/audit.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import { type Revision, revisionZero } from '../../../domain/types.ts';
import type { EtcdSettings } from '../../../settings/settings.ts';
import type { ConsoleAudit } from '../handlers.ts';
import { createAuditQueue } from './auditQueue.ts';
import { createLateOutcomes } from './lateOutcomes.ts';
import { createRefusalLimit } from './refusalLimit.ts';

export interface AuditDeps {
  readonly client: Pick<EtcdClient, 'range' | 'txn'>;
  readonly etcd: EtcdSettings;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Later, if this process is still there then. */
  readonly later: (ms: number, run: () => void) => void;
  /** From [0, 1). */
  readonly random: () => number;
}

const limits = { timeoutMs: 5_000 };
/** Each time somebody else was first, or a server of etcd was away. */
const triesMax = 30;
const tryMaxMs = 10_000;

const refusalsWindowMs = 60_000;

export interface AuditTrail extends ConsoleAudit {
  /** Writes what it has kept, and tells how many refusals there were that it has not told of. */
  readonly close: () => Promise<void>;
}

export function createAudit(deps: AuditDeps): AuditTrail {
  let known: Tail | undefined;
  const queue = createAuditQueue(async (parts) => {
    const appended = await append(deps, parts, known);
    known = appended.ok ? appended.value.tail : undefined;
    return appended.ok ? ok(appended.value.first) : appended;
  });
  const add = async (note: AuditNote, atMs?: number): Promise<Result<number, string>> => {
    const added = await queue.add('Action', [note], atMs);
    return added.ok ? ok(added.value[0] ?? 0) : added;
  };
  const late = createLateOutcomes({
    write: async ({ note, atMs }) => (await add(note, atMs)).ok,
    later: deps.later,
  });
  const refusals = createRefusalLimit();
  let isCounting = false;
  const tellMore = async (): Promise<void> => {
    isCounting = false;
    const more = refusals.end();
    await Promise.all(more.map((note) => queue.add('Refusal', [note])));
  };
  return {
    append: async (note) => {
      if (note.outcome === 'asked') return add(note);
      const atMs = deps.nowMs();
      const added = await add(note, atMs);
      if (added.ok || !late.keep({ note, atMs })) return added;
      return err(`${added.error}; it is kept until etcd takes it, or this console ends`);
    },
    appendAll: (notes) => queue.add('Action', notes),
    refuse: async (note) => {
      if (!isCounting) {
        isCounting = true;
        deps.later(refusalsWindowMs, () => void tellMore());
      }
      return refusals.take(note) ? queue.add('Refusal', [inShort(note)]) : ok(undefined);
    },
    close: async () => void (await Promise.all([late.writeAll(), tellMore()])),
  };
}

/** The end of the trail, as it was read or written. */
interface Tail {
  readonly head: AuditHead;
  /** Of the head's key. */
  readonly revision: Revision;
}

async function append(
  deps: AuditDeps,
  parts: readonly AuditPart[],
  known: Tail | undefined,
): Promise<Result<{ readonly tail: Tail; readonly first: number }, string>> {
  const startedMs = deps.nowMs();
  let tail = known;
  let why = '';
  for (let tried = 1; tried <= triesMax; tried += 1) {
    const before = tail === undefined ? await readTail(deps) : ok(tail);
    if (before.ok) {
      const { head, revision } = before.value;
      const entries = nextEntries(head, parts, deps.nowMs());
      const last = entries.at(-1) ?? head;
      const written = await write(deps, entries, last, revision);
      if (written.ok && written.value !== 'Conflict') {
        return ok({ tail: { head: last, revision: written.value }, first: head.seq + 1 });
      }
      why = written.ok ? 'others write at the same time' : sentence(written.error, deps.etcd);
      if (!written.ok && !isWorthAnother(written.error)) return err(why);
    } else {
      why = sentence(before.error, deps.etcd);
      if (!isWorthAnother(before.error)) return err(why);
    }
    tail = undefined;
    if (deps.nowMs() - startedMs > tryMaxMs) break;
    await deps.sleep(Math.ceil(deps.random() * Math.min(200, 10 * 2 ** Math.min(tried, 5))));
  }
  return err(why);
}

function sentence(error: EtcdError, etcd: EtcdSettings): string {
  return etcdFault(error, etcd).message;
}

/** The new revision of the head, which is the last of them. */
async function write(
  { client, etcd }: AuditDeps,
  entries: readonly AuditEntry[],
  last: AuditHead,
  headRevision: Revision,
): Promise<Result<Revision | 'Conflict', EtcdError>> {
  const keyOf = (seq: number): Uint8Array => Buffer.from(auditKey(etcd.fleetPrefix, seq));
  const head = Buffer.from(auditHeadKey(etcd.fleetPrefix));
  const texts = entries.map(formatEntry);
  const answer = await client.txn(
    {
      compares: [
        ...entries.map(({ seq }) => ({ key: keyOf(seq), modRevision: revisionZero })),
        { key: head, modRevision: headRevision },
      ],
      writes: [
        ...entries.map(({ seq }, at) => ({
          ...{ key: keyOf(seq), value: Buffer.from(texts[at] ?? '') },
        })),
        { key: head, value: Buffer.from(formatHead(last)) },
      ],
    },
    limits,
  );
  if (answer.ok) return ok(answer.value.isDone ? answer.value.revision : 'Conflict');
  if (!answer.error.wasSent || !isWorthAnother(answer.error)) return answer;
  // The answer was lost: had it been written, nobody else has this text.
  const found = await client.range({ key: keyOf(last.seq) }, limits);
  if (!found.ok) return answer;
  const [there] = found.value.kvs;
  if (there === undefined) return answer;
  const isOurs = Buffer.from(there.value).toString() === texts.at(-1);
  return ok(isOurs ? there.modRevision : 'Conflict');
}

/** Where the head is missing or wrong the trail goes on after the last entry that is found. */
async function readTail(deps: AuditDeps): Promise<Result<Tail, EtcdError>> {
  const { client, etcd } = deps;
  const found = await client.range({ key: Buffer.from(auditHeadKey(etcd.fleetPrefix)) }, limits);
  if (!found.ok) return found;
  const [there] = found.value.kvs;
  const revision = there?.modRevision ?? revisionZero;
  const said = there === undefined ? undefined : parseHead(Buffer.from(there.value).toString());
  const from = said?.seq ?? 0;
  const next = await hasEntry(deps, from + 1);
  if (!next.ok) return next;
  if (next.value === undefined && (said !== undefined || there === undefined)) {
    return ok({ head: said ?? auditStart, revision });
  }
  const last = await findLast(deps, from);
  return last.ok ? ok({ head: last.value, revision }) : last;
}

/** Its text; undefined when it is not there. */
async function hasEntry(
  { client, etcd }: AuditDeps,
  seq: number,
): Promise<Result<string | undefined, EtcdError>> {
  const found = await client.range({ key: Buffer.from(auditKey(etcd.fleetPrefix, seq)) }, limits);
  if (!found.ok) return found;
  const [there] = found.value.kvs;
  return ok(there === undefined ? undefined : Buffer.from(there.value).toString());
}

/** By doubling and halving: one that has none after it. */
async function findLast(deps: AuditDeps, from: number): Promise<Result<AuditHead, EtcdError>> {
  let there = from;
  let gone = Number.POSITIVE_INFINITY;
  let text: string | undefined;
  for (let step = 1; gone - there > 1;) {
    const at = gone === Number.POSITIVE_INFINITY ? there + step : Math.floor((there + gone) / 2);
    const found = await hasEntry(deps, at);
    if (!found.ok) return found;
    if (found.value === undefined) gone = at;
    else {
      there = at;
      text = found.value;
      step *= 2;
    }
  }
  if (there === 0) return ok(auditStart);
  const hash = parseEntry(text ?? '')?.hash;
  return ok({ seq: there, hash: hash ?? auditStart.hash });
}
