/**
 * What a file contains: as every process sees it (the page cache), and what of it would be left
 * after a power cut.
 *
 * Kept as the newest bytes and a list of changes that are not durable yet, each with what it
 * replaced: a crash takes changes back. So appending copies nothing but what is appended.
 */
import type { Rng } from '../kernel/rng.ts';

export interface Content {
  /** Valid up to `length`; what lies behind it means nothing. */
  bytes: Buffer;
  length: number;
  /** Oldest first. */
  unsynced: DataChange[];
  /** What a failed fsync gave up: clean for the kernel, yet never on disk. */
  lost: LostRange[];
  /** `bytes` as text, once somebody has asked. */
  text: string | undefined;
}

interface DataChange {
  readonly atMs: number;
  readonly position: number;
  /** Bytes written; 0 for a change of the length alone. */
  readonly count: number;
  /** What stood from `position` on, up to the length before. */
  readonly replaced: Buffer | undefined;
  readonly lengthBefore: number;
}

interface LostRange {
  readonly position: number;
  readonly count: number;
  readonly replaced: Buffer | undefined;
  readonly lengthBefore: number;
}

/** The kernel writes back by itself what is older than this. */
export const writeBackMs = 30_000;

const pageBytes = 4096;
const noBytes = Buffer.alloc(0);

export function createContent(): Content {
  return { bytes: noBytes, length: 0, unsynced: [], lost: [], text: undefined };
}

/** `source` is not kept, unless it `isOwned`: then nobody else may change it afterwards. */
export function writeContent(
  content: Content,
  source: Uint8Array,
  position: number,
  nowMs: number,
  isOwned = false,
): void {
  const count = source.length;
  const lengthBefore = content.length;
  const end = position + count;
  const replaced =
    position < lengthBefore
      ? Buffer.from(content.bytes.subarray(position, Math.min(end, lengthBefore)))
      : undefined;
  remember(content, { atMs: nowMs, position, count, replaced, lengthBefore });
  if (isOwned && lengthBefore === 0 && position === 0) {
    content.bytes = Buffer.from(source.buffer, source.byteOffset, count);
  } else {
    reserve(content, end);
    if (position > lengthBefore) content.bytes.fill(0, lengthBefore, position);
    content.bytes.set(source, position);
  }
  content.length = Math.max(lengthBefore, end);
  content.text = undefined;
  if (content.lost.length > 0) {
    content.lost = content.lost.filter(
      (range) => range.position < position || range.position + range.count > end,
    );
  }
}

export function truncateContent(content: Content, length: number, nowMs: number): void {
  const lengthBefore = content.length;
  if (length === lengthBefore) return;
  const replaced =
    length < lengthBefore ? Buffer.from(content.bytes.subarray(length, lengthBefore)) : undefined;
  const position = Math.min(length, lengthBefore);
  remember(content, { atMs: nowMs, position, count: 0, replaced, lengthBefore });
  reserve(content, length);
  if (length > lengthBefore) content.bytes.fill(0, lengthBefore, length);
  content.length = length;
  content.text = undefined;
  content.lost = content.lost.filter((range) => range.position < length);
}

/** An fsync that succeeds. It does not bring back what an earlier one gave up. */
export function syncContent(content: Content): void {
  content.unsynced = [];
}

/** An fsync that fails: the kernel marks the pages clean all the same, and never writes them. */
export function loseUnsynced(content: Content): void {
  content.lost.push(...content.unsynced.filter(({ count }) => count > 0));
  content.unsynced = [];
}

export function textOf(content: Content): string {
  content.text ??= content.bytes.toString('utf8', 0, content.length);
  return content.text;
}

/** A power cut: afterwards the content is one that the disk may hold. */
export function crashContent(content: Content, rng: Rng): void {
  if (content.unsynced.length > 0) loseSome(content, rng);
  if (content.lost.length > 0) loseLost(content, rng);
  content.unsynced = [];
  content.lost = [];
  content.text = undefined;
}

function loseSome(content: Content, rng: Rng): void {
  switch (rng.below(4)) {
    case 0:
      // Everything had been written back.
      return;
    case 1:
      undoFrom(content, 0);
      return;
    case 2:
      tear(content, rng);
      return;
    default:
      scatter(content, rng);
  }
}

/** In the order of the writes, up to somewhere within one of them. */
function tear(content: Content, rng: Rng): void {
  const index = rng.below(content.unsynced.length);
  const torn = content.unsynced[index];
  undoFrom(content, index + 1);
  if (torn !== undefined) undo(content, torn, rng.below(torn.count + 1));
}

/** Every page old or new, and the length as well: blocks are written in any order. */
function scatter(content: Content, rng: Rng): void {
  const newest = Buffer.from(content.bytes.subarray(0, content.length));
  undoFrom(content, 0);
  const oldest = content.bytes.subarray(0, content.length);
  const [low, high] = [oldest.length, newest.length].sort((a, b) => a - b) as [number, number];
  const length = [low, high, low + rng.below(high - low + 1)][rng.below(3)] ?? high;
  const bytes = Buffer.alloc(length);
  for (let start = 0; start < length; start += pageBytes) {
    const page = rng.chance(0.5) ? newest : oldest;
    const end = Math.min(start + pageBytes, page.length, length);
    if (start < end) page.copy(bytes, start, start, end);
  }
  content.bytes = bytes;
  content.length = length;
}

function loseLost(content: Content, rng: Rng): void {
  for (const { position, count, replaced, lengthBefore } of [...content.lost].reverse()) {
    if (rng.chance(0.25)) continue;
    const isEnd = position + count >= content.length;
    const end = Math.min(position + count, content.length);
    if (position < end) content.bytes.fill(0, position, end);
    replaced?.copy(content.bytes, position, 0, Math.max(0, end - position));
    if (isEnd && lengthBefore < content.length && rng.chance(0.5)) content.length = lengthBefore;
  }
}

function undoFrom(content: Content, index: number): void {
  for (let at = content.unsynced.length - 1; at >= index; at--) {
    const change = content.unsynced[at];
    if (change !== undefined) undo(content, change, 0);
  }
}

/** All of it but the first `kept` bytes. */
function undo(content: Content, change: DataChange, kept: number): void {
  const { position, replaced, lengthBefore } = change;
  reserve(content, lengthBefore);
  if (replaced !== undefined && kept < replaced.length) {
    replaced.copy(content.bytes, position + kept, kept);
  }
  content.length = kept > 0 ? Math.max(lengthBefore, position + kept) : lengthBefore;
}

function remember(content: Content, change: DataChange): void {
  const { unsynced } = content;
  while (unsynced.length > 0 && change.atMs - (unsynced[0]?.atMs ?? 0) > writeBackMs) {
    unsynced.shift();
  }
  unsynced.push(change);
}

function reserve(content: Content, length: number): void {
  if (length <= content.bytes.length) return;
  const larger = Buffer.alloc(Math.max(length, content.bytes.length * 2, 256));
  content.bytes.copy(larger, 0, 0, content.length);
  content.bytes = larger;
}
