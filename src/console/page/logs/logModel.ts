/**
 * What is known of a log: lines from pieces of a file that grows, is rotated and is read from its end.
 * At most 50,000 lines are kept, the newest. Pure.
 */
import { type Decoded, decodeLine, type LogText } from './ansi.ts';
import { type AnsiLook, plainLook } from './sgr.ts';

export const linesMax = 50_000;
/** Of all lines together, in characters. */
const textMax = 24 * 1024 * 1024;
/** A longer one is shown as several. */
export const lineMaxBytes = 4096;

export interface LogLine extends LogText {
  /** Consecutive, also when lines are put before the first. */
  readonly id: number;
  /** Of its first byte; of a `Restart`, where the file goes on. */
  readonly offset: number;
  /** `Gap`: so many bytes were never seen. `Restart`: the file before it is gone. */
  readonly type: 'Line' | 'Gap' | 'Restart';
  /** It goes on where the one before was cut. */
  readonly isContinued: boolean;
}

export interface Log {
  readonly lines: readonly LogLine[];
  /** What has no end of line yet; it is among `lines` already, as the last. */
  readonly open: Uint8Array;
  readonly openOffset: number;
  readonly openLook: AnsiLook;
  readonly isOpenContinued: boolean;
  /** Of the first byte among the lines; earlier ones can be loaded while it is above 0. */
  readonly firstOffset: number;
  /** Where what comes next begins; undefined before the first piece. */
  readonly nextOffset: number | undefined;
  /** Of the file. */
  readonly size: number;
  readonly textSize: number;
  /** What was before belongs to a file that is gone: nothing earlier can be loaded. */
  readonly isRestarted: boolean;
  /** Lines that had to make room. */
  readonly dropped: number;
  /** The number of the next line. */
  readonly nextId: number;
}

export interface Piece {
  readonly offset: number;
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly isRestarted: boolean;
}

const nothing = new Uint8Array();

export const emptyLog: Log = {
  lines: [],
  open: nothing,
  openOffset: 0,
  openLook: plainLook,
  isOpenContinued: false,
  firstOffset: 0,
  nextOffset: undefined,
  size: 0,
  textSize: 0,
  isRestarted: false,
  dropped: 0,
  nextId: 0,
};

/** What was seen already is passed over; what was missed is told of. */
export function appendPiece(log: Log, piece: Piece): Log {
  const { size } = piece;
  const next = log.nextOffset;
  if (next === undefined) {
    // The end of a file begins within a line: that one is left to who loads what is earlier.
    const cut = startOf(piece);
    const offset = piece.offset + cut;
    const begun = { ...log, firstOffset: offset, openOffset: offset, nextOffset: offset, size };
    return appendBytes(begun, piece.bytes.subarray(cut));
  }
  if (piece.isRestarted) {
    const marked = withMark(log, 'Restart', piece.offset, '');
    return appendBytes({ ...marked, size, isRestarted: true }, piece.bytes);
  }
  if (piece.offset > next) {
    const marked = withMark(log, 'Gap', piece.offset, String(piece.offset - next));
    return appendBytes({ ...marked, size }, piece.bytes);
  }
  const seen = next - piece.offset;
  if (seen >= piece.bytes.length) return log.size === size ? log : { ...log, size };
  return appendBytes({ ...log, size }, piece.bytes.subarray(seen));
}

/** A line that says why what follows does not follow from what was before. */
function withMark(log: Log, type: 'Gap' | 'Restart', offset: number, text: string): Log {
  const mark: LogLine = {
    ...{ id: log.nextId, offset, type, isContinued: false },
    ...{ text, runs: [], shownFrom: 0, returns: 0 },
  };
  return {
    ...log,
    lines: [...log.lines, mark],
    nextId: log.nextId + 1,
    open: nothing,
    openOffset: offset,
    openLook: plainLook,
    isOpenContinued: false,
    nextOffset: offset,
  };
}

function appendBytes(log: Log, bytes: Uint8Array): Log {
  if (bytes.length === 0) return log;
  // The open line is the last one shown: it is made anew.
  const hasOpen = log.open.length > 0;
  const kept = hasOpen ? log.lines.slice(0, -1) : log.lines;
  const removed = hasOpen ? (log.lines.at(-1)?.text.length ?? 0) : 0;
  const read = readLines({
    bytes: joined(log.open, bytes),
    offset: log.openOffset,
    look: log.openLook,
    isContinued: log.isOpenContinued,
    id: hasOpen ? log.nextId - 1 : log.nextId,
  });
  const all: Log = {
    ...log,
    lines: [...kept, ...read.lines],
    open: read.open,
    openOffset: read.openOffset,
    openLook: read.openLook,
    isOpenContinued: read.isOpenContinued,
    nextOffset: (log.nextOffset ?? 0) + bytes.length,
    textSize: log.textSize - removed + sizeOf(read.lines),
    nextId: read.nextId,
  };
  return withRoom(all);
}

