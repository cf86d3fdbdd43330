/** The content rules and then the policy of a host, applied as its agent applies them. */
import { judgeProgram } from '../domain/policy/checkPolicy.ts';
import type { LeafValue } from '../domain/event.ts';
import { type Result, err, ok } from '../domain/result.ts';
import type { AppName, Problem } from '../domain/types.ts';
import type { Settings } from '../settings/settings.ts';
import { type CheckedContent, checkContent } from './checkContent.ts';

export type HostRules = Pick<Settings, 'policy' | 'program'>;

/** What only the host knows, links, owners and modes, is not asked. */
export function judgeContent(
  app: AppName,
  value: LeafValue,
  unknownOptions: 'refuse' | 'warn',
  { policy, program }: HostRules,
): Result<CheckedContent, readonly Problem[]> {
  const isStrict = policy.mode === 'strict';
  const checked = checkContent(app, value, isStrict ? 'refuse' : unknownOptions);
  if (!checked.ok) return checked;
  const judged = judgeProgram(app, checked.value.program, program.defaults, policy);
  if (!judged.ok) return err(judged.error);
  return ok({ ...checked.value, warnings: [...checked.value.warnings, ...judged.value.warnings] });
}
