/**
 * What one app's keys mean on this host: placement, content grammar, names, in that order.
 *
 * Total: whatever stands in etcd becomes one of the `Desired` variants.
 */
import { parseAppName } from '../src/domain/appName.ts';
import { decodeContent } from '../src/domain/content/decodeContent.ts';
import { parseProgram } from '../src/domain/content/parseProgram.ts';
import { hostQuestions, programFacts } from '../src/domain/content/programFacts.ts';
import { renderApp, withDefaults } from '../src/domain/content/renderApp.ts';
import type { DecisionSettings, DesiredEntry, Leaf, LeafValue } from '../src/domain/event.ts';
import { isPlacedHere, parsePlacement, type Placement } from '../src/domain/placement.ts';
import type { HostQuestion } from '../src/domain/plan.ts';
import { judgeProgram } from '../src/domain/policy/checkPolicy.ts';
import { healthcheckQuestions, judgeHealthcheck } from '../src/domain/policy/judgeHealthcheck.ts';
import { policyQuestions } from '../src/domain/policy/policyQuestions.ts';
import { err, ok, type Result } from '../src/domain/result.ts';
import type { Healthcheck } from '../src/domain/rollout/rollout.ts';
import { parseRollout } from '../src/domain/rollout/rolloutCodec.ts';
import type { AppName, Identity, Problem, ProgramOptions, Revision } from '../src/domain/types.ts';
import type { Desired, Version } from './appState.ts';
import type { IdentityState } from './state.ts';
import { type Trusted, unsignedRemoval } from './trust.ts';

const placementWarning = 'W_PLACEMENT_ITEM';

export interface Interpretation {
  readonly settings: DecisionSettings;
  readonly identity: IdentityState;
  readonly atMs: number;
  /** Its entry and meaning before, so that equal content is not parsed again. */
  readonly before: { readonly entry: DesiredEntry | undefined; readonly desired: Desired };
  /** Undefined where signatures are not looked at. */
  readonly trust?: Trusted | undefined;
}

export function interpretEntry(entry: DesiredEntry, context: Interpretation): Desired {
  const { trust } = context;
  if (trust === undefined || trust.verdict.ok) return interpretKeys(entry, context);
  const problem = trust.verdict.error;
  if (trust.isEnforced) return interpretUntrusted(entry, problem, context, trust);
  return warned(interpretKeys(entry, context), problem);
}

/** What its keys say, taken at their word. */
function interpretKeys(entry: DesiredEntry, context: Interpretation): Desired {
  const { ips, content } = entry;
  if (ips === undefined && content === undefined) {
    return { type: 'Absent', why: 'Deleted', doubt: undefined };
  }
  const name = parseAppName(entry.app);
  if (!name.ok) return { type: 'Refused', problems: [name.error] };
  if (ips === undefined) return pending('ips', context);
  const placement = readPlacement(ips.value);
  if (!placement.ok) return { type: 'Refused', problems: [placement.error] };
  const where = locate(placement.value, context.identity);
  if (where !== 'Here') return where;
  if (content === undefined) return pending('content', context);
  const same = sameContent(entry, context.before);
  if (same !== undefined) {
    const ofContent = same.warnings.filter(({ code }) => !isOfOtherKeys(code));
    return { ...same, warnings: [...placement.value.warnings, ...ofContent] };
  }
  return readContent(name.value, content, {
    rolloutLeaf: entry.rollout,
    placementWarnings: placement.value.warnings,
    settings: context.settings,
  });
}

