/**
 * How far the hosts are with what was just published: who runs it, who is on the way, who never will.
 *
 * Running means what agents mean by it: supervisord has that content, and its processes have outlived
 * their `startsecs`. Pure: the time-out is the caller's.
 */
import { compareRevisions, type Revision } from '../types.ts';
import type { HeldCode } from '../plan.ts';
import type { FleetRow } from './fleetRow.ts';
import { type AppFault, halfPairCode } from './wantedApp.ts';

/** As much of a `FleetView` as is looked at. */
export interface WaitView {
  readonly rows: readonly FleetRow[];
  readonly wantedByApp: ReadonlyMap<string, WaitedApp>;
}

export interface WaitedApp {
  readonly contentRevision: Revision | undefined;
  readonly revision: Revision;
  readonly fault: Pick<AppFault, 'code'> | undefined;
}

export interface WaitTarget {
  readonly app: string;
  /** Of the transaction that published or removed it; of the newest of its keys when it stays as it is. */
  readonly revision: Revision;
  readonly action: 'publish' | 'unpublish';
}

export interface WaitedRow extends FleetRow {
  readonly stage: WaitStage;
}

/**
 * `failed`, `halted` and `lost` are not waited for: nothing but another publish, or somebody, helps
 * there.
 */
export type WaitStage = 'done' | 'pending' | 'lost' | 'failed' | 'halted';

export interface WaitProgress {
  /** Sorted as the view is; hosts that are rid of an app are not in here. */
  readonly rows: readonly WaitedRow[];
  /** What somebody else has done to these apps since, by app: they are not waited for. */
  readonly superseded: ReadonlyMap<string, string>;
  /** Apps whose placement names no host, and which none is to get rid of any more. */
  readonly nobody: readonly string[];
  readonly verdict: 'Waiting' | 'Done' | 'Failed';
}

export function judgeWait(view: WaitView, targets: readonly WaitTarget[]): WaitProgress {
  const superseded = new Map<string, string>();
  const waited = new Map<string, WaitTarget>();
  for (const target of targets) {
    const why = supersededBy(view, target);
    if (why === undefined) waited.set(target.app, target);
    else superseded.set(target.app, why);
  }
  const rows = view.rows
    .filter(({ app }) => waited.has(app))
    .map((row) => ({ ...row, stage: stageOf(row) }));
  const withRows = new Set(rows.map(({ app }) => app));
  const nobody = [...waited.values()]
    .filter(({ app, action }) => action === 'publish' && !withRows.has(app))
    .map(({ app }) => app);
  return { rows, superseded, nobody, verdict: verdictOf(rows, superseded) };
}

function verdictOf(
  rows: readonly WaitedRow[],
  superseded: ReadonlyMap<string, string>,
): WaitProgress['verdict'] {
  if (rows.some(({ stage }) => stage === 'failed')) return 'Failed';
  if (rows.some((row) => row.stage === 'halted' && !isInSomeonesTurn(row.app, rows)))
    return 'Failed';
  if (rows.some(({ stage }) => stage === 'pending')) return 'Waiting';
  if (superseded.size > 0 || rows.some(({ stage }) => stage === 'lost')) return 'Failed';
  return 'Done';
}

/**
 * Others have heard of a halt before the host in its turn has told how it ended there. It tells soon,
 * and it alone knows where the rollout failed.
 */
function isInSomeonesTurn(app: string, rows: readonly WaitedRow[]): boolean {
  return rows.some(
    (row) => row.app === app && row.condition === 'converging' && row.code !== awaitingCode,
  );
}

function supersededBy(view: WaitView, target: WaitTarget): string | undefined {
  const { app, revision, action } = target;
  const wanted = view.wantedByApp.get(app);
  if (action === 'unpublish') {
    return wanted === undefined ? undefined : `${app} was published again meanwhile`;
  }
  if (wanted === undefined) return `${app} was unpublished meanwhile`;
  if (wanted.fault?.code === halfPairCode) return `${app} has but one of its two keys now`;
  const { contentRevision, revision: newest } = wanted;
  if (compareRevisions(newest, revision) <= 0) return undefined;
  if (contentRevision !== undefined && compareRevisions(contentRevision, revision) > 0) {
    return `${app} was published again meanwhile, at revision ${contentRevision}`;
  }
  return `${app} was placed elsewhere meanwhile, at revision ${newest}`;
}

/** What hosts report that are not to have it: it stays as it is there. */
export const haltedCode = 'RolloutHalted' satisfies HeldCode;
/** What hosts report that wait for others. */
export const awaitingCode = 'AwaitingTurn' satisfies HeldCode;

/** A rollout that ended before it was everywhere. */
export interface BrokenRollout {
  readonly app: string;
  readonly total: number;
  readonly done: readonly WaitedRow[];
  /** Where it failed; empty when somebody halted it. */
  readonly failed: readonly WaitedRow[];
  /** What is there stays there. */
  readonly stays: readonly WaitedRow[];
}

/** Sorted as the rows are. Hosts stop waiting for a turn when they have heard of a failure. */
export function brokenRollouts({ rows }: Pick<WaitProgress, 'rows'>): readonly BrokenRollout[] {
  const apps = new Set(rows.map(({ app }) => app));
  return [...apps].flatMap((app) => {
    const ofApp = rows.filter((row) => row.app === app);
    const done = ofApp.filter(({ stage }) => stage === 'done');
    const failed = ofApp.filter(({ stage }) => stage === 'failed');
    const isHalted = ofApp.some(({ stage }) => stage === 'halted');
    const stays = ofApp.filter(({ code }) => code === haltedCode || code === awaitingCode);
    const isBroken = isHalted || (failed.length > 0 && stays.length > 0);
    return isBroken ? [{ app, total: ofApp.length, done, failed, stays }] : [];
  });
}

function stageOf({ condition, code }: FleetRow): WaitStage {
  if (code === haltedCode) return 'halted';
  switch (condition) {
    case 'converged':
      return 'done';
    case 'quarantined':
    case 'rolled-back':
      return 'failed';
    case 'lost':
      return 'lost';
    case 'held':
    case 'converging':
      return 'pending';
    default:
      return condition satisfies never;
  }
}
