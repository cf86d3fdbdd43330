/**
 * One line of a journal: a JSON object with a checksum as its last key, so that a flipped bit in the
 * middle of a text is found, which JSON alone would not notice.
 *
 * A line without the key is read as well, as long as it has no other key that is not expected.
 */
import { crc32 } from 'node:zlib';
import { type Event, type Recorded } from '../domain/event.ts';
import { err, ok, type Result } from '../domain/result.ts';

const sealPattern = /,"sum":"([0-9a-f]{8})"\}$/;
const sealLength = ',"sum":"00000000"}'.length;

/** With the line break. `value` must be an object with at least one key. */
export function encodeLine(value: object): string {
  const body = JSON.stringify(value).slice(0, -1);
  return `${body},"sum":"${checksum(body)}"}\n`;
}

/** Key order is part of the format: seq, atMs, event, sum. */
export function encodeRecorded({ seq, atMs, event }: Recorded): string {
  return encodeLine({ seq, atMs, event });
}

/** Without the line break. Errors are texts that complete "line 7: …". */
export function decodeLine(
  line: string,
  keys: readonly string[],
): Result<ReadonlyMap<string, unknown>, string> {
  const sum = sealPattern.exec(line)?.[1];
  if (sum !== undefined && checksum(line.slice(0, -sealLength)) !== sum) {
    return err('its checksum does not match');
  }
  const value = parseJson(line);
  if (value === undefined) return err('it is not JSON');
  if (typeof value !== 'object' || value === null) return err('it is not a JSON object');
  const entries = new Map<string, unknown>(Object.entries(value));
  const unknown = [...entries.keys()].find((key) => key !== 'sum' && !keys.includes(key));
  if (sum === undefined && unknown !== undefined) return err(`it has an unknown key ${unknown}`);
  if (sum === undefined && entries.has('sum')) return err('its checksum is malformed');
  return ok(entries);
}

export function decodeRecorded(line: string): Result<Recorded, string> {
  const decoded = decodeLine(line, ['seq', 'atMs', 'event']);
  if (!decoded.ok) return decoded;
  const seq = decoded.value.get('seq');
  const atMs = decoded.value.get('atMs');
  const event = decoded.value.get('event');
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq)) return err('it has no seq');
  if (typeof atMs !== 'number' || !Number.isFinite(atMs)) return err('it has no atMs');
  return isEvent(event) ? ok({ seq, atMs, event }) : err('it has no event');
}

/**
 * The same for the bytes from `start` to `end`, without making a map of them: folding a long
 * journal is mostly this.
 */
export function decodeRecordedBytes(
  bytes: Buffer,
  start: number,
  end: number,
): Result<Recorded, string> {
  const text = bytes.toString('utf8', start, end);
  if (isSealed(bytes, start, end)) {
    const value = parseJson(text);
    if (isRecorded(value)) return ok(value);
  }
  // Unsealed or at fault: the slow way says what is wrong.
  return decodeRecorded(text);
}

/** Byte by byte: this is done for every line of a journal, and makes no text of any of them. */
function isSealed(bytes: Buffer, start: number, end: number): boolean {
  const sealAt = end - sealLength;
  if (sealAt <= start) return false;
  for (let at = 0; at < sealLength; at += 1) {
    if (at === sealDigitsAt) at += 8;
    if (bytes[sealAt + at] !== sealBytes[at]) return false;
  }
  let sum = crc32(bytes.subarray(start, sealAt));
  for (let at = sealDigitsAt + 7; at >= sealDigitsAt; at -= 1) {
    if (bytes[sealAt + at] !== digitBytes[sum & 15]) return false;
    sum >>>= 4;
  }
  return true;
}

const sealBytes = Buffer.from(',"sum":"00000000"}');
const sealDigitsAt = ',"sum":"'.length;
const digitBytes = Buffer.from('0123456789abcdef');

function isRecorded(value: unknown): value is Recorded {
  if (typeof value !== 'object' || value === null) return false;
  if (!('seq' in value) || !('atMs' in value) || !('event' in value)) return false;
  const { seq, atMs, event } = value;
  return Number.isSafeInteger(seq) && Number.isFinite(atMs) && isEvent(event);
}

function isEvent(value: unknown): value is Event {
  return (
    typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
  );
}

function checksum(text: string): string {
  return hexadecimal(crc32(text));
}

function hexadecimal(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
