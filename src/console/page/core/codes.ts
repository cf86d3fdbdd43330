/**
 * What the codes of agents mean and what to do about each, in the languages of the page: reasons to
 * hold, conditions of the fleet, faults and warnings of contents, placements, signatures and policies.
 * Reasons themselves stay as agents wrote them. Pure.
 */
import type { HeldCode } from '../../../domain/plan.ts';
import { contentCodes } from './codeTexts/contentCodes.ts';
import { type FleetCode, fleetCodes } from './codeTexts/fleetCodes.ts';
import { heldCodes } from './codeTexts/heldCodes.ts';
import { hostCodes } from './codeTexts/hostCodes.ts';
import { policyCodes, policyWarning } from './codeTexts/policyCodes.ts';
import { warningCodes } from './codeTexts/warningCodes.ts';
import type { CodeTexts } from './codeTexts/codeTexts.ts';
import type { Language } from './language.ts';

export interface CodeExplanation {
  readonly means: string;
  readonly remedy: string;
}

const known: ReadonlyMap<string, CodeTexts> = new Map<string, CodeTexts>([
  ...Object.entries(heldCodes satisfies Record<HeldCode, CodeTexts>),
  ...Object.entries(fleetCodes satisfies Record<FleetCode, CodeTexts>),
  ...Object.entries(contentCodes),
  ...Object.entries(hostCodes),
  ...Object.entries(policyCodes),
  ...Object.entries(warningCodes),
]);

/** Undefined for what is no code, or one of a later version. */
export function explainCode(code: string, language: Language): CodeExplanation | undefined {
  const texts = known.get(code) ?? warningOf(code);
  if (texts === undefined) return undefined;
  const [means, remedy] = texts[language];
  return { means, remedy };
}

/** A warning of a policy or of a signature says what its refusal would. */
function warningOf(code: string): CodeTexts | undefined {
  if (!code.startsWith('W_')) return undefined;
  const refusal = known.get(`E_${code.slice(2)}`);
  return refusal === undefined ? undefined : policyWarning(refusal);
}

/** The parts of `Code: why`, as hosts tell their problems. */
export function splitCode(text: string): { readonly code?: string; readonly reason: string } {
  const [, code, reason] = /^([A-Z][A-Za-z0-9_]*): ([\s\S]*)$/.exec(text) ?? [];
  return code === undefined || reason === undefined ? { reason: text } : { code, reason };
}
