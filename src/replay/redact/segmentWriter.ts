/** Writes the segments of a copy into a new directory. Throws what the file system throws. */
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Recorded } from '../../domain/event.ts';
import { encodeRecorded } from '../../journal/line.ts';
import { encodeHeader, type JournalHeader, segmentPath } from '../../journal/segment.ts';

export interface SegmentWriter {
  readonly begin: (header: JournalHeader) => void;
  readonly append: (recorded: Recorded) => void;
  readonly close: () => void;
}

const flushCharacters = 1024 * 1024;

export function createSegmentWriter(dir: string): SegmentWriter {
  // Node never ends where even one directory cannot be made, as below /proc, when asked for several.
  const recursive = !existsSync(dirname(dir));
  if (!existsSync(dir)) mkdirSync(dir, { recursive, mode: 0o700 });
  if (readdirSync(dir).length > 0) throw new Error(`${dir} is not empty`);
  let file: number | undefined;
  let waiting = '';
  const flush = (): void => {
    const bytes = Buffer.from(waiting);
    for (let at = 0; file !== undefined && at < bytes.length;) at += writeSync(file, bytes, at);
    waiting = '';
  };
  const close = (): void => {
    flush();
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  return {
    begin: (header) => {
      close();
      file = openSync(segmentPath(dir, header.firstSeq), 'wx', 0o600);
      waiting = encodeHeader(header);
    },
    append: (recorded) => {
      waiting += encodeRecorded(recorded);
      if (waiting.length > flushCharacters) flush();
    },
    close,
  };
}
