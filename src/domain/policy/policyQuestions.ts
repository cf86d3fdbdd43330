/**
 * What a strict host is asked besides: whether links, owners and modes keep what the text of the
 * content promises.
 */
import { type HostQuestion } from '../plan.ts';
import { type AppName, type ProgramOptions } from '../types.ts';
import { normalisePath } from './paths.ts';
import { matchesAny } from '../wildcard.ts';
import { type Policy } from './policy.ts';
import { isPrivate, prefixesFor, programs } from './rules/command.ts';

/** `questions` are those that every host is asked; `options` have the defaults in them. */
export function policyQuestions(
  app: AppName,
  options: ProgramOptions,
  questions: readonly HostQuestion[],
  policy: Policy | undefined,
): readonly HostQuestion[] {
  if (policy?.mode !== 'strict') return [];
  const subject = {
    ...{ app, options, policy, lineCount: 0, duplicateLines: [] },
    lines: new Map<string, number>(),
  };
  const commands = programs(subject).flatMap((program): readonly HostQuestion[] => {
    if (normalisePath(program) === undefined) return [];
    // As written: behind a link `..` leads elsewhere than it reads.
    const path = program;
    const shown = isPrivate(subject, program) ? { isPrivate: true as const } : {};
    return [{ type: 'CommandTrusted', path, prefixes: prefixesFor(subject, program), ...shown }];
  });
  const mayBeRoot = matchesAny(app, policy.rootApps);
  const others = questions.flatMap((question): readonly HostQuestion[] => {
    if (question.type === 'LogDirectoryExists') {
      return [{ type: 'LogDirectoryTrusted', path: question.path }];
    }
    if (question.type !== 'UserExists' || mayBeRoot) return [];
    return [{ type: 'UserUnprivileged', user: question.user }];
  });
  return [...commands, ...others];
}
