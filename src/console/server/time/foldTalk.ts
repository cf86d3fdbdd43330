/** What the console and its folding thread say to each other. */
import type { MomentDocument, TimelineDocument } from '../../../domain/console/timeApi.ts';
import type { Result } from '../../../domain/result.ts';
import type { MomentWish } from './describeMoment.ts';
import type { TimelineWish } from './describeTimeline.ts';
import type { FoldedJournal } from './foldedJournal.ts';

export type FoldJob =
  /** A copy as the agent gives it. */
  | Readonly<{ type: 'Fold'; key: string; compressed: Uint8Array }>
  | Readonly<{ type: 'Timeline'; key: string; wish: TimelineWish }>
  | Readonly<{ type: 'Moment'; key: string; wish: MomentWish }>;

/** To each job one, in order. Errors are sentences. */
export type FoldWord =
  | Readonly<{ type: 'Folded'; result: Result<FoldedReach, string> }>
  | Readonly<{ type: 'Timeline'; document: TimelineDocument }>
  | Readonly<{ type: 'Moment'; result: Result<MomentDocument, string> }>
  /** It was dropped for others: to be folded again. */
  | Readonly<{ type: 'Forgotten' }>;

export type FoldedReach = Pick<FoldedJournal, 'first' | 'last'>;

/** What is kept folded, the longest unused dropped first. */
export const foldsMax = 3;
