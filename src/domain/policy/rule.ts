/** The form of a rule of the policy: what it is asked about, and what it answers. */
import { type AppName, type ProgramOptions } from '../types.ts';
import { type Policy } from './policy.ts';

/** A program that the parser accepted. */
export interface PolicyProgram {
  readonly app: AppName;
  /** The content's own, and what the defaults of the host add: as it will be rendered. */
  readonly options: ProgramOptions;
  /** 1-based, by option; empty for what comes from the defaults. */
  readonly lines: ReadonlyMap<string, number>;
  /** Of the content. */
  readonly lineCount: number;
  /** Lines that set an option again. */
  readonly duplicateLines: readonly number[];
}

export interface Subject extends PolicyProgram {
  readonly policy: Policy;
}

export interface Finding {
  /** Its line is the finding's; undefined for the whole content. */
  readonly option?: string;
  readonly line?: number;
  readonly message: string;
  readonly remedy: string;
}

export interface Rule {
  /** `E_POLICY_<stem>` under strict, `W_POLICY_<stem>` under compat. */
  readonly stem: string;
  /** What it demands, in a sentence. */
  readonly demands: string;
  /** Compat has a warning of its own for it, or none is worth its noise. */
  readonly isStrictOnly?: true;
  /** Empty: nothing speaks against the program. */
  readonly check: (subject: Subject) => readonly Finding[];
}
