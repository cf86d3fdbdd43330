/** What has to change in etcd for it to be as a directory says. Pure. */
import type { DesiredEntry, Leaf, LeafValue } from '../../domain/event.ts';
import { parseAppName } from '../../domain/appName.ts';
import { decodeContent } from '../../domain/content/decodeContent.ts';
import { parsePlacement } from '../../domain/placement.ts';
import { parseRollout } from '../../domain/rollout/rolloutCodec.ts';
import { type Result, err, ok } from '../../domain/result.ts';
import type { AppName, Problem } from '../../domain/types.ts';
import { placementItems, placementText } from '../assessApp.ts';
import { type HostRules, judgeCheck, judgeContent } from '../judgeContent.ts';
import { type Change, planChange, type WantedTexts } from '../planChange.ts';
import { rolloutText } from '../rollout/rolloutEdit.ts';
import { fault, type FileProblem, type WantedApp } from './parseAppDir.ts';

export interface PlannedApp {
  readonly app: AppName;
  readonly action: 'create' | 'change' | 'keep' | 'remove';
  readonly entry: DesiredEntry;
  /** Undefined for what is removed, and for what is kept though nobody can read it. */
  readonly change: Change | undefined;
}

export interface DirPlan {
  /** Sorted by app; those that stay as they are too. */
  readonly apps: readonly PlannedApp[];
  /** Refused: nothing is to be written. */
  readonly problems: readonly FileProblem[];
  readonly warnings: readonly FileProblem[];
  /** In etcd under names that no app can have: left alone. */
  readonly strangeNames: readonly string[];
  /** How many apps there are in etcd. */
  readonly count: number;
}

export interface PlanRules {
  readonly isPruned: boolean;
  readonly unknownOptions: 'refuse' | 'warn';
  readonly rules: HostRules;
}

/** `entries`: all of etcd, with those of which only a signature is left. */
export function planDir(
  wanted: readonly WantedApp[],
  entries: readonly DesiredEntry[],
  rules: PlanRules,
): DirPlan {
  const entriesByApp = new Map(entries.map((entry) => [entry.app, entry]));
  const wantedNames = new Set<string>(wanted.map(({ app }) => app));
  const plans = wanted.map((one) =>
    planApp(one, entriesByApp.get(one.app) ?? { app: one.app }, rules),
  );
  const present = entries.filter(isThere);
  const unwanted = rules.isPruned ? present.filter(({ app }) => !wantedNames.has(app)) : [];
  const removed = unwanted.flatMap((entry): readonly PlannedApp[] => {
    const app = parseAppName(entry.app);
    return app.ok ? [{ app: app.value, action: 'remove', entry, change: undefined }] : [];
  });
  const planned = plans.flatMap(({ planned: one }) => (one === undefined ? [] : [one]));
  return {
    apps: [...planned, ...removed].sort((a, b) => (a.app < b.app ? -1 : 1)),
    problems: plans.flatMap(({ problems }) => problems),
    warnings: plans.flatMap(({ warnings }) => warnings),
    strangeNames: unwanted.map(({ app }) => app).filter((app) => !parseAppName(app).ok),
    count: present.length,
  };
}

function isThere({ ips, content }: DesiredEntry): boolean {
  return ips !== undefined || content !== undefined;
}

interface AppPlan {
  readonly planned?: PlannedApp;
  readonly problems: readonly FileProblem[];
  readonly warnings: readonly FileProblem[];
}

function planApp(wanted: WantedApp, entry: DesiredEntry, rules: PlanRules): AppPlan {
  const { app } = wanted;
  const judged = judgeWanted(wanted, rules);
  if (isThere(entry) && wanted.isRaw && isSameBytes(wanted, entry)) {
    const isHalf = wanted.ips === undefined || wanted.content === undefined;
    const problems = [...(isHalf ? [halfPair(wanted)] : []), ...judged.problems];
    return keep({ app, action: 'keep', entry, change: undefined }, problems);
  }
  const texts = readWanted(wanted);
  if (!texts.ok) return { problems: [texts.error], warnings: [] };
  const change = planChange({ entry }, { app, ...texts.value });
  if (!change.ok) return { problems: judged.problems, warnings: [] };
  if (change.value.diff === '') {
    return keep({ app, action: 'keep', entry, change: change.value }, judged.problems);
  }
  const action = isThere(entry) ? 'change' : 'create';
  return { ...judged, planned: { app, action, entry, change: change.value } };
}

/** What is as it was in etcd before is not made worse; agents refuse it themselves. */
function keep(planned: PlannedApp, problems: readonly FileProblem[]): AppPlan {
  return { planned, problems: [], warnings: problems };
}

function isSameBytes({ ips, content, rollout }: WantedApp, entry: DesiredEntry): boolean {
  const isSamePair = isSameValue(ips, entry.ips) && isSameValue(content, entry.content);
  return isSamePair && isSameValue(rollout, entry.rollout);
}

