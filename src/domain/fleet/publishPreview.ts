/**
 * What each host would do if an app's keys were changed from one state to another: what the page
 * shows before anything is published, and before a rollback.
 *
 * By the rules that agents go by: the same placement test, and the same rendering, so that content
 * which comes to the same file restarts nothing. What only a host knows (its policy, its users, its
 * defaults for programs) is not asked here: a host may still refuse what this says it will do. Pure.
 */
import type { AppName, Problem, ProcessState, Revision } from '../types.ts';
import { compareText, type FleetRow } from './fleetRow.ts';
import { createHostIndex } from './hostIndex.ts';
import { canonical, type Defaults, type Reading, readTexts } from './previewTexts.ts';
import type { AppTexts } from './publication.ts';

export type PreviewAction = 'Start' | 'Restart' | 'Stop' | 'Nothing' | 'Unknown';

export type PreviewWhy =
  /** Start: it is not placed there yet; it is, but nothing of it runs. */
  | 'NewHere'
  | 'RunsNothing'
  /** Restart: other content; the host has kept something older. */
  | 'ContentChanged'
  | 'HasOlder'
  /** Stop. */
  | 'PlacedElsewhere'
  | 'Unpublished'
  /** Stop of what runs, or Nothing where nothing does: the content says autostart=false. */
  | 'AutostartOff'
  /** Nothing: the same file; the file that is there already; still refused; an operator's stop. */
  | 'SameContent'
  | 'HasItAlready'
  | 'StaysRefused'
  | 'OperatorStop'
  /**
   * Unknown: its agent does not answer; neither does it, and an operator may have stopped it there; no
   * host answers to that name; agents refuse it.
   */
  | 'Lost'
  | 'MayBeStopped'
  | 'NeverSeen'
  | 'Refused';

export interface PreviewRow {
  /** A `host.id`, or an item of the placement that no host answers to. */
  readonly host: string;
  readonly action: PreviewAction;
  readonly why: PreviewWhy;
  /** Of an `Unknown`: what is to be done as soon as its host answers. */
  readonly then: PreviewAction | undefined;
  /** It is changed when its turn comes, and not before. */
  readonly isInTurn: boolean;
  /** What the host says of the app now, where that is not as it should be. */
  readonly now: Pick<FleetRow, 'condition' | 'code' | 'reason'> | undefined;
}

export interface PublishPreview {
  /** Hosts that the placement names before or after, sorted; each once. */
  readonly rows: readonly PreviewRow[];
  /** Hosts that neither names: nothing happens there. */
  readonly untouched: number;
  /** On so many hosts it may be out of service at once; undefined: on all of them. */
  readonly maxUnavailable: number | undefined;
  /** Why no agent would do as it says; empty when they would. */
  readonly refusals: readonly Problem[];
}

export interface PreviewHost {
  readonly host: string;
  readonly isAlive: boolean;
  readonly addresses: readonly string[];
  readonly hostNames: readonly string[];
}

export interface PreviewFleet {
  readonly hosts: readonly PreviewHost[];
  /** Those of other apps are passed over. */
  readonly rows: Iterable<FleetRow>;
}

/** What is known beside the texts; each part may be missing. */
export interface PreviewHints {
  /** Contents of other revisions, decoded: what hosts have that took back what etcd wants. */
  readonly contents?: ReadonlyMap<Revision, string>;
  /** Options for what the content does not set. */
  readonly defaults?: Defaults;
}

/** `before` and `after` are undefined when there is no app. */
export function previewPublish(
  app: AppName,
  change: { readonly before: AppTexts | undefined; readonly after: AppTexts | undefined },
  fleet: PreviewFleet,
  hints: PreviewHints = {},
): PublishPreview {
  const index = createHostIndex(
    fleet.hosts.map(({ host, hostNames, addresses }) => ({ hostId: host, hostNames, addresses })),
  );
  const read = (texts: AppTexts | undefined) => readTexts(app, texts, hints.defaults, index);
  const [before, after] = [read(change.before), read(change.after)];
  const scene: Scene = {
    ...{ before, after },
    isUnpublished: change.after === undefined,
    rowsByHost: rowsOf(app, fleet.rows),
    textOf: (revision) => {
      const text = hints.contents?.get(revision);
      return text === undefined ? undefined : canonical(app, text, hints.defaults)?.text;
    },
  };
  const known = fleet.hosts
    .filter(({ host }) => before.hosts.has(host) || after.hosts.has(host))
    .map((host) => rowOf(scene, host));
  const strangers = after.unanswered.map((item) => strangerRow(scene, item));
  return {
    rows: [...known, ...strangers].sort((a, b) => compareText(a.host, b.host)),
    untouched: fleet.hosts.length - known.length,
    maxUnavailable: after.maxUnavailable,
    refusals: after.refusals,
  };
}

interface Scene {
  readonly before: Reading;
  readonly after: Reading;
  readonly isUnpublished: boolean;
  readonly rowsByHost: ReadonlyMap<string, FleetRow>;
  /** As the host's file would be; undefined when nobody knows. */
  readonly textOf: (revision: Revision) => string | undefined;
}

function rowsOf(app: AppName, rows: Iterable<FleetRow>): ReadonlyMap<string, FleetRow> {
  const found = new Map<string, FleetRow>();
  for (const row of rows) if (row.app === app && row.host !== undefined) found.set(row.host, row);
  return found;
}

