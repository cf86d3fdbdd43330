/**
 * A segment of the journal: `<first-seq>.jsonl`, a header line and then one event a line.
 *
 * Reading changes nothing and never throws for what stands in the file: a torn end and a damaged
 * middle are told apart and reported with their place.
 */
import { join } from 'node:path';
import { type FileSystem, nodeFileSystem } from '../clients/fileSystem.ts';
import { type DecisionSettings, type Recorded } from '../domain/event.ts';
import { unknownEvent } from '../domain/eventTypes.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { decodeLine, decodeRecorded, encodeLine } from './line.ts';
import { upcastHeader } from './upcast.ts';

export interface JournalHeader {
  readonly format: 'supervene-journal';
  readonly version: 1;
  /** The version of supervene that wrote it. */
  readonly supervene: string;
  readonly host: string;
  readonly firstSeq: number;
  readonly atMs: number;
  readonly settings: DecisionSettings;
  /** The state after `firstSeq - 1`, as the writer's reducer made it plain JSON. */
  readonly checkpoint: unknown;
  /** After a fault of the disk: events from this one to before `firstSeq` may never have reached it. */
  readonly lostFrom?: number;
}

export interface SegmentFile {
  readonly path: string;
  readonly firstSeq: number;
  readonly sizeBytes: number;
}

export interface Damage {
  readonly segment: string;
  /** 1-based; 1 is the header. */
  readonly line: number;
  readonly detail: string;
}

export interface Segment {
  readonly path: string;
  readonly firstSeq: number;
  /** Undefined when it is damaged, or torn before its end. */
  readonly header: JournalHeader | undefined;
  /** Without gaps from `firstSeq` on, up to the damage or the torn end. */
  readonly records: readonly Recorded[];
  /** Length of the header and the records. */
  readonly validBytes: number;
  readonly sizeBytes: number;
  readonly damage: Damage | undefined;
  /** The highest number that stands anywhere in it; `firstSeq - 1` when there is none. */
  readonly highestSeq: number;
}

interface Line {
  /** 1-based. */
  readonly number: number;
  readonly text: string;
  readonly endByte: number;
}

const headerKeys = ['format', 'version', 'supervene', 'host', 'firstSeq', 'atMs'];
export const segmentNamePattern = /^(0|[1-9]\d{0,15})\.jsonl$/;

export function segmentPath(dir: string, firstSeq: number): string {
  return join(dir, `${String(firstSeq)}.jsonl`);
}

/** Oldest first. Throws what the file system throws. */
export async function listSegments(
  dir: string,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<readonly SegmentFile[]> {
  const segments: SegmentFile[] = [];
  for (const name of await fileSystem.readdir(dir)) {
    const digits = segmentNamePattern.exec(name)?.[1];
    if (digits === undefined) continue;
    const path = join(dir, name);
    const stats = await fileSystem.stat(path);
    if (stats.isFile()) segments.push({ path, firstSeq: Number(digits), sizeBytes: stats.size });
  }
  return segments.sort((a, b) => a.firstSeq - b.firstSeq);
}

export function encodeHeader(header: JournalHeader): string {
  return encodeLine(header);
}

/** Throws only what the file system throws. */
export async function readSegment(
  { path, firstSeq }: SegmentFile,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<Segment> {
  const bytes = await fileSystem.readFile(path);
  const lines = splitLines(bytes);
  const base = { path, firstSeq, sizeBytes: bytes.length };
  const [first, ...rest] = lines;
  if (first === undefined) {
    // Not even one whole line: it was never more than the beginning of a header.
    const nothing = { header: undefined, records: [], validBytes: 0, damage: undefined };
    return { ...base, ...nothing, highestSeq: firstSeq - 1 };
  }
  const header = decodeHeader(first.text, firstSeq);
  if (!header.ok) {
    const damage = { segment: path, line: 1, detail: header.error };
    const highestSeq = highestOf(rest, firstSeq - 1);
    return { ...base, header: undefined, records: [], validBytes: 0, damage, highestSeq };
  }
  return { ...base, header: header.value, ...readRecords(path, firstSeq, first, rest) };
}

function readRecords(
  path: string,
  firstSeq: number,
  header: Line,
  lines: readonly Line[],
): Pick<Segment, 'records' | 'validBytes' | 'damage' | 'highestSeq'> {
  const records: Recorded[] = [];
  let validBytes = header.endByte;
  for (const [index, line] of lines.entries()) {
    const decoded = decodeRecorded(line.text);
    const expected = firstSeq + records.length;
    const strange = decoded.ok ? unknownEvent(decoded.value.event) : undefined;
    if (decoded.ok && decoded.value.seq === expected && strange === undefined) {
      records.push(decoded.value);
      validBytes = line.endByte;
      continue;
    }
    const detail = decoded.ok
      ? (strange ?? `seq is ${String(decoded.value.seq)} where ${String(expected)} is due`)
      : decoded.error;
    const rest = lines.slice(index);
    const highestSeq = highestOf(rest, expected - 1);
    // Nothing readable follows: lines that never reached the disk whole, not damage.
    const isTorn = !rest.some(({ text }) => decodeRecorded(text).ok);
    const damage = isTorn ? undefined : { segment: path, line: line.number, detail };
    return { records, validBytes, damage, highestSeq };
  }
  const highestSeq = firstSeq + records.length - 1;
  return { records, validBytes, damage: undefined, highestSeq };
}

/** `firstSeq` is what its name says; undefined for a name that says nothing. Of any known version. */
export function decodeHeader(
  text: string,
  firstSeq: number | undefined,
): Result<JournalHeader, string> {
  const decoded = decodeLine(text, [...headerKeys, 'settings', 'checkpoint', 'lostFrom']);
  if (!decoded.ok) return decoded;
  if (decoded.value.get('format') !== 'supervene-journal') return err('it is not a journal header');
  const upcast = upcastHeader(decoded.value);
  if (!upcast.ok) return upcast;
  const fields = upcast.value;
  const begins = fields.get('firstSeq');
  if (typeof begins !== 'number' || !Number.isSafeInteger(begins)) return err('it has no firstSeq');
  if (begins !== (firstSeq ?? begins)) return err('firstSeq is not the number in its name');
  const missing = [...headerKeys, 'settings'].find((key) => fields.get(key) === undefined);
  if (missing !== undefined) return err(`it has no ${missing}`);
  // The checksum vouches for the rest: only supervene writes these files.
  return ok(Object.fromEntries(fields) as unknown as JournalHeader);
}

/** Whole lines only: what follows the last line break is not one. */
function splitLines(bytes: Buffer): readonly Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(0x0a, start);
    if (end === -1) return lines;
    const text = bytes.toString('utf8', start, end);
    lines.push({ number: lines.length + 1, text, endByte: end + 1 });
    start = end + 1;
  }
}

function highestOf(lines: readonly Line[], atLeast: number): number {
  let highest = atLeast;
  for (const { text } of lines) {
    const decoded = decodeRecorded(text);
    if (decoded.ok) highest = Math.max(highest, decoded.value.seq);
  }
  return highest;
}
