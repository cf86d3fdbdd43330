/** One thing that an event of the journal says to people. */
export interface Remark {
  readonly kind: RemarkKind;
  /** Undefined: it concerns the whole host. */
  readonly app: string | undefined;
  /** What the sentence is about, when that is not the app's name: a process, a file. */
  readonly subject?: string;
  /** The rest of the sentence, without a full stop. Equal for apps that can be told together. */
  readonly text: string;
  readonly because?: string;
  /** It happens all the time and changes nothing: told only when asked for. */
  readonly isRoutine?: boolean;
}

export type RemarkKind =
  /** What came from outside. */
  | 'learned'
  /** A step of a plan. */
  | 'decided'
  /** What came of a step. */
  | 'done'
  | 'failed'
  /** Wanted, but not done. */
  | 'held'
  /** No longer held. */
  | 'freed'
  /** About the journal itself. */
  | 'journal';

/** Everything that one event says; empty when it says nothing at all. */
export interface Telling {
  readonly seq: number;
  readonly atMs: number;
  readonly type: string;
  readonly remarks: readonly Remark[];
}
