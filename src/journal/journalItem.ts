/** What reading a journal gives, in order. */
import type { Recorded } from '../domain/event.ts';
import type { JournalHeader } from './segment.ts';

export type JournalItem =
  | Readonly<{
      type: 'SegmentBegan';
      place: string;
      header: JournalHeader;
      /** What is missing before it, and may be. */
      gap: Gap | undefined;
    }>
  /** At least one, without gaps within a segment. */
  | Readonly<{ type: 'Records'; records: readonly Recorded[] }>
  /** Lines at the end that never reached the disk whole, or are being written now. */
  | Readonly<{ type: 'TailTorn'; place: string; line: number; bytes: number }>
  /** The last item, if it comes at all. `line` is 1-based; 0 when it has none. */
  | Readonly<{ type: 'Refused'; place: string; line: number; detail: string }>;

/** These events happened and are in the checkpoint behind the gap, but were never written. */
export interface Gap {
  readonly fromSeq: number;
  readonly toSeq: number;
}