function rowOf(scene: Scene, { host, isAlive }: PreviewHost): PreviewRow {
  const row = scene.rowsByHost.get(host);
  const { action, why } = judge(scene, host, row);
  const isInTurn =
    scene.after.maxUnavailable !== undefined &&
    (action === 'Restart' || why === 'AutostartOff') &&
    isServing(row);
  const isToldOf = row !== undefined && row.condition !== 'converged';
  const now = isToldOf
    ? { condition: row.condition, code: row.code, reason: row.reason }
    : undefined;
  if (isAlive || action === 'Nothing' || action === 'Unknown') {
    return { host, action, why, then: undefined, isInTurn, now };
  }
  return { host, action: 'Unknown', why: 'Lost', then: action, isInTurn, now };
}

interface Verdict {
  readonly action: PreviewAction;
  readonly why: PreviewWhy;
}

/** The first answer wins. */
function judge(scene: Scene, host: string, row: FleetRow | undefined): Verdict {
  const { before, after, isUnpublished } = scene;
  if (!after.hosts.has(host)) {
    const isRefused = after.refusals.length > 0;
    // What agents cannot read takes nothing away.
    if (isRefused) return { action: 'Unknown', why: 'Refused' };
    return { action: 'Stop', why: isUnpublished ? 'Unpublished' : 'PlacedElsewhere' };
  }
  const isKept = before.hosts.has(host) && isSameContent(before, after);
  if (isKept) return whyKept(row);
  const { program } = after;
  if (program === undefined || after.refusals.length > 0) {
    return { action: 'Unknown', why: 'Refused' };
  }
  const there = loadedText(scene, host, row);
  if (there !== undefined && there === program.text)
    return { action: 'Nothing', why: 'HasItAlready' };
  const isThere = there !== undefined || row?.appliedRevision !== undefined;
  const states = row?.processes.map(({ state }) => state);
  const isUp = isThere && (states === undefined || states.some(isActive));
  if (row?.code === 'OperatorStop' && !isUp) return { action: 'Nothing', why: 'OperatorStop' };
  if (isThere && wasStopped(row)) return { action: 'Unknown', why: 'MayBeStopped' };
  if (!program.isAutostart) return { action: isUp ? 'Stop' : 'Nothing', why: 'AutostartOff' };
  if (!isThere) return { action: 'Start', why: before.hosts.has(host) ? 'RunsNothing' : 'NewHere' };
  if (!isUp) return { action: 'Start', why: 'RunsNothing' };
  return { action: 'Restart', why: isBehind(row) ? 'HasOlder' : 'ContentChanged' };
}

function isSameContent(before: Reading, after: Reading): boolean {
  if (before.content === after.content) return true;
  return before.program !== undefined && before.program.text === after.program?.text;
}

/** Content that a host refuses, or took back, is not tried again because it is published again. */
function whyKept(row: FleetRow | undefined): Verdict {
  const isRefused = row?.condition === 'quarantined' || row?.condition === 'rolled-back';
  return { action: 'Nothing', why: isRefused ? 'StaysRefused' : 'SameContent' };
}

/** What its file is now; undefined for none, and when nobody knows. */
function loadedText(
  { before, textOf }: Scene,
  host: string,
  row: FleetRow | undefined,
): string | undefined {
  if (row === undefined) return before.hosts.has(host) ? before.program?.text : undefined;
  const { appliedRevision, desiredRevision } = row;
  if (appliedRevision === undefined) return undefined;
  return appliedRevision === desiredRevision ? before.program?.text : textOf(appliedRevision);
}

/** Of a host that is lost nobody knows any more whether it was an operator who stopped it. */
function wasStopped(row: FleetRow | undefined): boolean {
  if (row?.doubt !== 'AgentLost' || row.processes.length === 0) return false;
  return row.processes.every(({ state }) => state === 'STOPPED');
}

function isBehind(row: FleetRow | undefined): boolean {
  return row?.appliedRevision !== undefined && row.appliedRevision !== row.desiredRevision;
}

function isActive(state: ProcessState): boolean {
  return state === 'STARTING' || state === 'RUNNING' || state === 'BACKOFF' || state === 'STOPPING';
}

/** What is down serves nobody: it is changed at once. */
function isServing(row: FleetRow | undefined): boolean {
  if (row === undefined) return true;
  return row.processes.some(({ state }) => state === 'RUNNING' || state === 'STARTING');
}

/** Nobody has ever heard of a host by that name. */
function strangerRow({ before, after }: Scene, item: string): PreviewRow {
  const isRefused = after.refusals.length > 0;
  const isOld = before.unanswered.includes(item) && isSameContent(before, after);
  return {
    host: item,
    action: isOld ? 'Nothing' : 'Unknown',
    why: isOld ? 'SameContent' : isRefused ? 'Refused' : 'NeverSeen',
    then: isOld || isRefused ? undefined : 'Start',
    isInTurn: false,
    now: undefined,
  };
}

/** How many hosts each thing happens on. */
export function countActions(
  rows: readonly Pick<PreviewRow, 'action'>[],
): Readonly<Record<PreviewAction, number>> {
  const counts = { Start: 0, Restart: 0, Stop: 0, Nothing: 0, Unknown: 0 };
  for (const { action } of rows) counts[action] += 1;
  return counts;
}
