/**
 * The lines of one source as items of a journal, and whether they follow on what came before.
 *
 * A line that cannot be read is damage as soon as a readable one follows it; when none does, it is a
 * torn end. Standard input may hold several segments, one behind the other.
 */
import type { Recorded } from '../domain/event.ts';
import { unknownEvent } from '../domain/eventTypes.ts';
import { createByteLines } from './byteLines.ts';
import type { JournalItem } from './journalItem.ts';
import type { JournalSource } from './journalSources.ts';
import { decodeRecordedBytes } from './line.ts';
import { decodeHeader, type JournalHeader } from './segment.ts';
import { eventUpcast } from './upcast.ts';

export interface SegmentReader {
  readonly push: (chunk: Buffer) => void;
  /** No more is to come. `isLast`: of the whole journal. */
  readonly end: (isLast: boolean) => void;
  /** What has been read since the last time. */
  readonly take: () => readonly JournalItem[];
  readonly isRefused: () => boolean;
  /** The last line has no end yet. */
  readonly isInLine: () => boolean;
  /** The seq that the next segment has to begin with; undefined when nothing was read. */
  readonly dueSeq: () => number | undefined;
}

interface Reading {
  readonly source: JournalSource;
  readonly items: JournalItem[];
  records: Recorded[];
  dueSeq: number | undefined;
  lineNumber: number;
  hasHeader: boolean;
  isRefused: boolean;
  upcast: ReturnType<typeof eventUpcast>;
  unreadable: { readonly line: number; readonly detail: string; bytes: number } | undefined;
}

export function createSegmentReader(
  source: JournalSource,
  dueBefore: number | undefined,
): SegmentReader {
  const lines = createByteLines();
  const reading: Reading = {
    source,
    items: [],
    records: [],
    dueSeq: dueBefore,
    lineNumber: 0,
    hasHeader: false,
    isRefused: false,
    upcast: undefined,
    unreadable: undefined,
  };
  return {
    push: (chunk) => {
      lines.push(chunk, (bytes, start, end) => {
        takeLine(reading, bytes, start, end);
      });
    },
    end: (isLast) => {
      flush(reading);
      if (reading.isRefused) return;
      const bytes = lines.restBytes() + (reading.unreadable?.bytes ?? 0);
      const isNothing = !reading.hasHeader && isLast && dueBefore === undefined;
      if (isNothing)
        return refuse(reading, 1, bytes === 0 ? 'it is empty' : 'its header is cut off');
      if (bytes === 0 && reading.hasHeader) return;
      const line = reading.unreadable?.line ?? reading.lineNumber + 1;
      reading.items.push({ type: 'TailTorn', place: source.name, line, bytes });
    },
    take: () => {
      flush(reading);
      return reading.items.splice(0);
    },
    isRefused: () => reading.isRefused,
    isInLine: () => lines.restBytes() > 0,
    dueSeq: () => reading.dueSeq,
  };
}

function flush(reading: Reading): void {
  const { records } = reading;
  if (records.length === 0) return;
  reading.items.push({ type: 'Records', records });
  reading.records = [];
}

function refuse(reading: Reading, line: number, detail: string): void {
  flush(reading);
  const place = reading.source.name;
  if (!reading.isRefused) reading.items.push({ type: 'Refused', place, line, detail });
  reading.isRefused = true;
}

function takeLine(reading: Reading, bytes: Buffer, start: number, end: number): void {
  if (reading.isRefused) return;
  reading.lineNumber += 1;
  const isHeader = reading.source.path === undefined && isHeaderLine(bytes, start, end);
  if (!reading.hasHeader || isHeader) beginSegment(reading, bytes.toString('utf8', start, end));
  else takeRecord(reading, bytes, start, end);
}

function beginSegment(reading: Reading, text: string): void {
  flush(reading);
  const { unreadable, source, dueSeq } = reading;
  if (unreadable !== undefined) return refuse(reading, unreadable.line, unreadable.detail);
  const header = decodeHeader(text, source.namedSeq);
  if (!header.ok) return refuse(reading, reading.lineNumber, header.error);
  const { firstSeq, version } = header.value;
  const fault = faultBetween(dueSeq, header.value);
  if (fault !== undefined) return refuse(reading, reading.lineNumber, fault);
  const gap =
    dueSeq !== undefined && dueSeq < firstSeq
      ? { fromSeq: dueSeq, toSeq: firstSeq - 1 }
      : undefined;
  reading.items.push({ type: 'SegmentBegan', place: source.name, header: header.value, gap });
  reading.upcast = eventUpcast(version);
  reading.hasHeader = true;
  reading.dueSeq = firstSeq;
}

function takeRecord(reading: Reading, bytes: Buffer, start: number, end: number): void {
  const { unreadable, upcast, dueSeq = 0 } = reading;
  const decoded = decodeRecordedBytes(bytes, start, end);
  if (unreadable !== undefined) {
    unreadable.bytes += end - start + 1;
    if (decoded.ok) refuse(reading, unreadable.line, unreadable.detail);
    return;
  }
  if (!decoded.ok) {
    const line = reading.lineNumber;
    reading.unreadable = { line, detail: decoded.error, bytes: end - start + 1 };
    return;
  }
  const { value } = decoded;
  if (value.seq !== dueSeq) {
    const detail = `seq is ${String(value.seq)} where ${String(dueSeq)} is due`;
    return refuse(reading, reading.lineNumber, detail);
  }
  const event = upcast === undefined ? value.event : (upcast(value.event) as Recorded['event']);
  const strange = unknownEvent(event);
  if (strange !== undefined) return refuse(reading, reading.lineNumber, strange);
  reading.records.push(event === value.event ? value : { ...value, event });
  reading.dueSeq = dueSeq + 1;
}

/** Why this segment cannot follow on what was read; undefined when it can. */
function faultBetween(dueSeq: number | undefined, header: JournalHeader): string | undefined {
  const { firstSeq, lostFrom } = header;
  if (dueSeq === undefined || dueSeq === firstSeq) return undefined;
  const begins = String(firstSeq);
  if (dueSeq > firstSeq) {
    return `it begins with event ${begins}, but events up to ${String(dueSeq - 1)} stand before it`;
  }
  // The disk refused them, and the writer said so.
  if (lostFrom !== undefined && lostFrom <= dueSeq) return undefined;
  return `events ${String(dueSeq)} to ${String(firstSeq - 1)} are missing before it`;
}

const headerStart = Buffer.from('{"format":');

function isHeaderLine(bytes: Buffer, start: number, end: number): boolean {
  return bytes.subarray(start, Math.min(end, start + headerStart.length)).equals(headerStart);
}
