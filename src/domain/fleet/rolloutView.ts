/**
 * How far the rollout of an app is: who has it, whose turn it is, who waits, and whether it is
 * halted. From what etcd wants, what the hosts report, and what stands below `rollouts/`. Pure.
 */
import type { HaltRecord } from '../rollout/turn.ts';
import { compareRevisions, type Revision } from '../types.ts';
import type { FleetRow } from './fleetRow.ts';
import type { FleetView } from './fleetView.ts';
import { noRecords, type RolloutRecords, type RolloutSlot } from './rolloutRecords.ts';
import type { WantedApp } from './wantedApp.ts';

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
  /** What stands in its place cannot be read: it halts everything. */
  readonly isHaltUnreadable: boolean;
}

export type RolloutState =
  | 'UnderWay'
  /** This content goes to no further host. */
  | 'Halted'
  /** Nobody is on the way, and some cannot be. */
  | 'Stuck'
  | 'Idle';

export interface RolloutTurn {
  readonly slot: number;
  /** Undefined: what stands there cannot be read. */
  readonly host: string | undefined;
  readonly revision: Revision | undefined;
  readonly sinceMs: number | undefined;
  /** Its agent is gone, in its turn: nobody takes that turn until it is back, or forgotten. */
  readonly isLost: boolean;
  /** It stands there without a lease: nobody holds it. */
  readonly isLeft: boolean;
}

/** Those that are not idle; sorted by app. */
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
    .map((app) => {
      const wanted = view.wantedByApp.get(app);
      return rolloutOf(app, rowsByApp.get(app) ?? [], wanted, recordsByApp.get(app));
    })
    .filter(({ state }) => state !== 'Idle');
}

export function appRollout(
  app: string,
  view: FleetView,
  recordsByApp: ReadonlyMap<string, RolloutRecords>,
): AppRollout {
  const rows = view.rows.filter((row) => row.app === app);
  return rolloutOf(app, rows, view.wantedByApp.get(app), recordsByApp.get(app));
}

/** `all`: its rows. */
export function rolloutOf(
  app: string,
  all: readonly FleetRow[],
  wanted: WantedApp | undefined,
  records: RolloutRecords = noRecords,
): AppRollout {
  const rows = all.filter(isRolledOut);
  const open = rows.filter(isOpen);
  return rolloutOfOpen(app, { open, total: rows.length }, wanted, records);
}

/** Of an app that is to run there. */
export function isRolledOut({ desiredRevision }: FleetRow): boolean {
  return desiredRevision !== undefined;
}

export function isOpen({ condition }: FleetRow): boolean {
  return condition !== 'converged';
}

/** Of its rows those that are to run: how many, and which of them are open. */
export interface OpenRows {
  readonly open: readonly FleetRow[];
  readonly total: number;
}

export function rolloutOfOpen(
  app: string,
  { open, total }: OpenRows,
  wanted: WantedApp | undefined,
  records: RolloutRecords = noRecords,
): AppRollout {
  const turns = records.slots.map(turnOf);
  const inTurn = new Set(turns.map(({ host }) => host));
  const failed = open.filter(hasFailed);
  const waiting = open.filter((row) => !hasFailed(row) && !inTurn.has(row.host));
  const halt = haltOf(wanted, records);
  const isHaltUnreadable = isInTheWay(wanted, records);
  const isHalted = halt !== undefined || isHaltUnreadable;
  return {
    app,
    revision: wanted?.contentRevision,
    maxUnavailable: wanted?.maxUnavailable,
    state: isHalted ? 'Halted' : stateOf(turns, open, waiting, wanted),
    total,
    done: total - open.length,
    ...{ turns, waiting, failed, halt, isHaltUnreadable },
  };
}

function hasFailed({ condition }: FleetRow): boolean {
  return condition === 'quarantined' || condition === 'rolled-back';
}

function turnOf({ slot, turn, left, begun }: RolloutSlot): RolloutTurn {
  const there = [turn, left, begun].filter((one) => one !== undefined);
  // Half of it tells no agent that it is its own.
  const said = there.every((one) => one.said !== undefined) ? there[0]?.said : undefined;
  return {
    slot,
    host: said?.host,
    revision: said?.revision,
    sinceMs: said?.sinceMs,
    isLost: turn === undefined && begun !== undefined,
    isLeft: left !== undefined,
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

/** Of an app that changes everywhere at once it halts nothing. */
function isInTheWay(wanted: WantedApp | undefined, { halt }: RolloutRecords): boolean {
  return wanted?.maxUnavailable !== undefined && halt !== undefined && halt.said === undefined;
}

function stateOf(
  turns: readonly RolloutTurn[],
  open: readonly FleetRow[],
  waiting: readonly FleetRow[],
  wanted: WantedApp | undefined,
): RolloutState {
  if (turns.length > 0 || open.some(isAwaitingTurn)) return 'UnderWay';
  // A host that is lost, or held for another reason, is not on its way to anything.
  if (wanted?.maxUnavailable === undefined) return 'Idle';
  if (waiting.some(({ condition }) => condition === 'converging')) return 'UnderWay';
  return waiting.some(isStuck) ? 'Stuck' : 'Idle';
}

/** `RolloutHalted` without a halt: it has just been resumed. */
function isAwaitingTurn({ condition, code }: FleetRow): boolean {
  return condition !== 'lost' && (code === 'AwaitingTurn' || code === 'RolloutHalted');
}

/** It would have this content, could it ask its supervisord. */
export function isStuck({ code, appliedRevision, desiredRevision }: FleetRow): boolean {
  if (code !== 'SupervisorUnreachable' || desiredRevision === undefined) return false;
  return appliedRevision === undefined || compareRevisions(appliedRevision, desiredRevision) < 0;
}
