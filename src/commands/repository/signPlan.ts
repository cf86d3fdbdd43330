/** The plan of an apply with its signatures: what is written in the end. */
import { signersOf } from '../../clients/ed25519.ts';
import type { SigningKey } from '../../clients/signingKeys.ts';
import type { DesiredEntry } from '../../domain/event.ts';
import { type Result, err, ok } from '../../domain/result.ts';
import { formatSignature } from '../../domain/trust/statement.ts';
import type { AppName } from '../../domain/types.ts';
import type { Fault } from '../commandIo.ts';
import type { Change } from '../planChange.ts';
import { documentOf, isStatementOf, signChange, type SigningWish } from '../signing.ts';
import type { PlannedApp } from './planDir.ts';

/** `sign`: nothing changes but the signature. */
export type StepAction = 'create' | 'change' | 'remove' | 'sign';

export interface Step {
  readonly app: AppName;
  readonly action: StepAction;
  readonly entry: DesiredEntry;
  /** Undefined: it is removed. */
  readonly change: Change | undefined;
  readonly signature: string | undefined;
  readonly warning: Fault | undefined;
}

/** The errors of all of them. What is signed as wanted already is left as it is. */
export async function signPlan(
  apps: readonly PlannedApp[],
  wish: SigningWish,
  { trustDir, nowMs }: { readonly trustDir: string; readonly nowMs: number },
): Promise<Result<readonly Step[], readonly Fault[]>> {
  const steps: Step[] = [];
  const faults: Fault[] = [];
  for (const { app, action, entry, change } of apps) {
    if (action === 'keep' && (change === undefined || !isToBeSigned(wish, entry, nowMs))) continue;
    const texts = action === 'remove' ? undefined : change?.after;
    const signed = await signChange(wish, texts, { app, entry, trustDir, nowMs });
    if (!signed.ok) faults.push(signed.error);
    else {
      const { document: signature, warning } = signed.value;
      const step = { app, entry, change, signature, warning };
      steps.push({ ...step, action: action === 'keep' ? 'sign' : action });
    }
  }
  return faults.length > 0 ? err(faults) : ok(steps);
}

function isToBeSigned(wish: SigningWish, entry: DesiredEntry, nowMs: number): boolean {
  if (wish.keys.length > 0) return !isSignedBy(wish.keys, entry, nowMs);
  return wish.isUnsigned && entry.signature !== undefined;
}

/** By all of these keys, for what stands there, and not yet expired. */
function isSignedBy(keys: readonly SigningKey[], entry: DesiredEntry, nowMs: number): boolean {
  const there = documentOf(entry);
  if (there === undefined) return false;
  const { statement } = there;
  if (statement.action !== 'publish' || !isStatementOf(entry, statement)) return false;
  if (statement.expires !== undefined && Date.parse(statement.expires) <= nowMs) return false;
  const verifiers = new Map(keys.map(({ id, verifier }) => [id, verifier]));
  return signersOf(formatSignature(there), verifiers).length === keys.length;
}
