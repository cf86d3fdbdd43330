/** `supervene rollout halt APP` and `resume APP`. */
import type { FleetRow } from '../../domain/fleet/fleetRow.ts';
import type { FleetView } from '../../domain/fleet/fleetView.ts';
import { noRecords, type RolloutRecords } from '../../domain/fleet/rolloutRecords.ts';
import { appRollout, haltOf } from '../../domain/fleet/rolloutView.ts';
import type { HaltRecord } from '../../domain/rollout/turn.ts';
import type { AppName } from '../../domain/types.ts';
import { type CommandIo, exitDone, fail, writeJson } from '../commandIo.ts';
import type { FleetAccess, FleetReading } from '../fleet/openFleet.ts';
import { counted, reasonText } from '../fleet/statusText.ts';
import { visible } from '../textTable.ts';
import { whoAmI } from '../whoAmI.ts';
import type { LostTurn } from './changeRollout.ts';
import { changedMeanwhile, decideHalt, decideResume } from './decideRollout.ts';
import { haltText, hostsText } from './rolloutTexts.ts';

export interface RolloutWish {
  readonly app: AppName;
  readonly message: string | undefined;
  readonly isJson: boolean;
}

export async function haltRollout(
  io: CommandIo,
  fleet: FleetAccess,
  { app, message, isJson }: RolloutWish,
): Promise<number> {
  const reading = await fleet.read('WithRollouts');
  if (!reading.ok) return fail(io, isJson, { ...reading.error });
  const by = `${whoAmI(io.env)}@${io.hostName}`;
  const reason = message ?? 'no reason was given';
  const decision = decideHalt(app, reading.value, { by, reason, atMs: Date.now() });
  if (decision.type === 'Fault') return fail(io, isJson, { ...decision.fault });
  const { revision } = decision;
  if (decision.type === 'Already') {
    const { halt } = decision;
    const told = { host: halt.host ?? null, by: halt.by, reason: halt.reason };
    if (isJson) writeJson(io, { app, revision, isChanged: false, halt: told });
    else io.writeOut(`${app}: ${visible(haltText(halt))}, already; nothing was written\n`);
    return exitDone;
  }
  const outcome = await fleet.changeRollout(decision.change);
  if (!outcome.ok) return fail(io, isJson, { ...outcome.error });
  if (outcome.value.type === 'Changed') return fail(io, isJson, { ...changedMeanwhile(app) });
  if (isJson) {
    writeJson(io, {
      app,
      revision,
      isChanged: true,
      halt: { host: null, by, reason },
    });
  } else io.writeOut(haltedText(app, revision, reading.value));
  return exitDone;
}

function haltedText(app: AppName, revision: string, { view, rollouts }: FleetReading): string {
  const { done, total, turns } = appRollout(app, view, rollouts);
  const held = turns.filter(({ isLost }) => !isLost);
  const isWaiting = ({ host }: { readonly host: string | undefined }): boolean =>
    view.rows.some((row) => row.app === app && row.host === host && row.code === 'AwaitingTurn');
  const giveBack = held.filter(isWaiting);
  const inTurn = held.filter((turn) => !isWaiting(turn));
  const lines = [
    `${app}: revision ${revision} goes to no further host; ${String(done)} of ${counted(total, 'host')} have it`,
    ...(inTurn.length === 0 ? [] : [`in their turn, and not stopped in it: ${hostsText(inTurn)}`]),
    ...(giveBack.length === 0
      ? []
      : [
          `had its turn, but has changed nothing when last heard of, and gives it back: ${hostsText(giveBack)}`,
        ]),
    `let it go on with \`supervene rollout resume ${app}\`, or take it back with \`supervene rollback ${app}\``,
  ];
  return `${lines.join('\n')}\n`;
}

