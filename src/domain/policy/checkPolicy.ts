/**
 * The policy applied to a program that the parser accepted.
 *
 * One table for both modes: what `strict` refuses with `E_POLICY_…`, `compat` warns of with
 * `W_POLICY_…` and the same stem.
 */
import { type ParsedProgram } from '../content/parseProgram.ts';
import { withDefaults } from '../content/renderApp.ts';
import { err, ok, type Result } from '../result.ts';
import { type AppName, type Problem, type ProgramOptions } from '../types.ts';
import { type Policy } from './policy.ts';
import { type Finding, type PolicyProgram, type Rule } from './rule.ts';
import { commandRules } from './rules/command.ts';
import { environmentRules } from './rules/environment.ts';
import { formRules } from './rules/form.ts';
import { limitRules } from './rules/limits.ts';
import { logRules } from './rules/logs.ts';
import { userRules } from './rules/user.ts';

export const policyRules: readonly Rule[] = [
  ...formRules,
  ...limitRules,
  ...userRules,
  ...commandRules,
  ...environmentRules,
  ...logRules,
];

/** Refusals under strict, warnings under compat; in the order of their lines. */
export function checkPolicy(program: PolicyProgram, policy: Policy): readonly Problem[] {
  const isStrict = policy.mode === 'strict';
  const subject = { ...program, policy };
  return policyRules
    .filter((rule) => isStrict || rule.isStrictOnly !== true)
    .flatMap((rule) =>
      rule.check(subject).map((finding) => toProblem(rule, finding, program, isStrict)),
    )
    .sort((a, b) => a.line - b.line);
}

function toProblem(
  { stem }: Rule,
  { option, line, message, remedy }: Finding,
  { lines }: PolicyProgram,
  isStrict: boolean,
): Problem {
  const ofOption = option === undefined ? undefined : lines.get(option);
  return {
    code: `${isStrict ? 'E' : 'W'}_POLICY_${stem}`,
    line: line ?? ofOption ?? 0,
    message,
    remedy,
  };
}

export interface Judged {
  /** With the user that the policy gives to programs without one. */
  readonly options: ProgramOptions;
  readonly warnings: readonly Problem[];
}

/** The defaults are those of the host, `policy` undefined where there was none yet. The errors are all the problems; at least one. */
export function judgeProgram(
  app: AppName,
  parsed: ParsedProgram,
  defaults: readonly (readonly [string, string])[],
  policy: Policy | undefined,
): Result<Judged, readonly Problem[]> {
  if (policy === undefined) return ok({ options: parsed.options, warnings: [] });
  const options = withUser(parsed.options, defaults, policy);
  const problems = checkPolicy(
    {
      app,
      options: withDefaults(options, defaults),
      lines: parsed.lines,
      lineCount: parsed.lineCount,
      duplicateLines: parsed.warnings
        .filter(({ code }) => code === 'W_DUPLICATE_OPTION')
        .map(({ line }) => line),
    },
    policy,
  );
  if (policy.mode === 'strict' && problems.length > 0) return err(problems);
  return ok({ options, warnings: problems });
}

function withUser(
  options: ProgramOptions,
  defaults: readonly (readonly [string, string])[],
  { mode, defaultUser }: Policy,
): ProgramOptions {
  const isSet = options.has('user') || defaults.some(([name]) => name === 'user');
  if (mode === 'compat' || defaultUser === undefined || isSet) return options;
  return new Map([...options, ['user', defaultUser]]);
}