function isSameValue(value: LeafValue | undefined, leaf: Leaf | undefined): boolean {
  if (value === undefined || leaf === undefined) return value === leaf;
  const there = leaf.value;
  if (value.type === 'Text') return there.type === 'Text' && there.text === value.text;
  if (value.type === 'Binary') return there.type === 'Binary' && there.base64 === value.base64;
  return false;
}

type Texts = Omit<WantedTexts, 'app'>;

/** As planned changes compare them: hosts with commas between, the content decoded. */
function readWanted(wanted: WantedApp): Result<Texts, FileProblem> {
  const { ips, content, rollout, places } = wanted;
  if (ips === undefined || content === undefined) return err(halfPair(wanted));
  const hosts = placementText(ips);
  if (!hosts.ok) return err({ file: places.ips, problem: hosts.error });
  const text = decodeContent(content);
  if (!text.ok) return err(inFile(wanted, text.error));
  const way = rollout === undefined ? undefined : parseRollout(rollout);
  if (way?.ok === false) return err({ file: places.rollout, problem: way.error });
  // The file says how it is: without one there is no such key.
  const wayText = way === undefined ? undefined : rolloutText(way.value);
  const hostsText = placementItems(hosts.value).join(',');
  return ok({ hosts: hostsText, text: text.value, rollout: { text: wayText } });
}

function halfPair({ ips, places }: WantedApp): FileProblem {
  const [has, lacks] = ips === undefined ? ['content', 'ips'] : ['ips', 'content'];
  const message = `there is no file ${lacks} beside it`;
  return fault(places[has === 'ips' ? 'ips' : 'content'], 'E_HALF_PAIR', message, 'Add it.');
}

function judgeWanted(wanted: WantedApp, { unknownOptions, rules }: PlanRules): AppPlan {
  const problems: FileProblem[] = [];
  const warnings: FileProblem[] = [];
  const { app, ips, content, rollout, places } = wanted;
  const way = rollout === undefined ? undefined : parseRollout(rollout);
  if (way?.ok === false) problems.push({ file: places.rollout, problem: way.error });
  if (wanted.hasSecondHosts) warnings.push(secondHosts(wanted));
  if (ips !== undefined) {
    const hosts = placementText(ips);
    const placement = parsePlacement(hosts.ok ? hosts.value : '');
    const isBad = placement.isUnintelligible;
    for (const problem of placement.warnings) {
      if (!isBad) warnings.push({ file: places.ips, problem });
    }
    if (isBad) problems.push(senseless(wanted, placement.warnings));
    if (!hosts.ok) problems.push({ file: places.ips, problem: hosts.error });
    else if (hosts.value.trim() === '') problems.push(nowhere(wanted));
  }
  if (content !== undefined) {
    const judged = judgeContent(app, content, unknownOptions, rules);
    if (!judged.ok) problems.push(...judged.error.map((problem) => inFile(wanted, problem)));
    else warnings.push(...judged.value.warnings.map((problem) => inFile(wanted, problem)));
    const text = rollout?.type === 'Text' ? rollout.text : undefined;
    const checked = judged.ok && way?.ok === true ? judgeCheck(app, content, text, rules) : ok([]);
    const list = checked.ok ? warnings : problems;
    for (const problem of checked.ok ? checked.value : checked.error) {
      list.push({ file: places.rollout, problem });
    }
  }
  return { problems, warnings };
}

function senseless({ places }: WantedApp, items: readonly Problem[]): FileProblem {
  const which = items.map(({ message }) => message.replace(/: ignored/, '')).join('; ');
  const message = `no item of the placement makes sense: ${which}`;
  return fault(places.ips, 'E_NO_HOSTS', message, 'Name hosts as --hosts of publish takes them.');
}

function secondHosts({ places }: WantedApp): FileProblem {
  const message = 'another "; hosts:" below the first line is a comment, and nothing else';
  const remedy = 'Write all hosts into the first line.';
  return { file: places.ips, problem: { code: 'W_SECOND_HOSTS', line: 2, message, remedy } };
}

function nowhere({ places }: WantedApp): FileProblem {
  const message = 'no host is named, which would stop the app everywhere';
  return fault(places.ips, 'E_NO_HOSTS', message, 'If that is what you want, write !* there.');
}

function inFile({ places, linesAbove }: WantedApp, problem: Problem): FileProblem {
  const line = problem.line > 0 ? problem.line + linesAbove : 0;
  return { file: places.content, problem: { ...problem, line } };
}

/** `undefined`: it may go through. */
export function whyTooManyRemovals(removed: number, count: number): string | undefined {
  if (removed <= Math.max(3, 0.3 * count)) return undefined;
  return `${String(removed)} of ${String(count)} apps would be removed, more than max(3, 30 %)`;
}
