/**
 * Lines that are not written yet. Bounded: when the disk hangs for so long that they would fill the
 * memory, all of them are dropped; the next segment's checkpoint contains what they said.
 */
import { type Recorded } from '../domain/event.ts';
import { encodeRecorded } from './line.ts';

export interface PendingLine {
  readonly seq: number;
  readonly text: string;
}

export interface PendingLines {
  readonly push: (recorded: Recorded) => void;
  /** The first `seq` that waits. */
  readonly firstSeq: () => number | undefined;
  /** Takes out the lines up to and including this `seq`. */
  readonly takeUpTo: (seq: number) => readonly PendingLine[];
  /** Gives all of them up. */
  readonly drop: () => void;
  /** How many times lines were given up. */
  readonly drops: () => number;
}

export function createPendingLines(maxCharacters = 16 * 1024 * 1024): PendingLines {
  let lines: PendingLine[] = [];
  let characters = 0;
  let drops = 0;

  const drop = (): void => {
    lines = [];
    characters = 0;
    drops += 1;
  };

  return {
    push: (recorded) => {
      const text = encodeRecorded(recorded);
      if (characters + text.length > maxCharacters) drop();
      lines.push({ seq: recorded.seq, text });
      characters += text.length;
    },
    firstSeq: () => lines[0]?.seq,
    takeUpTo: (seq) => {
      const count = lines.findIndex((line) => line.seq > seq);
      const taken = lines.splice(0, count === -1 ? lines.length : count);
      characters -= taken.reduce((sum, { text }) => sum + text.length, 0);
      return taken;
    },
    drop,
    drops: () => drops,
  };
}
