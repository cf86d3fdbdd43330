/**
 * How far the rollout of an app is: who has it, whose turn it is, who waits, and whether it is
 * halted. From what etcd wants, what the hosts report, and what stands below `rollouts/`. Pure.
 */
import type { HaltRecord } from '../rollout/turn.ts';
import type { Revision } from '../types.ts';
import type { FleetRow, WantedApp } from './fleetRow.ts';
import type { FleetView } from './fleetView.ts';
import { noRecords, type RolloutRecords, type RolloutSlot } from './rolloutRecords.ts';

export interface AppRollout {
  readonly app: string;
  /** Of the content in etcd; undefined when there is none. */
  readonly revision: Revision | undefined;
  /** Undefined: all hosts at once. */
  readonly maxUnavailable: number | undefined;
  readonly state: RolloutState;
  /** Places where it is to run. */
  readonly total: number;
  /** Those that run this content, and have proved it. */
  readonly done: number;
  readonly turns: readonly RolloutTurn[];
  /** Hosts that are neither done nor in their turn, nor have failed. */
  readonly waiting: readonly FleetRow[];
  /** Hosts that refuse it, or took it back. */
  readonly failed: readonly FleetRow[];
  /** Only one that counts: of this content. */
  readonly halt: HaltRecord | undefined;
}

export type RolloutState =
  | 'UnderWay'
  /** This content goes to no further host. */
  | 'Halted'
  | 'Idle';

export interface RolloutTurn {
  readonly slot: number;
  /** Undefined: what stands there cannot be read. */
  readonly host: string | undefined;
  readonly revision: Revision | undefined;
  readonly sinceMs: number | undefined;
  /** Its agent is gone, in its turn: nobody takes that turn until it is back, or forgotten. */
  readonly isLost: boolean;
}

/** Those that are under way, or halted; sorted by app. */
export function rolloutsUnderWay(
  view: FleetView,
  recordsByApp: ReadonlyMap<string, RolloutRecords>,
): readonly AppRollout[] {
  const rowsByApp = new Map<string, FleetRow[]>();
  for (const row of view.rows) {
    const there = rowsByApp.get(row.app);
    if (there === undefined) rowsByApp.set(row.app, [row]);
    else there.push(row);
  }
  return view.apps
    .map((app) => rolloutOf(app, rowsByApp.get(app) ?? [], view, recordsByApp.get(app)))
    .filter(({ state }) => state !== 'Idle');
}

export function appRollout(
  app: string,
  view: FleetView,
  recordsByApp: ReadonlyMap<string, RolloutRecords>,
): AppRollout {
  const rows = view.rows.filter((row) => row.app === app);
  return rolloutOf(app, rows, view, recordsByApp.get(app));
}

function rolloutOf(
  app: string,
  all: readonly FleetRow[],
  view: FleetView,
  records: RolloutRecords = noRecords,
): AppRollout {
  const wanted = view.wantedByApp.get(app);
  const rows = all.filter(({ desiredRevision }) => desiredRevision !== undefined);
  const turns = records.slots.map(turnOf);
  const inTurn = new Set(turns.map(({ host }) => host));
  const open = rows.filter(({ condition }) => condition !== 'converged');
  const failed = open.filter(hasFailed);
  const waiting = open.filter((row) => !hasFailed(row) && !inTurn.has(row.host));
  const halt = haltOf(wanted, records);
  return {
    app,
    revision: wanted?.contentRevision,
    maxUnavailable: wanted?.maxUnavailable,
    state: stateOf(halt, turns, waiting, wanted),
    total: rows.length,
    done: rows.length - open.length,
    ...{ turns, waiting, failed, halt },
  };
}

function hasFailed({ condition }: FleetRow): boolean {
  return condition === 'quarantined' || condition === 'rolled-back';
}

function turnOf({ slot, turn, begun }: RolloutSlot): RolloutTurn {
  const said = turn?.said ?? begun?.said;
  return {
    slot,
    host: said?.host,
    revision: said?.revision,
    sinceMs: said?.sinceMs,
    isLost: turn === undefined,
  };
}

/** It is about one content, and no other. */
export function haltOf(
  wanted: WantedApp | undefined,
  { halt }: Pick<RolloutRecords, 'halt'>,
): HaltRecord | undefined {
  const said = halt?.said;
  const isOfThis = said !== undefined && said.revision === wanted?.contentRevision;
  return isOfThis ? said : undefined;
}

function stateOf(
  halt: HaltRecord | undefined,
  turns: readonly RolloutTurn[],
  waiting: readonly FleetRow[],
  wanted: WantedApp | undefined,
): RolloutState {
  if (halt !== undefined) return 'Halted';
  if (turns.length > 0) return 'UnderWay';
  // A host that is lost, or held for another reason, is not on its way to anything.
  const isRolling = wanted?.maxUnavailable !== undefined;
  return isRolling && waiting.some(isOnItsWay) ? 'UnderWay' : 'Idle';
}

/** `RolloutHalted` without a halt: it has just been resumed. */
function isOnItsWay({ condition, code }: FleetRow): boolean {
  return condition === 'converging' || code === 'AwaitingTurn' || code === 'RolloutHalted';
}
