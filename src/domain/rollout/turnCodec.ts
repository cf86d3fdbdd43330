/**
 * What stands below `rollouts/` and `renders/` in etcd: small JSON objects, one for each key.
 *
 * Whoever may write there may write anything: what is not exactly such a record is none, and no text
 * of one can do more to a log or a terminal than be shown. What a later version adds is passed over.
 */
import { parseRevision, type Revision } from '../types.ts';
import { decodeUtf8, encodeUtf8Into } from '../utf8.ts';
import type { BegunRecord, DrainRecord, HaltRecord, RenderRecord, TurnRecord } from './turn.ts';

export const turnRecordMaxBytes = 8 * 1024;
/** In characters. */
const nameMax = 255;
const reasonMax = 1_000;
const codeForm = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const nothingShown = /[\p{C}\p{Zl}\p{Zp}]/gu;

export function formatTurn({ host, instance, revision, sinceMs }: TurnRecord): Uint8Array {
  return toBytes({ host, instance, revision, sinceMs });
}

export function parseTurn(bytes: Uint8Array): TurnRecord | undefined {
  const fields = parseFields(bytes);
  const host = hostOf(fields?.get('host'));
  const instance = nameOf(fields?.get('instance'));
  const revision = revisionOf(fields?.get('revision'));
  const sinceMs = timeOf(fields?.get('sinceMs'));
  if (host === undefined || instance === undefined) return undefined;
  if (revision === undefined || sinceMs === undefined) return undefined;
  return { host, instance, revision, sinceMs };
}

export function formatBegun(record: BegunRecord): Uint8Array {
  return formatTurn(record);
}

export function parseBegun(bytes: Uint8Array): BegunRecord | undefined {
  return parseTurn(bytes);
}

export function formatDrain({ host, sinceMs }: DrainRecord): Uint8Array {
  return toBytes({ host, sinceMs });
}

export function parseDrain(bytes: Uint8Array): DrainRecord | undefined {
  const fields = parseFields(bytes);
  const host = hostOf(fields?.get('host'));
  const sinceMs = timeOf(fields?.get('sinceMs'));
  return host === undefined || sinceMs === undefined ? undefined : { host, sinceMs };
}

/** Its texts are made such that they can be read again. */
export function formatHalt({ revision, host, code, reason, by, atMs }: HaltRecord): Uint8Array {
  return toBytes({
    revision,
    ...(host === undefined ? {} : { host }),
    code: codeForm.test(code) ? code : 'E_UNKNOWN',
    reason: shown(reason),
    by: shown(by.slice(0, nameMax)),
    atMs,
  });
}

export function parseHalt(bytes: Uint8Array): HaltRecord | undefined {
  const fields = parseFields(bytes);
  const revision = revisionOf(fields?.get('revision'));
  const code = fields?.get('code');
  const reason = fields?.get('reason');
  const by = fields?.get('by');
  const atMs = timeOf(fields?.get('atMs'));
  if (fields === undefined || revision === undefined || atMs === undefined) return undefined;
  if (typeof code !== 'string' || !codeForm.test(code)) return undefined;
  if (typeof reason !== 'string' || typeof by !== 'string') return undefined;
  const host = hostOf(fields.get('host'));
  if (fields.has('host') && host === undefined) return undefined;
  const texts = { reason: shown(reason), by: shown(by.slice(0, nameMax)) };
  return { revision, ...(host === undefined ? {} : { host }), code, ...texts, atMs };
}

export function formatRender({ revision }: RenderRecord): Uint8Array {
  return toBytes({ revision });
}

export function parseRender(bytes: Uint8Array): RenderRecord | undefined {
  const revision = revisionOf(parseFields(bytes)?.get('revision'));
  return revision === undefined ? undefined : { revision };
}

/** Of one line and of bounded length. */
function shown(text: string): string {
  const some = text.length <= reasonMax ? text : `${text.slice(0, reasonMax - 1)}…`;
  return some.replaceAll(nothingShown, ' ');
}

/** As in a key: one level of it. */
function hostOf(value: unknown): string | undefined {
  const name = nameOf(value);
  return name === undefined || name.includes('/') ? undefined : name;
}

function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > nameMax) return undefined;
  return /^[^\s\p{C}]+$/u.test(value) ? value : undefined;
}

function revisionOf(value: unknown): Revision | undefined {
  return typeof value === 'string' ? parseRevision(value) : undefined;
}

function timeOf(value: unknown): number | undefined {
  const isTime = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  return isTime ? value : undefined;
}

function parseFields(bytes: Uint8Array): ReadonlyMap<string, unknown> | undefined {
  if (bytes.length > turnRecordMaxBytes) return undefined;
  const decoded = decodeUtf8(bytes);
  const value = 'text' in decoded ? parseJson(decoded.text) : undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return new Map<string, unknown>(Object.entries(value));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function toBytes(value: unknown): Uint8Array {
  const text = JSON.stringify(value);
  const room = new Uint8Array(text.length * 3);
  return room.subarray(0, encodeUtf8Into(text, room));
}
