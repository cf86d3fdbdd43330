/** What halting a rollout, or letting it go on, comes to: from what was read of the fleet. Pure. */
import type { FleetView } from '../../domain/fleet/fleetView.ts';
import {
  noRecords,
  type RolloutRecords,
  type RolloutSlot,
} from '../../domain/fleet/rolloutRecords.ts';
import { haltOf } from '../../domain/fleet/rolloutView.ts';
import { nearest } from '../../domain/nearest.ts';
import { quote } from '../../domain/quote.ts';
import type { HaltRecord } from '../../domain/rollout/turn.ts';
import type { AppName, Revision } from '../../domain/types.ts';
import type { Fault } from '../commandIo.ts';
import type { FleetReading } from '../fleet/openFleet.ts';
import type { LostTurn, RolloutChange } from './changeRollout.ts';

export type HaltDecision =
  | Readonly<{ type: 'Fault'; fault: Fault }>
  | Readonly<{ type: 'Already'; revision: Revision; halt: HaltRecord }>
  | Readonly<{ type: 'Change'; revision: Revision; change: RolloutChange }>;

export function decideHalt(
  app: AppName,
  reading: FleetReading,
  said: Pick<HaltRecord, 'by' | 'reason' | 'atMs'>,
): HaltDecision {
  const { view, rollouts } = reading;
  const wanted = view.wantedByApp.get(app);
  if (wanted === undefined) return { type: 'Fault', fault: noSuchApp(reading, app) };
  const { contentRevision: revision, maxUnavailable } = wanted;
  if (revision === undefined || maxUnavailable === undefined) {
    return { type: 'Fault', fault: changesAtOnce(app) };
  }
  const records = rollouts.get(app) ?? noRecords;
  const already = haltOf(wanted, records);
  if (already !== undefined) return { type: 'Already', revision, halt: already };
  const halt = { revision, code: 'ByHand', ...said };
  return { type: 'Change', revision, change: { type: 'Halt', app, before: records.halt, halt } };
}

export type ResumeDecision =
  | Readonly<{ type: 'Fault'; fault: Fault }>
  | Readonly<{
      type: 'Decided';
      halt: RolloutRecords['halt'];
      /** Those that nobody holds, which are free then. */
      turns: readonly LostTurn[];
      /** Undefined: there is nothing to change. */
      change: RolloutChange | undefined;
    }>;

export function decideResume(app: AppName, reading: FleetReading): ResumeDecision {
  const { view, rollouts } = reading;
  const records = rollouts.get(app);
  if (records === undefined && !view.apps.includes(app)) {
    return { type: 'Fault', fault: noSuchApp(reading, app) };
  }
  const { halt, slots } = records ?? noRecords;
  const turns = slots.flatMap((slot) => lostTurn(slot, view));
  const isChanged = halt !== undefined || turns.length > 0;
  const change = isChanged ? ({ type: 'Resume', app, halt, turns } as const) : undefined;
  return { type: 'Decided', halt, turns, change };
}

/**
 * An agent that lives will take up its turn again; what stands there without a lease it need not, nor
 * what another one of its name has begun.
 */
function lostTurn({ slot, turn, left, begun }: RolloutSlot, view: FleetView): readonly LostTurn[] {
  if (turn !== undefined) return [];
  const said = begun?.said;
  const living = view.hosts.find((one) => one.isAlive && one.host === said?.host);
  const instance = living?.report?.instance ?? said?.instance;
  const isOfAnother = living !== undefined && instance !== said?.instance;
  const isAlive = living !== undefined && !isOfAnother;
  const begunRevision = isAlive ? undefined : begun?.modRevision;
  const leftRevision = left?.modRevision;
  if (begunRevision === undefined && leftRevision === undefined) return [];
  const isUnreadable = [left, begun].some((one) => one !== undefined && one.said === undefined);
  const host = isAlive ? undefined : said?.host;
  return [{ slot, begunRevision, leftRevision, host, isOfAnother, isUnreadable }];
}

function changesAtOnce(app: AppName): Fault {
  return {
    message: `${app} changes on all its hosts at once: there is nothing to halt`,
    remedy: `\`supervene publish ${app} --max-unavailable N\` lets the next content go through its hosts`,
  };
}

export function changedMeanwhile(app: AppName): Fault {
  return {
    message: `${app} was changed meanwhile by somebody, or a host of it came back; nothing was written`,
    remedy: `look at it with \`supervene rollout ${app}\`, and try again`,
  };
}

export function noSuchApp({ view }: FleetReading, app: string): Fault {
  const best = nearest(app, view.apps);
  const remedy = best === undefined ? '`supervene apps` lists them' : `did you mean ${best}?`;
  return { message: `there is no app ${quote(app)}`, remedy };
}
