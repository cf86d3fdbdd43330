/**
 * Requests and answers as they stand in etcd: small JSON objects.
 *
 * Whoever may write there may write anything: what is not exactly a request is refused with a
 * sentence for whoever asked, and nothing in it can reach a log or a terminal as more than a name.
 */
import { parseAppName } from '../appName.ts';
import { quote } from '../quote.ts';
import { err, ok, type Result } from '../result.ts';
import { decodeUtf8, encodeUtf8Into } from '../utf8.ts';
import type { FleetAnswer, FleetOrder, FleetRequest } from './fleetRequest.ts';

export const requestMaxBytes = 4 * 1024;
export const answerMaxBytes = 8 * 1024;
/** In characters, of `by` and of `from`. */
const nameMax = 64;
const detailMax = 1_500;
const processMax = 255;
/** A day; no stop takes longer. */
const withinMaxSec = 86_400;

export function formatRequest(request: FleetRequest): Uint8Array {
  const { id, order, by, from, atMs } = request;
  return toBytes({ id, order, by: cleanName(by), from: cleanName(from), atMs });
}

/** `id` is that of the key. The error is a sentence that says what is wrong with it. */
export function parseRequest(id: string, bytes: Uint8Array): Result<FleetRequest, string> {
  const request = readRequest(id, bytes);
  return request.ok ? request : err(cleanText(request.error));
}

function readRequest(id: string, bytes: Uint8Array): Result<FleetRequest, string> {
  const fields = parseObject(bytes, requestMaxBytes);
  if (!fields.ok) return err(`the request ${fields.error}`);
  const { value } = fields;
  if (value.get('id') !== id) return err('the request has another id than its key');
  const order = parseOrder(value.get('order'));
  if (!order.ok) return order;
  const by = parseName(value.get('by'));
  const from = parseName(value.get('from'));
  if (by === undefined || from === undefined) {
    return err('the request does not say who asks, and from where');
  }
  const atMs = value.get('atMs');
  if (!isTime(atMs)) return err('the request does not say when it was made');
  return ok({ id, order: order.value, by, from, atMs });
}

export function formatAnswer(answer: FleetAnswer): Uint8Array {
  const { id, state, detail, withinSec } = answer;
  const shown = cleanText(detail);
  return toBytes({ id, state, detail: shown, ...(withinSec === undefined ? {} : { withinSec }) });
}

/** `id` is that of the key; undefined for whatever is no answer to it. */
export function parseAnswer(id: string, bytes: Uint8Array): FleetAnswer | undefined {
  const fields = parseObject(bytes, answerMaxBytes);
  if (!fields.ok || fields.value.get('id') !== id) return undefined;
  const state = states.find((known) => known === fields.value.get('state'));
  const detail = fields.value.get('detail');
  const withinSec = fields.value.get('withinSec');
  if (state === undefined || typeof detail !== 'string') return undefined;
  const isBounded = typeof withinSec === 'number' && withinSec >= 0 && withinSec <= withinMaxSec;
  return { id, state, detail: cleanText(detail), ...(isBounded ? { withinSec } : {}) };
}

/** `alice@laptop`: how whoever asked is recorded. */
export function whoAsks({ by, from }: Pick<FleetRequest, 'by' | 'from'>): string {
  return `${by}@${from}`;
}

const states: readonly FleetAnswer['state'][] = ['Accepted', 'Done', 'Failed', 'Refused'];

/** The error is a sentence. */
export function parseOrder(value: unknown): Result<FleetOrder, string> {
  const fields = fieldsOf(value);
  const type = fields?.get('type');
  if (fields === undefined || typeof type !== 'string') {
    return err('the request does not say what is to be done');
  }
  if (type === 'Confirm') return ok({ type });
  if (type !== 'Retry' && type !== 'Start' && type !== 'Stop' && type !== 'Restart') {
    return err(`this agent does not know the order ${quote(type)}`);
  }
  const named = fields.get('app');
  if (typeof named !== 'string') return err('the request names no app');
  const app = parseAppName(named);
  if (!app.ok) return err(app.error.message);
  if (type === 'Retry') return ok({ type, app: app.value });
  const process = fields.get('process');
  if (process === undefined) return ok({ type, app: app.value });
  if (typeof process !== 'string' || !isProcessOf(app.value, process)) {
    const given = typeof process === 'string' ? quote(process) : 'what is named';
    return err(`${given} is no process of ${app.value}`);
  }
  return ok({ type, app: app.value, process });
}

/** `group:name`, where the group is the app. Whether it exists is for the host to say. */
function isProcessOf(app: string, process: string): boolean {
  const name = process.slice(app.length + 1);
  if (!process.startsWith(`${app}:`) || name === '' || name === '*') return false;
  return process.length <= processMax && cleanText(name) === name;
}

function parseName(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const name = cleanName(value);
  return name === '' ? undefined : name;
}

/** One word: no blanks, nothing that cannot be seen. */
function cleanName(text: string): string {
  return text.slice(0, nameMax).replaceAll(/[\s\p{C}]/gu, '_');
}

/** Printable, of one line and of bounded length. */
function cleanText(text: string): string {
  const shown = text.length <= detailMax ? text : `${text.slice(0, detailMax - 1)}…`;
  return shown.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ');
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function parseObject(
  bytes: Uint8Array,
  maxBytes: number,
): Result<ReadonlyMap<string, unknown>, string> {
  if (bytes.length > maxBytes) return err(`is larger than ${String(maxBytes)} bytes`);
  const decoded = decodeUtf8(bytes);
  const fields = 'text' in decoded ? fieldsOf(parseJson(decoded.text)) : undefined;
  return fields === undefined ? err('is no JSON object') : ok(fields);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value));
}

function toBytes(value: unknown): Uint8Array {
  const text = JSON.stringify(value);
  const room = new Uint8Array(text.length * 3);
  return room.subarray(0, encodeUtf8Into(text, room));
}