/** What nobody who may has signed changes nothing: what runs stays, and what is gone stays gone. */
function interpretUntrusted(
  entry: DesiredEntry,
  problem: Problem,
  context: Interpretation,
  { floor, isOwned }: Trusted,
): Desired {
  const { ips, content } = entry;
  const isSignedGone = floor?.isGone === true;
  if (ips === undefined && content === undefined) {
    const doubt = isSignedGone ? undefined : unsignedRemoval(problem);
    return { type: 'Absent', why: 'Deleted', doubt };
  }
  if (isOwned && isSignedGone) {
    const why = floor.action === 'unpublish' ? 'Deleted' : 'Elsewhere';
    return { type: 'Absent', why, doubt: undefined };
  }
  const name = parseAppName(entry.app);
  if (!name.ok) return { type: 'Refused', problems: [name.error] };
  // What never was here, and is to run elsewhere, is for others to judge. What is signed to run here
  // may be on its way to the disk before any of it is owned.
  const isForOthers = !isOwned && floor?.isGone !== false;
  const placement = isForOthers && ips !== undefined ? readPlacement(ips.value) : undefined;
  if (placement?.ok === true) {
    const where = locate(placement.value, context.identity);
    if (where !== 'Here' && where.type !== 'IdentityLost') return where;
  }
  if (ips === undefined) return pending('ips', context);
  if (content === undefined) return pending('content', context);
  return { type: 'Refused', problems: [problem] };
}

/** The same, with a warning of what would be refused if signatures were enforced. */
function warned(desired: Desired, { code, ...problem }: Problem): Desired {
  if (desired.type !== 'Wanted') return desired;
  const warning = { ...problem, code: code.replace(/^E_/, 'W_') };
  return { ...desired, warnings: [...desired.warnings, warning] };
}

export function readPlacement(value: LeafValue): Result<Placement, Problem> {
  if (value.type !== 'Text') {
    return err({
      code: 'E_PLACEMENT',
      line: 0,
      message: 'the ips key is not text',
      remedy: 'Write addresses, blocks or host names separated by commas.',
    });
  }
  const placement = parsePlacement(value.text);
  if (!placement.isUnintelligible) return ok(placement);
  return err({
    code: 'E_PLACEMENT',
    line: 0,
    message: 'no item of the ips key is an address, a block, a host name or *',
    remedy: 'Write addresses, blocks or host names separated by commas; empty for nowhere.',
  });
}

function locate(placement: Placement, identity: IdentityState): Desired | 'Here' {
  const { current, lostAddresses, lostHostNames } = identity;
  // Without an identity nothing can be said of any placement: unknown is not absent.
  if (current === undefined) return { type: 'Unknown' };
  if (isPlacedHere(placement, current)) return 'Here';
  if (isPlacedHere(placement, everIdentity(identity, current))) {
    return { type: 'IdentityLost', lost: [...lostAddresses, ...lostHostNames] };
  }
  return { type: 'Absent', why: 'Elsewhere', doubt: undefined };
}

/** This host as it was ever known, lost addresses and names included. */
export function everIdentity(
  { lostAddresses, lostHostNames }: IdentityState,
  current: Identity,
): Identity {
  return {
    ...current,
    addresses: [...current.addresses, ...lostAddresses],
    hostNames: [...current.hostNames, ...lostHostNames],
  };
}

function pending(missing: 'ips' | 'content', { before, atMs }: Interpretation): Desired {
  const { desired } = before;
  if (desired.type === 'Pending' && desired.missing === missing) return desired;
  return { type: 'Pending', missing, sinceMs: atMs };
}

function sameContent({ content, rollout }: DesiredEntry, before: Interpretation['before']) {
  const isSame =
    before.desired.type === 'Wanted' &&
    before.entry?.content?.modRevision === content?.modRevision &&
    isSameText(content, before.entry?.content) &&
    (rollout === before.entry?.rollout || isSameText(rollout, before.entry?.rollout));
  return isSame && before.desired.type === 'Wanted' ? before.desired : undefined;
}

function isSameText(a: Leaf | undefined, b: Leaf | undefined): boolean {
  return a?.value.type === 'Text' && b?.value.type === 'Text' && a.value.text === b.value.text;
}

/** Said of the placement or of the signature, and said anew with them. */
function isOfOtherKeys(code: string): boolean {
  return code === placementWarning || /^W_(?:SIGNATURE|TRUST)_/.test(code);
}

