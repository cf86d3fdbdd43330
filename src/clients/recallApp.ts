/**
 * What etcd itself still knows of an app's past: its keys are read at older and older revisions, as
 * far back as nothing was compacted.
 *
 * Where the app was not there, etcd does not say when it was last: the revisions of its records and
 * the oldest readable one are tried. An app that came and went between two of these is not seen.
 */
import { type CallLimits, type EtcdError, type Range } from '../domain/etcdCalls.ts';
import { type DesiredEntry } from '../domain/event.ts';
import { formatKey } from '../domain/keys.ts';
import { ok, type Result } from '../domain/result.ts';
import { type AppName, compareRevisions, type Revision } from '../domain/types.ts';
import { markOf, readApp } from './etcdApps.ts';

export interface RecalledChange {
  readonly revision: Revision;
  /** Undefined: that is compacted. */
  readonly before: DesiredEntry | undefined;
  /** Without leaves when it was removed. */
  readonly after: DesiredEntry;
}

export interface Recalled {
  /** That etcd was at. */
  readonly revision: Revision;
  /** Newest first. */
  readonly changes: readonly RecalledChange[];
  /** The oldest revision that can be read; undefined: nothing was ever compacted. */
  readonly memoryFrom: Revision | undefined;
  /** There may be older ones in etcd. */
  readonly isCut: boolean;
}

export interface RecallQuery extends CallLimits {
  readonly prefix: string;
  readonly app: AppName;
  /** Nothing newer is looked at; undefined: from now. */
  readonly from: Revision | undefined;
  /** Where to look for the app when it is not there. */
  readonly hints: readonly Revision[];
  readonly changesMax: number;
  /** Nothing older is read once the texts that were have so many bytes, as etcd has them. */
  readonly bytesMax?: number | undefined;
}

export async function recallApp(
  range: Range,
  { prefix, app, from, hints, changesMax, bytesMax, ...limits }: RecallQuery,
): Promise<Result<Recalled, EtcdError>> {
  const read = (at?: Revision) =>
    readApp({ range }, prefix, app, { ...limits, ...(at === undefined ? {} : { at }) });
  const now = await read(from);
  if (!now.ok) return now;
  const key = Buffer.from(formatKey(prefix, app, 'content'));
  const oldest = await findOldest(range, key, now.value.revision, limits);
  if (!oldest.ok) return oldest;
  const memoryFrom = oldest.value === first ? undefined : oldest.value;
  const places = [...hints.flatMap((hint) => [hint, before(hint)]), oldest.value];
  const changes: RecalledChange[] = [];
  const { revision } = now.value;
  let [entry, at] = [now.value.entry, from ?? now.value.revision];
  let bytes = sizeOf(entry);
  while (changes.length < changesMax && (bytesMax === undefined || bytes <= bytesMax)) {
    const changed = isThere(entry) ? newest(entry) : await findRemoval(read, at, places);
    if (changed === undefined) return ok({ revision, changes, memoryFrom, isCut: false });
    if (typeof changed !== 'string') return changed;
    const older = await read(before(changed));
    if (!older.ok && older.error.type !== 'Compacted') return older;
    const was = older.ok ? older.value.entry : undefined;
    changes.push({ revision: changed, before: was, after: entry });
    if (!older.ok) return ok({ revision, changes, memoryFrom, isCut: false });
    [entry, at] = [older.value.entry, before(changed)];
    bytes += sizeOf(entry);
  }
  return ok({ revision, changes, memoryFrom, isCut: true });
}

type Read = (at: Revision) => ReturnType<typeof readApp>;

/** The empty store; revision 0 is etcd's word for now. */
const first = '1' as Revision;

function before(revision: Revision): Revision {
  return revision === first ? first : (String(BigInt(revision) - 1n) as Revision);
}

function sizeOf({ ips, content, signature, rollout }: DesiredEntry): number {
  return [ips, content, signature, rollout].reduce((sum, leaf) => {
    if (leaf === undefined) return sum;
    return sum + (leaf.value.type === 'Text' ? leaf.value.text.length : leafBytes);
  }, 0);
}

/** What is no text is of no use, and seldom. */
const leafBytes = 1_024;

function isThere(entry: DesiredEntry): boolean {
  return newest(entry) !== undefined;
}

/** At which a key of it was written last; undefined when none is there. */
export function newest(entry: DesiredEntry): Revision | undefined {
  return Object.values(markOf(entry)).reduce(
    (a, b) => (a === undefined || (b !== undefined && compareRevisions(a, b) < 0) ? b : a),
    undefined,
  );
}

/** By halves: whatever key it is, a revision can be read or is compacted. This one may be read. */
export async function findOldest(
  range: Range,
  key: Uint8Array,
  now: Revision,
  limits: CallLimits,
): Promise<Result<Revision, EtcdError>> {
  let [low, high] = [1n, BigInt(now)];
  while (low < high) {
    const middle = (low + high) / 2n;
    const revision = String(middle) as Revision;
    const answer = await range({ key, countOnly: true, revision }, limits);
    if (!answer.ok && answer.error.type !== 'Compacted') return answer;
    if (answer.ok) high = middle;
    else low = middle + 1n;
  }
  return ok(String(low) as Revision);
}

/** Of the app that is not there at `at`: when it was removed. Undefined: it is seen nowhere. */
async function findRemoval(
  read: Read,
  at: Revision,
  places: readonly Revision[],
): Promise<Revision | undefined | Extract<Awaited<ReturnType<Read>>, { ok: false }>> {
  const older = places
    .filter((place) => compareRevisions(place, at) < 0)
    .sort((a, b) => compareRevisions(b, a));
  for (const place of new Set(older)) {
    const then = await read(place);
    if (!then.ok && then.error.type === 'Compacted') return undefined;
    if (!then.ok) return then;
    if (!isThere(then.value.entry)) continue;
    let [low, high] = [BigInt(place), BigInt(at)];
    while (low + 1n < high) {
      const middle = (low + high) / 2n;
      const answer = await read(String(middle) as Revision);
      if (!answer.ok) return answer;
      if (isThere(answer.value.entry)) low = middle;
      else high = middle;
    }
    return String(high) as Revision;
  }
  return undefined;
}
