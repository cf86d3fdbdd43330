/** What a code means, and what to do about it: a sentence each. */
import type { Language } from '../language.ts';

export type CodeTexts = Readonly<Record<Language, readonly [means: string, remedy: string]>>;
