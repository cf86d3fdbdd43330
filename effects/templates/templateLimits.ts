/** What a template may take, and what is said when it takes more, or is wrong. */

export interface TemplateFault {
  readonly type:
    /** It cannot be read. */
    | 'Malformed'
    /** It asks for what is not there, or goes wrong over these data. */
    | 'Failed'
    /** It takes longer, or becomes larger, than any file should. */
    | 'TooMuch'
    /** Whoever makes texts has broken down: it may be no fault of the template. */
    | 'BrokenDown';
  /** On one line, with the line of the template. */
  readonly detail: string;
}

export interface EngineLimits {
  /** Characters of a template. */
  readonly sourceMax: number;
  /** In milliseconds. */
  readonly renderMs: number;
  /** Items of lists and characters of texts that filters and ranges make, in all. */
  readonly memory: number;
  /**
   * The same, of one filter or range; and characters of a text that a filter takes. V8 ends the whole
   * process, and not the thread, when one piece of memory does not fit: no piece may be large.
   */
  readonly pieceMax: number;
  /** Characters of a text. */
  readonly textMax: number;
}

export const usualLimits: EngineLimits = {
  sourceMax: 1024 * 1024,
  renderMs: 2_000,
  memory: 10_000_000,
  pieceMax: 1024 * 1024,
  textMax: 8 * 1024 * 1024,
};