export async function resumeRollout(
  io: CommandIo,
  fleet: FleetAccess,
  { app, isJson }: RolloutWish,
): Promise<number> {
  const reading = await fleet.read('WithRollouts');
  if (!reading.ok) return fail(io, isJson, { ...reading.error });
  const decision = decideResume(app, reading.value);
  if (decision.type === 'Fault') return fail(io, isJson, { ...decision.fault });
  const { halt, turns, change } = decision;
  const isChanged = change !== undefined;
  if (isChanged) {
    const outcome = await fleet.changeRollout(change);
    if (!outcome.ok) return fail(io, isJson, { ...outcome.error });
    if (outcome.value.type === 'Changed') return fail(io, isJson, { ...changedMeanwhile(app) });
  }
  if (isJson) {
    const freed = turns.map(({ slot, host = null }) => ({ slot, host }));
    writeJson(io, { app, isChanged, wasHalted: doesHalt(app, reading.value), freed });
  } else io.writeOut(resumedText(app, halt, turns, reading.value));
  return exitDone;
}

function resumedText(
  app: AppName,
  halt: RolloutRecords['halt'],
  turns: readonly LostTurn[],
  reading: FleetReading,
): string {
  const { view, rollouts } = reading;
  const { failed, revision, waiting, maxUnavailable } = appRollout(app, view, rollouts);
  const didHalt = doesHalt(app, reading);
  const isFreed = didHalt || turns.length > 0;
  const other = halt?.said?.revision ?? '-';
  const hosts = new Set(
    turns.flatMap(({ host, isOfAnother }) => (isOfAnother ? [] : (host ?? []))),
  );
  const stillOut = [...hosts].filter((host) => isStillOut(app, host, view));
  const lines = [
    ...(isFreed ? [] : [`${app}: nothing was halted`]),
    ...(didHalt ? [`${app}: goes on; ${wasText(halt?.said)}`] : []),
    ...(halt === undefined || didHalt
      ? []
      : [`${app}: the halt of an earlier revision (${other}) is taken away`]),
    ...turns.map((turn) => `${app}: ${freedText(turn)}`),
    ...(maxUnavailable === undefined ? [] : stillOut.map((host) => stillOutText(app, host))),
    ...(isFreed ? [] : waiting.map(waitText)),
    ...failed.map(
      ({ host = '-' }) =>
        `${visible(host)} refuses revision ${revision ?? '-'} until \`supervene retry ${app} --host ${visible(host)}\``,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** A halt of this content, or one that cannot be read, which halts everything. */
function doesHalt(app: AppName, { view, rollouts }: FleetReading): boolean {
  const { halt } = rollouts.get(app) ?? noRecords;
  if (halt === undefined) return false;
  return halt.said === undefined || haltOf(view.wantedByApp.get(app), { halt }) !== undefined;
}

/** What it told last is still known, and it is to have the app. */
function isStillOut(app: AppName, host: string, { rows }: FleetView): boolean {
  return rows.some(
    (row) => row.app === app && row.host === host && row.desiredRevision !== undefined,
  );
}

function stillOutText(app: AppName, host: string): string {
  return (
    `${visible(host)} still counts as out of service with ${app}, and others may wait for it: ` +
    `start its agent, or \`supervene forget ${visible(host)}\``
  );
}

function waitText(row: FleetRow): string {
  return `${visible(row.host ?? '-')} is ${row.condition}: ${visible(reasonText(row))}`;
}

function wasText(said: HaltRecord | undefined): string {
  return said === undefined
    ? 'what halted it could not be read, and is gone'
    : `it was ${visible(haltText(said))}`;
}

function freedText({ slot, host, isOfAnother, isUnreadable }: LostTurn): string {
  if (isUnreadable) return 'a turn that this version cannot read is free for others';
  if (host === undefined) {
    return `turn ${String(slot)} stood there without a lease, held by nobody; it is free for others`;
  }
  const who = isOfAnother ? 'an agent before the one of' : 'the agent of';
  return `${who} ${visible(host)} was lost in its turn, which is free for others now; see what runs there`;
}
