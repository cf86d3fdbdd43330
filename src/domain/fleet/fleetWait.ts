/**
 * How far the hosts are with what was just published: who runs it, who is on the way, who never will.
 *
 * Running means what agents mean by it: supervisord has that content, and its processes have outlived
 * their `startsecs`. Pure: the time-out is the caller's.
 */
import { compareRevisions, type Revision } from '../types.ts';
import type { FleetView } from './fleetView.ts';
import { type FleetRow, halfPairCode } from './fleetRow.ts';

export interface WaitTarget {
  readonly app: string;
  /** Of the transaction that published or removed it; of the newest of its keys when it stays as it is. */
  readonly revision: Revision;
  readonly action: 'publish' | 'unpublish';
}

export interface WaitedRow extends FleetRow {
  readonly stage: WaitStage;
}

/** `failed` and `lost` are not waited for: nothing but another publish, or somebody, helps there. */
export type WaitStage = 'done' | 'pending' | 'lost' | 'failed';

export interface WaitProgress {
  /** Sorted as the view is; hosts that are rid of an app are not in here. */
  readonly rows: readonly WaitedRow[];
  /** What somebody else has done to these apps since, by app: they are not waited for. */
  readonly superseded: ReadonlyMap<string, string>;
  /** Apps whose placement names no host, and which none is to get rid of any more. */
  readonly nobody: readonly string[];
  readonly verdict: 'Waiting' | 'Done' | 'Failed';
}

export function judgeWait(view: FleetView, targets: readonly WaitTarget[]): WaitProgress {
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
  if (rows.some(({ stage }) => stage === 'pending')) return 'Waiting';
  if (superseded.size > 0 || rows.some(({ stage }) => stage === 'lost')) return 'Failed';
  return 'Done';
}

function supersededBy(view: FleetView, target: WaitTarget): string | undefined {
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

function stageOf({ condition }: FleetRow): WaitStage {
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
