/** The content rules and then the policy of a host, applied as its agent applies them. */
import { judgeProgram } from '../domain/policy/checkPolicy.ts';
import { judgeHealthcheck } from '../domain/policy/judgeHealthcheck.ts';
import type { LeafValue } from '../domain/event.ts';
import { type Result, err, ok } from '../domain/result.ts';
import { parseRollout } from '../domain/rollout/rolloutCodec.ts';
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

/**
 * The command of a health check by the policy, as that of the content it goes with: warnings, or
 * what is refused. What is to be said of the content itself is not said again.
 */
export function judgeCheck(
  app: AppName,
  content: LeafValue,
  rollout: string | undefined,
  { policy, program }: HostRules,
): Result<readonly Problem[], readonly Problem[]> {
  const way = rollout === undefined ? undefined : parseRollout(rollout);
  if (way?.ok === false) return err([way.error]);
  const checked = checkContent(app, content, 'warn');
  if (way?.value.healthcheck === undefined || !checked.ok) return ok([]);
  const { defaults } = program;
  const parsed = checked.value.program;
  const judged = judgeProgram(app, parsed, defaults, policy);
  if (!judged.ok) return ok([]);
  const context = { parsed, judged: judged.value, defaults, policy };
  return judgeHealthcheck(app, way.value.healthcheck, context);
}