/** The oldest go. */
function withRoom(log: Log): Log {
  let count = Math.max(0, log.lines.length - linesMax);
  let textSize = log.textSize - sizeOf(log.lines.slice(0, count));
  while (textSize > textMax && count < log.lines.length - 1) {
    textSize -= log.lines[count]?.text.length ?? 0;
    count += 1;
  }
  if (count === 0) return log;
  const lines = log.lines.slice(count);
  const firstOffset = lines[0]?.offset ?? log.firstOffset;
  return { ...log, lines, textSize, firstOffset, dropped: log.dropped + count };
}

function sizeOf(lines: readonly LogLine[]): number {
  return lines.reduce((size, { text }) => size + text.length, 0);
}

interface ReadFrom {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly look: AnsiLook;
  readonly isContinued: boolean;
  readonly id: number;
}

function readLines(from: ReadFrom) {
  const { bytes, offset } = from;
  const lines: LogLine[] = [];
  let { look, isContinued, id } = from;
  let [at, openLook, isOpenContinued] = [0, look, isContinued];
  const add = (end: number): void => {
    const decoded: Decoded = decodeLine(bytes.subarray(at, end), look);
    const { text, runs, shownFrom, returns } = decoded;
    const shape = { text, runs, shownFrom, returns };
    lines.push({ id, offset: offset + at, type: 'Line', isContinued, ...shape });
    look = decoded.look;
    id += 1;
  };
  while (at < bytes.length) {
    const newline = bytes.indexOf(0x0a, at);
    const end = newline < 0 ? bytes.length : newline;
    if (end - at > lineMaxBytes) {
      const cut = cutOf(bytes, at, at + lineMaxBytes);
      add(cut);
      [at, isContinued] = [cut, true];
      continue;
    }
    [openLook, isOpenContinued] = [look, isContinued];
    add(end);
    if (newline < 0) break;
    [at, isContinued] = [newline + 1, false];
    [openLook, isOpenContinued] = [look, false];
  }
  const open = bytes.slice(at);
  return { lines, open, openOffset: offset + at, openLook, isOpenContinued, nextId: id };
}

/** Not within a character, as far as it is one. */
function cutOf(bytes: Uint8Array, start: number, end: number): number {
  for (let back = 0; back < 4 && end - back > start; back += 1) {
    if (((bytes[end - back] ?? 0) & 0xc0) !== 0x80) return end - back;
  }
  return end;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

/** Whether there is something earlier that may still be had, and is to be kept. */
export function canLoadEarlier({ lines, firstOffset, isRestarted }: Log): boolean {
  return firstOffset > 0 && !isRestarted && lines.length < linesMax;
}

/**
 * What is before the first line; its own beginning may be within a line, and is left out unless it is
 * that of the file. A piece that does not reach the first line changes nothing.
 */
export function prependPiece(log: Log, piece: Piece): Log {
  const end = piece.offset + piece.bytes.length;
  if (log.nextOffset === undefined || end < log.firstOffset) return log;
  const bytes = piece.bytes.subarray(0, log.firstOffset - piece.offset);
  if (piece.offset >= log.firstOffset || bytes.length === 0) return log;
  const first = log.lines[0];
  // The first line known may be the rest of one: then it is read anew, with its beginning.
  const isCut = bytes.at(-1) !== 0x0a && first?.type === 'Line';
  const from = startOf({ offset: piece.offset, bytes });
  const read = readLines({
    bytes: bytes.subarray(from),
    ...{ offset: piece.offset + from, look: plainLook, isContinued: false, id: 0 },
  });
  const room = linesMax - log.lines.length;
  const before = room <= 0 ? [] : read.lines.slice(-room);
  const firstId = (first?.id ?? log.nextId) - before.length;
  const lines = before.map((line, index) => ({ ...line, id: firstId + index }));
  const rest =
    isCut && lines.length > 0
      ? [{ ...first, isContinued: true }, ...log.lines.slice(1)]
      : log.lines;
  return {
    ...log,
    lines: [...lines, ...rest],
    firstOffset: lines[0]?.offset ?? log.firstOffset,
    size: piece.size,
    textSize: log.textSize + sizeOf(lines),
  };
}

/** Of the first whole line, or at least of the first whole character. */
function startOf({ offset, bytes }: Pick<Piece, 'offset' | 'bytes'>): number {
  if (offset === 0) return 0;
  const line = bytes.indexOf(0x0a) + 1;
  if (line > 0 && line < bytes.length) return line;
  let at = 0;
  while (at < 3 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1;
  return at;
}

/** Where to read so many bytes that come before the first line. */
export function earlierRange(log: Log, lengthMax: number): { offset: number; length: number } {
  const offset = Math.max(0, log.firstOffset - lengthMax);
  return { offset, length: log.firstOffset - offset };
}

/** How many lines came after that one. */
export function countSince({ lines, nextId }: Log, id: number): number {
  return Math.max(0, Math.min(nextId - id, lines.length));
}
