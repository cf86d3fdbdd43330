/**
 * The policy applied to the command of a health check, exactly as to the content's own: it runs as
 * the same user, and whoever may publish the one may publish the other.
 *
 * Nothing is expanded in it: to the rules each `%` is a literal one.
 */
import { type Judged, judgeProgram } from './checkPolicy.ts';
import { policyQuestions } from './policyQuestions.ts';
import type { Policy } from './policy.ts';
import type { ParsedProgram } from '../content/parseProgram.ts';
import type { HostQuestion } from '../plan.ts';
import { ok, type Result } from '../result.ts';
import type { Healthcheck } from '../rollout/rollout.ts';
import type { AppName, Problem, ProgramOptions } from '../types.ts';

interface Context {
  readonly parsed: ParsedProgram;
  /** What the policy made of the content. */
  readonly judged: Judged;
  readonly defaults: readonly (readonly [string, string])[];
  readonly policy: Policy | undefined;
}

/** Warnings that the content does not have by itself; the errors are at least one. */
export function judgeHealthcheck(
  app: AppName,
  healthcheck: Healthcheck | undefined,
  { parsed, judged, defaults, policy }: Context,
): Result<readonly Problem[], readonly Problem[]> {
  if (healthcheck?.type !== 'Command') return ok([]);
  const options = withCommand(judged.options, healthcheck.command);
  const verdict = judgeProgram(app, { ...parsed, options }, defaults, policy);
  if (!verdict.ok) return { ok: false, error: verdict.error.map(ofCheck) };
  const known = new Set(judged.warnings.map(keyOf));
  const warnings = verdict.value.warnings.filter((problem) => !known.has(keyOf(problem)));
  return ok(warnings.map(ofCheck));
}

/** What the host is to be asked of it, before content is written that is to be checked so. */
export function healthcheckQuestions(
  app: AppName,
  healthcheck: Healthcheck,
  options: ProgramOptions,
  policy: Policy | undefined,
): readonly HostQuestion[] {
  if (healthcheck.type !== 'Command') return [];
  return policyQuestions(app, withCommand(options, healthcheck.command), [], policy);
}

function withCommand(options: ProgramOptions, command: string): ProgramOptions {
  return new Map([...options, ['command', command.replaceAll('%', '%%')]]);
}

function keyOf({ code, message }: Problem): string {
  return `${code} ${message}`;
}

/** It has no line in the content. */
function ofCheck({ code, message, remedy }: Problem): Problem {
  return { code, line: 0, message: `in the health check: ${message}`, remedy };
}
