/** Reads segments of the journal from the disk and makes of them a compressed copy without secrets. */
import { gzipSync } from 'node:zlib';
import { err, ok, type Result } from '../domain/result.ts';
import type { MemorySegment } from '../journal/readMemory.ts';
import { segmentPath } from '../journal/segment.ts';
import { redactSegments } from '../replay/redact/redactSegments.ts';
import { readPlainFile } from './readPlainFile.ts';

export interface CopyWork {
  readonly journalDir: string;
  /** By their first events, in order. */
  readonly segments: readonly number[];
}

/** Errors are sentences. */
export type CopyWord =
  /** `bytes` are gzip of what `redactSegments` writes; `sizes` of the segments that went in. */
  | Readonly<{ type: 'Copied'; bytes: Uint8Array; sizes: readonly number[] }>
  | Readonly<{ type: 'Gone' }>
  | Readonly<{ type: 'Failed'; detail: string }>;

/** A segment is begun anew at 16 MiB, and may be larger by an event or so. */
const segmentMaxBytes = 40 * 1024 * 1024;
const patienceMax = 3;
const memberCharacters = 1024 * 1024;

/** `pause`: whoever writes a line just now is given a moment to finish it. */
export async function copySegments(
  { journalDir, segments }: CopyWork,
  pause: () => Promise<void>,
): Promise<CopyWord> {
  const read: MemorySegment[] = [];
  const sizes: number[] = [];
  for (const firstSeq of segments) {
    const bytes = await readWhole(segmentPath(journalDir, firstSeq), pause);
    if (!bytes.ok) return bytes.error;
    read.push({ firstSeq, chunks: [bytes.value] });
    sizes.push(bytes.value.length);
  }
  const members: Buffer[] = [];
  let waiting: string[] = [];
  let characters = 0;
  // One behind the other they are one file, and the text is never there as a whole.
  const flush = (): void => {
    members.push(gzipSync(waiting.join(''), { level: 1 }));
    waiting = [];
    characters = 0;
  };
  const fault = await redactSegments(read, (text) => {
    waiting.push(text);
    characters += text.length;
    if (characters >= memberCharacters) flush();
  });
  if (fault !== undefined) return { type: 'Failed', detail: fault };
  flush();
  const bytes = new Uint8Array(members.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const member of members) {
    bytes.set(member, at);
    at += member.length;
  }
  return { type: 'Copied', bytes, sizes };
}

async function readWhole(
  path: string,
  pause: () => Promise<void>,
): Promise<Result<Buffer, Exclude<CopyWord, { type: 'Copied' }>>> {
  try {
    for (let waits = 0; ; waits += 1) {
      const bytes = await readPlainFile(path, segmentMaxBytes);
      if (waits >= patienceMax || bytes.at(-1) === 0x0a || bytes.length === segmentMaxBytes) {
        return ok(bytes);
      }
      await pause();
    }
  } catch (error) {
    const { code = 'failed' } = error as NodeJS.ErrnoException;
    // A link is none of ours.
    if (code === 'ENOENT' || code === 'ELOOP') return err({ type: 'Gone' });
    return err({ type: 'Failed', detail: `the journal cannot be read: ${code}` });
  }
}
