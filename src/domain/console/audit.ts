/**
 * The trail of what was done through consoles: entries numbered 1, 2, 3, … each with the hash of the
 * one before, and a head that says which is the last. Any entry that is changed, taken out, put in
 * or moved is found, and so is an end that was cut off.
 *
 * Whoever may write all of it can make up another one that is whole in itself: against that the
 * last hash is to be kept elsewhere (`supervene audit verify --expect`).
 */
import { keyStart } from '../keys.ts';
import { sha256 } from '../sha256.ts';
import type { AuditEntry, AuditVerdict } from './api.ts';

/** What somebody does, before it has its place in the trail. */
export type AuditWish = Omit<AuditEntry, 'seq' | 'previous' | 'hash'>;

/** The last entry, as far as what comes next must know it. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

/** Before the first entry. */
export const auditStart: AuditHead = { seq: 0, hash: '0'.repeat(64) };

const formatVersion = 1;
const textMax = 500;
const detailMax = 2_000;

/** What is too long is cut: nothing in here is for programs to read back. */
export function nextEntry(last: AuditHead, wish: AuditWish): AuditEntry {
  const { atMs, outcome, of } = wish;
  const entry = {
    seq: last.seq + 1,
    atMs,
    user: cut(wish.user, textMax),
    from: cut(wish.from, textMax),
    action: cut(wish.action, textMax),
    target: cut(wish.target, textMax),
    before: cut(wish.before, textMax),
    after: cut(wish.after, textMax),
    outcome,
    of,
    detail: cut(wish.detail, detailMax),
    previous: last.hash,
  };
  return { ...entry, hash: hashOf(entry) };
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}…`;
}

/** A list, so that there is one text for each entry, whatever is in its fields. */
function hashOf(entry: Omit<AuditEntry, 'hash'>): string {
  const { seq, atMs, user, from, action, target, before, after, outcome, of, detail } = entry;
  const said = [user, from, action, target, before, after, outcome, of, detail];
  return sha256(
    JSON.stringify(['supervene-audit', formatVersion, seq, atMs, ...said, entry.previous]),
  );
}

/** As it stands in etcd; there is one text for each entry. */
export function formatEntry(entry: AuditEntry): string {
  const { seq, atMs, user, from, action, target, before, after, outcome, of, detail } = entry;
  const { previous, hash } = entry;
  return JSON.stringify({
    ...{ v: formatVersion, seq, atMs, user, from, action, target, before, after },
    ...{ outcome, of, detail, previous, hash },
  });
}

/** Undefined for anything but the text of an entry; its hash may be wrong. */
export function parseEntry(text: string): AuditEntry | undefined {
  const fields = fieldsOf(text);
  if (fields === undefined) return undefined;
  const number = (name: string): number => {
    const value = fields.get(name);
    return typeof value === 'number' && Number.isSafeInteger(value) ? value : Number.NaN;
  };
  const string = (name: string): string => {
    const value = fields.get(name);
    return typeof value === 'string' ? value : '';
  };
  const outcome = outcomes.find((one) => one === fields.get('outcome'));
  if (outcome === undefined) return undefined;
  const entry: AuditEntry = {
    ...{ seq: number('seq'), atMs: number('atMs'), user: string('user'), from: string('from') },
    ...{ action: string('action'), target: string('target') },
    ...{ before: string('before'), after: string('after'), outcome },
    ...{ of: fields.get('of') === null ? null : number('of'), detail: string('detail') },
    ...{ previous: string('previous'), hash: string('hash') },
  };
  // Whatever was wrong, missing or too much, blanks included: its text would be another one.
  return formatEntry(entry) === text ? entry : undefined;
}

const outcomes: readonly AuditEntry['outcome'][] = ['asked', 'done', 'failed', 'refused'];

export function formatHead({ seq, hash }: AuditHead): string {
  return JSON.stringify({ v: formatVersion, seq, hash });
}

/** Undefined for anything else. */
export function parseHead(text: string): AuditHead | undefined {
  const fields = fieldsOf(text);
  const [seq, hash] = [fields?.get('seq'), fields?.get('hash')];
  if (typeof seq !== 'number' || typeof hash !== 'string') return undefined;
  return formatHead({ seq, hash }) === text ? { seq, hash } : undefined;
}

function fieldsOf(text: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    return new Map<string, unknown>(Object.entries(parsed));
  } catch {
    return undefined;
  }
}

/** How far a trail was looked through; goes on for as long as there is no fault. */
export interface AuditCheck {
  readonly last: AuditHead;
  readonly fault: { readonly seq: number; readonly why: string } | undefined;
}

export const checkStart: AuditCheck = { last: auditStart, fault: undefined };

/** The next one in the order of their keys; `seq` is that of its key. */
export function checkEntry(check: AuditCheck, seq: number, text: string | undefined): AuditCheck {
  const { last, fault } = check;
  if (fault !== undefined) return check;
  const expected = last.seq + 1;
  const broken = (at: number, why: string): AuditCheck => ({ last, fault: { seq: at, why } });
  if (seq > expected) {
    const upTo = seq - 1 > expected ? ` to ${String(seq - 1)}` : '';
    return broken(expected, `number ${String(expected)}${upTo} is missing`);
  }
  if (seq < expected) return broken(seq, 'a number that cannot be there');
  const entry = text === undefined ? undefined : parseEntry(text);
  if (entry === undefined) return broken(seq, 'it is not the text of an entry');
  if (entry.seq !== seq) return broken(seq, `it is number ${String(entry.seq)} in another place`);
  if (hashOf(entry) !== entry.hash) return broken(seq, 'its hash is not of what it says');
  if (entry.previous !== last.hash) return broken(seq, 'the entry before is not what it was');
  return { last: { seq, hash: entry.hash }, fault: undefined };
}

/** `head`: undefined when there is none, or none that can be read. */
export function verdictOf({ last, fault }: AuditCheck, head: AuditHead | undefined): AuditVerdict {
  if (fault !== undefined) return { isWhole: false, ...fault };
  const broken = (seq: number, why: string): AuditVerdict => ({ isWhole: false, seq, why });
  if (head === undefined) {
    if (last.seq === 0) return { isWhole: true, from: 1, to: 0 };
    return broken(
      last.seq,
      'the key that says which entry is the last is missing or makes no sense',
    );
  }
  if (head.seq > last.seq) {
    return broken(last.seq + 1, `it is missing: the last one was number ${String(head.seq)}`);
  }
  if (head.seq < last.seq) {
    return broken(head.seq + 1, `it was put in: the last one was number ${String(head.seq)}`);
  }
  if (head.hash !== last.hash) return broken(last.seq, 'it is not the entry that was written last');
  return { isWhole: true, from: 1, to: last.seq };
}

/** What the trail is below; ends with a slash. */
export function auditPrefix(fleetPrefix: string): string {
  return `${keyStart(fleetPrefix)}audit/`;
}

const seqDigits = 20;

export function auditKey(fleetPrefix: string, seq: number): string {
  return `${auditPrefix(fleetPrefix)}${String(seq).padStart(seqDigits, '0')}`;
}

export function auditHeadKey(fleetPrefix: string): string {
  return `${auditPrefix(fleetPrefix)}head`;
}

/** Undefined for whatever else is there. */
export function parseAuditKey(fleetPrefix: string, key: string): number | 'Head' | undefined {
  const start = auditPrefix(fleetPrefix);
  if (!key.startsWith(start)) return undefined;
  const rest = key.slice(start.length);
  if (rest === 'head') return 'Head';
  const seq = /^\d{20}$/.test(rest) ? Number(rest) : Number.NaN;
  return Number.isSafeInteger(seq) ? seq : undefined;
}
