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

/** A wish before its time. */
export type AuditNote = Omit<AuditWish, 'atMs'>;

/** What goes into one entry of a note. */
export interface AuditPart {
  readonly note: AuditNote;
  /** It goes on with what the entry before says. */
  readonly isMore: boolean;
  /** When it happened, if that is not when it is written. */
  readonly atMs?: number;
}

const formatVersion = 1;
/** In characters, as all of these: what says who and where. */
const nameMax = 500;
/** Of one entry; what is longer goes on in the next one. */
const pieceMax = 4_000;
/** Over all its entries. */
export const auditTextMax = 16 * pieceMax;

/**
 * As many parts as it takes to say all of it: each begins with `[2/3]` then. Nothing is cut unless
 * it is longer than all that one note may say, and then it ends with its digest and its length.
 */
export function partsOf(note: AuditNote): readonly AuditPart[] {
  const said = {
    ...note,
    user: cutText(note.user, nameMax),
    from: cutText(note.from, nameMax),
    action: cutText(note.action, nameMax),
    target: cutText(note.target, nameMax),
  };
  const [before, after, detail] = [note.before, note.after, note.detail].map(piecesOf);
  const lists = [before ?? [], after ?? [], detail ?? []];
  const count = Math.max(1, ...lists.map(({ length }) => length));
  return Array.from({ length: count }, (_, at) => {
    const [one = '', two = '', three = ''] = lists.map((pieces) => pieces[at] ?? '');
    const place = count === 1 ? '' : `[${String(at + 1)}/${String(count)}] `;
    const part = { ...said, before: one, after: two, detail: `${place}${three}` };
    return { note: part, isMore: at > 0 };
  });
}

/** In short, for what may come in any number. */
export function inShort(note: AuditNote): AuditNote {
  const { target, before, after, detail } = note;
  const [a, b, c] = [before, after, detail].map((text) => cutText(text, nameMax));
  return { ...note, target, before: a ?? '', after: b ?? '', detail: c ?? '' };
}

/** The entries that come next, in their order. */
export function nextEntries(
  last: AuditHead,
  parts: readonly AuditPart[],
  nowMs: number,
): readonly AuditEntry[] {
  const entries: AuditEntry[] = [];
  let first = last.seq + 1;
  for (const { note, isMore, atMs = nowMs } of parts) {
    const { seq, hash } = entries.at(-1) ?? last;
    if (!isMore) first = seq + 1;
    const of = note.of ?? (isMore ? first : null);
    const entry = { ...note, of, atMs, seq: seq + 1, previous: hash };
    entries.push({ ...entry, hash: hashOf(entry) });
  }
  return entries;
}

/** What is too long ends with what tells it from others that begin so. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const digest = `sha256:${sha256(text)} of ${String(text.length)} characters`;
  return `${text.slice(0, endOf(text, max))}… (${digest})`;
}

function piecesOf(text: string): readonly string[] {
  const whole = cutText(text, auditTextMax);
  const pieces: string[] = [];
  for (let from = 0; from < whole.length;) {
    const end = endOf(whole, from + pieceMax);
    pieces.push(whole.slice(from, end));
    from = end;
  }
  return pieces;
}

/** Between two characters, also where one is of two units. */
function endOf(text: string, at: number): number {
  const code = text.charCodeAt(at - 1);
  return at < text.length && code >= 0xd800 && code < 0xdc00 ? at - 1 : at;
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

/** A thousand entries a second for thirty years; whoever wrote a larger one was no console. */
const headMax = 1_000_000_000_000;

/** Undefined for anything else, and for a number after which soon none is left. */
export function parseHead(text: string): AuditHead | undefined {
  const fields = fieldsOf(text);
  const [seq, hash] = [fields?.get('seq'), fields?.get('hash')];
  if (typeof seq !== 'number' || typeof hash !== 'string') return undefined;
  if (!Number.isSafeInteger(seq) || seq < 0 || seq > headMax) return undefined;
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
      'the key that says which entry is the last is missing or makes no sense; a console that writes the next one mends it',
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
