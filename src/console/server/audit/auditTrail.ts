/**
 * The audit trail in etcd, as one console writes it: each entry in a transaction that compares what
 * was the last one, so that several consoles at once make one chain.
 *
 * Entries of this console are written one after the other. What was not written is said to be so: the
 * action that it is about must not be done then.
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
  nextEntry,
  parseEntry,
  parseHead,
  type AuditHead,
} from '../../../domain/console/audit.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import { type Revision, revisionZero } from '../../../domain/types.ts';
import type { EtcdSettings } from '../../../settings/settings.ts';
import type { AuditNote, ConsoleAudit } from '../handlers.ts';

export interface AuditDeps {
  readonly client: Pick<EtcdClient, 'range' | 'txn'>;
  readonly etcd: EtcdSettings;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** From [0, 1). */
  readonly random: () => number;
}

const limits = { timeoutMs: 5_000 };
/** Each time somebody else was first, or a server of etcd was away. */
const triesMax = 30;
const tryMaxMs = 10_000;

export function createAudit(deps: AuditDeps): ConsoleAudit {
  let queue: Promise<unknown> = Promise.resolve();
  let known: Tail | undefined;
  return {
    append: (note) => {
      const run = async (): Promise<Result<number, string>> => {
        const appended = await append(deps, note, known);
        known = appended.ok ? appended.value : undefined;
        return appended.ok ? ok(appended.value.head.seq) : appended;
      };
      const appended = queue.then(run);
      queue = appended.catch(() => undefined);
      return appended;
    },
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
  note: AuditNote,
  known: Tail | undefined,
): Promise<Result<Tail, string>> {
  const startedMs = deps.nowMs();
  let tail = known;
  let why = '';
  for (let tried = 1; tried <= triesMax; tried += 1) {
    const before = tail === undefined ? await readTail(deps) : ok(tail);
    if (before.ok) {
      const entry = nextEntry(before.value.head, { ...note, atMs: deps.nowMs() });
      const written = await write(deps, entry, before.value.revision);
      if (written.ok && written.value !== 'Conflict') {
        return ok({ head: entry, revision: written.value });
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

/** The new revision of the head. */
async function write(
  { client, etcd }: AuditDeps,
  entry: AuditEntry,
  headRevision: Revision,
): Promise<Result<Revision | 'Conflict', EtcdError>> {
  const key = Buffer.from(auditKey(etcd.fleetPrefix, entry.seq));
  const head = Buffer.from(auditHeadKey(etcd.fleetPrefix));
  const text = formatEntry(entry);
  const answer = await client.txn(
    {
      compares: [
        { key, modRevision: revisionZero },
        { key: head, modRevision: headRevision },
      ],
      writes: [
        { key, value: Buffer.from(text) },
        { key: head, value: Buffer.from(formatHead(entry)) },
      ],
    },
    limits,
  );
  if (answer.ok) return ok(answer.value.isDone ? answer.value.revision : 'Conflict');
  if (!answer.error.wasSent || !isWorthAnother(answer.error)) return answer;
  // The answer was lost: had it been written, nobody else has this text.
  const found = await client.range({ key }, limits);
  if (!found.ok) return answer;
  const [there] = found.value.kvs;
  if (there === undefined) return answer;
  const isOurs = Buffer.from(there.value).toString() === text;
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
