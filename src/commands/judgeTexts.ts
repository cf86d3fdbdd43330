/**
 * What is to stand in etcd of an app, by the rules that its agents apply: for whoever publishes
 * without a terminal.
 */
import { parsePlacement } from '../domain/placement.ts';
import { type Result, err, ok } from '../domain/result.ts';
import { parseRollout } from '../domain/rollout/rolloutCodec.ts';
import type { AppName, Problem } from '../domain/types.ts';
import { placementItems } from './assessApp.ts';
import { type HostRules, judgeContent } from './judgeContent.ts';
import type { WantedTexts } from './planChange.ts';
import { rolloutText } from './rollout/rolloutEdit.ts';

/** What is absent stays as it is; `rollout: null`: there is to be none. */
export interface GivenTexts {
  readonly ips?: string | undefined;
  /** As people read it; never taken for base64. */
  readonly content?: string | undefined;
  readonly rollout?: string | null | undefined;
}

/** What stays as it is is not judged again. */
export function judgeTexts(
  app: AppName,
  { ips, content, rollout }: GivenTexts,
  unknownOptions: 'refuse' | 'warn',
  rules: HostRules,
): Result<WantedTexts, readonly Problem[]> {
  const problems = ips === undefined ? [] : placementProblems(ips);
  const value = { type: 'Text', text: Buffer.from(content ?? '').toString('base64') } as const;
  const judged =
    content === undefined ? undefined : judgeContent(app, value, unknownOptions, rules);
  if (judged?.ok === false) problems.push(...judged.error);
  const way = typeof rollout === 'string' ? parseRollout(rollout) : undefined;
  if (way?.ok === false) problems.push(way.error);
  if (problems.length > 0 || judged?.ok === false || way?.ok === false) return err(problems);
  const text = way === undefined ? undefined : rolloutText(way.value);
  return ok({
    app,
    // Without blanks: the replaced system, which may read the same keys, knows commas only.
    hosts: ips === undefined ? undefined : placementItems(ips).join(','),
    text: judged?.value.text,
    ...(rollout === undefined ? {} : { rollout: { text } }),
  });
}

function placementProblems(ips: string): Problem[] {
  if (ips.trim() === '') return [emptyPlacement];
  const { isUnintelligible, warnings } = parsePlacement(ips);
  return isUnintelligible ? [...warnings] : [];
}

const emptyPlacement: Problem = {
  code: 'E_PLACEMENT',
  line: 0,
  message: 'the placement is empty, which would stop the app everywhere',
  remedy: 'If that is what you want, write !*, or unpublish the app.',
};
