/**
 * What etcd wants of an app, as far as the fleet must know it: where it is to run, at which revision,
 * and what every agent has against it. No content is kept for that. Pure.
 */
import { parseAppName } from '../appName.ts';
import { decodeContent } from '../content/decodeContent.ts';
import { parseProgram } from '../content/parseProgram.ts';
import type { DesiredEntry, Leaf } from '../event.ts';
import { parsePlacement, type Placement } from '../placement.ts';
import { type Result, ok } from '../result.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { parseRollout } from '../rollout/rolloutCodec.ts';
import { compareRevisions, type Problem, type Revision } from '../types.ts';

/** What etcd says of an app, as far as the fleet must know it: no content. */
export interface WantedApp {
  readonly app: string;
  /** Undefined when there is none that can be read: nobody knows whose it is. */
  readonly placement: Placement | undefined;
  /** What hosts report as their wanted revision; undefined without content. */
  readonly contentRevision: Revision | undefined;
  /** Of whichever of its two keys is newer. */
  readonly revision: Revision;
  /** On so many hosts it may be out of service while it changes; undefined: on all of them. */
  readonly maxUnavailable: number | undefined;
  /** Why no agent can do as it says. */
  readonly fault: AppFault | undefined;
  /** Its placement as it is written; undefined when there is none, or it is no text. */
  readonly ips: string | undefined;
  readonly isSigned: boolean;
}

/** The keys of an app, with no more of its content than what is the matter with it. */
export interface AppFacts extends Pick<DesiredEntry, 'app' | 'ips' | 'rollout' | 'signature'> {
  readonly content?: JudgedContent;
}

export interface JudgedContent {
  readonly modRevision: Revision;
  readonly fault: AppFault | undefined;
}

export interface AppFault {
  readonly condition: 'quarantined' | 'held';
  readonly code: string;
  readonly reason: string;
}

/** Undefined for an app that is not there. */
export function wantedApp({ content, ...entry }: DesiredEntry): WantedApp | undefined {
  const judged = content === undefined ? {} : { content: judgeContent(entry.app, content) };
  return wantedOf({ ...entry, ...judged });
}

export function judgeContent(app: string, { modRevision, value }: Leaf): JudgedContent {
  return { modRevision, fault: contentFault(app, value) };
}

/** Undefined for an app that is not there. */
export function wantedOf(facts: AppFacts): WantedApp | undefined {
  const { app, ips, content } = facts;
  const revision = newestRevision(facts);
  if (revision === undefined) return undefined;
  const placement = ips?.value.type === 'Text' ? parsePlacement(ips.value.text) : undefined;
  const isPlacementReadable = placement?.isUnintelligible === false;
  const rollout = readRollout(facts);
  return {
    app,
    placement: isPlacementReadable ? placement : undefined,
    contentRevision: content?.modRevision,
    revision,
    maxUnavailable: rollout.ok ? rollout.value?.maxUnavailable : undefined,
    fault: faultOf(facts, isPlacementReadable, rollout),
    ips: ips?.value.type === 'Text' ? ips.value.text : undefined,
    isSigned: facts.signature !== undefined,
  };
}

/** `ok(undefined)`: there is none. */
export function readRollout({
  rollout,
}: Pick<DesiredEntry, 'rollout'>): Result<Rollout | undefined, Problem> {
  if (rollout === undefined) return ok(undefined);
  return parseRollout(rollout.value);
}

/** Of whichever of its two keys is newer; undefined for an app that is not there. */
export function newestRevision({
  ips,
  content,
}: {
  readonly ips?: Pick<Leaf, 'modRevision'>;
  readonly content?: Pick<Leaf, 'modRevision'>;
}): Revision | undefined {
  if (ips === undefined || content === undefined) return (ips ?? content)?.modRevision;
  const isPlacementNewer = compareRevisions(ips.modRevision, content.modRevision) > 0;
  return isPlacementNewer ? ips.modRevision : content.modRevision;
}

/** What every agent has against it, in the order in which agents look. */
function faultOf(
  { app, ips, content }: AppFacts,
  isPlacementReadable: boolean,
  rollout: ReturnType<typeof readRollout>,
): AppFault | undefined {
  const name = parseAppName(app);
  if (!name.ok) return refused(name.error.code, name.error.message);
  if (ips === undefined) return halfPair('ips');
  if (!isPlacementReadable) return refused('E_PLACEMENT', 'no item of its placement makes sense');
  if (content === undefined) return halfPair('content');
  if (content.fault !== undefined) return content.fault;
  return rollout.ok ? undefined : refused(rollout.error.code, rollout.error.message);
}

/** Undefined for one of an app whose name is none: that is said first. */
function contentFault(app: string, value: Leaf['value']): AppFault | undefined {
  const name = parseAppName(app);
  if (!name.ok) return undefined;
  const text = decodeContent(value);
  if (!text.ok) return refused(text.error.code, text.error.message);
  const parsed = parseProgram(name.value, text.value, { unknownOptions: 'warn' });
  const problem = parsed.ok ? undefined : parsed.error[0];
  if (problem === undefined) return undefined;
  const place = problem.line > 0 ? `line ${String(problem.line)}: ` : '';
  return refused(problem.code, `${place}${problem.message}`);
}

function refused(code: string, reason: string): AppFault {
  return { condition: 'quarantined', code, reason };
}

export const halfPairCode = 'E_HALF_PAIR';

function halfPair(missing: string): AppFault {
  const reason = `its key ${missing} is missing: publish it with both, or unpublish it`;
  return { condition: 'held', code: halfPairCode, reason };
}

/** Nobody who looks can tell them apart. */
export function isSameWanted(a: WantedApp, b: WantedApp): boolean {
  return (
    a.ips === b.ips &&
    a.contentRevision === b.contentRevision &&
    a.revision === b.revision &&
    a.maxUnavailable === b.maxUnavailable &&
    a.isSigned === b.isSigned &&
    a.fault?.condition === b.fault?.condition &&
    a.fault?.code === b.fault?.code &&
    a.fault?.reason === b.fault?.reason
  );
}
