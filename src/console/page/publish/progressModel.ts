/**
 * How far the hosts are with a publish, from what the live feed tells: the same judgement as
 * `supervene publish --wait`. Pure.
 */
import type { LiveApp } from '../../../domain/console/live.ts';
import {
  judgeWait,
  type WaitedApp,
  type WaitProgress,
  type WaitTarget,
} from '../../../domain/fleet/fleetWait.ts';
import type { FleetRow } from '../../../domain/fleet/fleetRow.ts';
import { compareRevisions } from '../../../domain/types.ts';

export interface ProgressFleet {
  readonly apps: ReadonlyMap<string, LiveApp>;
  readonly rows: ReadonlyMap<string, FleetRow>;
}

/**
 * Whether the feed has come as far as the publish: until then what it says is about what stood there
 * before. Once heard, it stays so.
 */
export function isHeard({ app, revision, action }: WaitTarget, { apps }: ProgressFleet): boolean {
  const live = apps.get(app);
  if (action === 'unpublish') {
    return live === undefined || compareRevisions(live.revision, revision) > 0;
  }
  return live !== undefined && compareRevisions(live.revision, revision) >= 0;
}

export function judgeProgress(fleet: ProgressFleet, target: WaitTarget): WaitProgress {
  const live = fleet.apps.get(target.app);
  const wanted = live === undefined ? [] : [[target.app, waitedApp(live)] as const];
  const rows = [...fleet.rows.values()]
    .filter(({ app }) => app === target.app)
    .sort((a, b) => ((a.host ?? '') < (b.host ?? '') ? -1 : 1));
  return judgeWait({ rows, wantedByApp: new Map(wanted) }, [target]);
}

function waitedApp({ contentRevision, revision, fault }: LiveApp): WaitedApp {
  return { contentRevision: contentRevision ?? undefined, revision, fault: fault ?? undefined };
}