interface ContentContext {
  readonly rolloutLeaf: Leaf | undefined;
  readonly placementWarnings: readonly Problem[];
  readonly settings: DecisionSettings;
}

function readContent(
  app: AppName,
  content: Leaf,
  { rolloutLeaf, placementWarnings, settings }: ContentContext,
): Desired {
  // The source keeps content only of apps placed here; the next listing brings it.
  if (content.value.type === 'Elsewhere') return { type: 'Unknown' };
  if (rolloutLeaf?.value.type === 'Elsewhere') return { type: 'Unknown' };
  const text = decodeContent(content.value);
  if (!text.ok) return { type: 'Refused', problems: [text.error] };
  const { policy, programDefaults } = settings;
  const unknownOptions = policy?.mode === 'strict' ? 'refuse' : 'warn';
  const parsed = parseProgram(app, text.value, { unknownOptions });
  if (!parsed.ok) return { type: 'Refused', problems: parsed.error };
  const judged = judgeProgram(app, parsed.value, programDefaults, policy);
  if (!judged.ok) return { type: 'Refused', problems: judged.error };
  const rollout = rolloutLeaf === undefined ? undefined : parseRollout(rolloutLeaf.value);
  if (rollout?.ok === false) return { type: 'Refused', problems: [rollout.error] };
  const healthcheck = rollout?.value.healthcheck;
  const context = { parsed: parsed.value, judged: judged.value, defaults: programDefaults, policy };
  const check = judgeHealthcheck(app, healthcheck, context);
  if (!check.ok) return { type: 'Refused', problems: check.error };
  const { options } = judged.value;
  const ofContent = [...parsed.value.warnings, ...judged.value.warnings];
  return {
    type: 'Wanted',
    version: makeVersion(app, { revision: content.modRevision, options, healthcheck }, settings),
    warnings: [...placementWarnings, ...ofContent, ...check.value],
    ...(rollout === undefined ? {} : { rollout: rollout.value }),
  };
}

interface VersionInput {
  readonly revision: Revision;
  readonly options: ProgramOptions;
  readonly healthcheck: Healthcheck | undefined;
}

function makeVersion(
  app: AppName,
  { revision, options, healthcheck }: VersionInput,
  settings: DecisionSettings,
): Version {
  const { programDefaults: defaults, groupPriority, policy } = settings;
  const input = { app, revision, options, defaults, groupPriority };
  const questions = hostQuestions(app, options, defaults);
  const merged = withDefaults(options, defaults);
  const ofPolicy = policyQuestions(app, merged, questions, policy);
  const ofCheck = healthcheck && healthcheckQuestions(app, healthcheck, merged, policy);
  return {
    revision,
    options: [...options],
    facts: programFacts(options, defaults),
    questions: [...questions, ...ofPolicy, ...(ofCheck ?? []).filter(isNotIn(ofPolicy))],
    sha256: renderApp({ ...input, isHeld: false }).sha256,
    heldSha256: renderApp({ ...input, isHeld: true }).sha256,
    ...(healthcheck === undefined ? {} : { healthcheck }),
  };
}

function isNotIn(known: readonly HostQuestion[]): (question: HostQuestion) => boolean {
  const texts = new Set(known.map((each) => JSON.stringify(each)));
  return (question) => !texts.has(JSON.stringify(question));
}

/** The same options under other settings. */
export function reviseVersion(app: AppName, version: Version, settings: DecisionSettings): Version {
  const { revision, healthcheck } = version;
  const options = new Map(version.options);
  const revised = makeVersion(app, { revision, options, healthcheck }, settings);
  return revised.sha256 === version.sha256 ? version : revised;
}

/** The file text of a version, marker and all. */
export function renderVersion(
  app: AppName,
  version: Version,
  settings: DecisionSettings,
  isHeld: boolean,
) {
  return renderApp({
    app,
    revision: version.revision,
    options: new Map(version.options),
    defaults: settings.programDefaults,
    groupPriority: settings.groupPriority,
    isHeld,
  });
}
