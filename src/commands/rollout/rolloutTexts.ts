/** Rollouts for people and for programs. Pure. */
import { assertNever } from '../../domain/assertNever.ts';
import type { FleetRow } from '../../domain/fleet/fleetRow.ts';
import {
  type AppRollout,
  isStuck,
  type RolloutState,
  type RolloutTurn,
} from '../../domain/fleet/rolloutView.ts';
import type { HaltRecord } from '../../domain/rollout/turn.ts';
import { screenLines, screenTable, type TableForm } from '../fleet/screenTable.ts';
import { ageText, paceText, reasonText } from '../fleet/statusText.ts';
import { shorten } from '../textTable.ts';

export interface RolloutForm extends TableForm {
  readonly nowMs: number;
}

/** Without line breaks at their ends. */
export function rolloutLines(
  rollouts: readonly AppRollout[],
  form: RolloutForm,
): readonly string[] {
  if (rollouts.length === 0) return ['no rollout is under way'];
  const title = ['APP', 'REVISION', 'DONE', 'TURN', 'WAITING', 'STATE'];
  const rows = rollouts.map((rollout) => [
    { text: rollout.app },
    { text: rollout.revision ?? '-' },
    { text: doneText(rollout) },
    { text: rollout.turns.map((turn) => turnText(turn, form.nowMs)).join(', ') || '-' },
    { text: String(rollout.waiting.length) },
    stateCell(rollout),
  ]);
  return screenTable([title.map((text) => ({ text })), ...rows], form);
}

function doneText({ done, total }: AppRollout): string {
  return `${String(done)} of ${String(total)}`;
}

function turnText({ host, slot, sinceMs, isLost, isLeft }: RolloutTurn, nowMs: number): string {
  if (host === undefined) return `turn ${String(slot)} (unreadable)`;
  const age = sinceMs === undefined ? '' : ` ${ageText(nowMs - sinceMs)}`;
  const what = isLeft ? ' (without a lease)' : isLost ? ' (lost)' : '';
  return `${shorten(host, 80)}${age}${what}`;
}

function stateCell({ state, halt, failed, waiting }: AppRollout) {
  if (halt !== undefined) return { text: haltText(halt), colour: 'red' } as const;
  if (state === 'Halted') return { text: unreadableHalt, colour: 'red' } as const;
  if (failed.length > 0) {
    return { text: `failed on ${hostsText(failed)}`, colour: 'red' } as const;
  }
  if (state === 'Stuck') return { text: stuckText(waiting), colour: 'red' } as const;
  return { text: stateWords[state], colour: state === 'Idle' ? 'green' : 'cyan' } as const;
}

const unreadableHalt = 'halted by a record that cannot be read';

function stuckText(waiting: readonly FleetRow[]): string {
  return `stuck: supervisord does not answer on ${hostsText(waiting.filter(isStuck))}`;
}

const stateWords: Readonly<Record<RolloutState, string>> = {
  UnderWay: 'under way',
  Halted: 'halted',
  Stuck: 'stuck',
  Idle: 'nothing is under way',
};

/** `halted by web1: E_FATAL: …`; `halted by alice@laptop: v2 answers slowly`. */
export function haltText({ host, by, code, reason }: HaltRecord): string {
  const what = host === undefined ? reason : `${code}: ${reason}`;
  return `halted by ${shorten(host ?? by, 80)}${what === '' ? '' : `: ${what}`}`;
}

export function hostsText(rows: readonly Pick<FleetRow, 'host'>[]): string {
  const names = rows.map(({ host }) => shorten(host ?? '-', 80));
  return names.length <= 5
    ? names.join(', ')
    : `${names.slice(0, 4).join(', ')} and ${String(names.length - 4)} more`;
}

/** One app: whose turn, who waits and why, what has failed. */
export function rolloutDetail(rollout: AppRollout, form: RolloutForm): readonly string[] {
  const { app, revision, maxUnavailable, turns, waiting, failed, halt } = rollout;
  const { nowMs } = form;
  const since = (ms: number | undefined): string =>
    ms === undefined ? '' : `, since ${ageText(nowMs - ms)}`;
  const rows = [
    ['app', shorten(app, 80)],
    ['revision', revision ?? 'without content'],
    [
      'hosts',
      `${doneText(rollout)} done, ${maxUnavailable === undefined ? 'all at once' : paceText(maxUnavailable)}`,
    ],
    ['state', halt === undefined ? stateSentence(rollout) : `${haltText(halt)}${since(halt.atMs)}`],
    ...turns.map((turn) => ['turn', turnSentence(turn, nowMs)]),
    ...waiting.map((row) => ['waits', rowText(row, nowMs)]),
    ...failed.map((row) => ['failed', rowText(row, nowMs)]),
  ] as const;
  const room = form.columns === undefined ? undefined : Math.max(1, form.columns - labelWidth);
  return rows.flatMap(([label = '', text = '']) => {
    const lines = screenLines(shorten(text, 2000), { ...form, columns: room, isWrapped: true });
    return lines.map((line, at) => (at === 0 ? label : '').padEnd(labelWidth) + line);
  });
}

const labelWidth = 10;

function stateSentence({ app, state, isHaltUnreadable, waiting }: AppRollout): string {
  if (isHaltUnreadable) return `${unreadableHalt}; \`rollout resume ${app}\` takes it away`;
  return state === 'Stuck' ? stuckText(waiting) : stateWords[state];
}

function turnSentence(turn: RolloutTurn, nowMs: number): string {
  const { host, revision, sinceMs, isLost, isLeft, slot } = turn;
  if (host === undefined) {
    const what = `${String(slot)} is taken, by what this version cannot read`;
    const isHeld = !isLost && !isLeft;
    return `${what}; ${isHeld ? 'it is gone when its lease is' : '`rollout resume` frees it'}`;
  }
  const age = sinceMs === undefined ? '' : ` since ${ageText(nowMs - sinceMs)}`;
  const of = revision === undefined ? '' : `, for revision ${revision}`;
  if (isLeft) {
    return `${host}${age}${of}: it stands there without a lease, so nobody holds it; \`rollout resume\` frees it`;
  }
  if (!isLost) return `${host}${age}${of}`;
  return `${host}${age}${of}: its agent was lost in its turn, and everybody waits until it is back, forgotten, or \`rollout resume\``;
}

function rowText(row: FleetRow, nowMs: number): string {
  const why = reasonText(row, nowMs);
  const age = row.sinceMs === undefined ? '' : `, since ${ageText(nowMs - row.sinceMs)}`;
  return `${row.host ?? '-'}: ${row.condition}${age}${why === '' ? '' : `: ${why}`}`;
}

/** docs/rollout.md describes it: what is there stays. */
export function rolloutDocument(rollout: AppRollout) {
  const { app, revision, maxUnavailable, state, done, total, turns, halt } = rollout;
  return {
    app,
    revision: revision ?? null,
    maxUnavailable: maxUnavailable ?? null,
    state: stateName(state),
    ...{ done, total },
    turns: turns.map(({ slot, host, revision: at, sinceMs, isLost, isLeft }) => ({
      ...{ slot, host: host ?? null, revision: at ?? null },
      ...{ since: timeText(sinceMs), isLost, isLeft },
    })),
    waiting: rollout.waiting.map(describeRow),
    failed: rollout.failed.map(describeRow),
    halt: halt === undefined ? null : describeHalt(halt),
    isHaltUnreadable: rollout.isHaltUnreadable,
  };
}

function stateName(state: RolloutState): string {
  switch (state) {
    case 'UnderWay':
      return 'under-way';
    case 'Halted':
      return 'halted';
    case 'Stuck':
      return 'stuck';
    case 'Idle':
      return 'idle';
    default:
      return assertNever(state);
  }
}

function describeRow({ host, condition, code, reason, sinceMs, appliedRevision }: FleetRow) {
  return {
    ...{ host: host ?? null, condition, code: code ?? null, reason: reason ?? null },
    ...{ since: timeText(sinceMs), appliedRevision: appliedRevision ?? null },
  };
}

function describeHalt({ revision, host, code, reason, by, atMs }: HaltRecord) {
  return { revision, host: host ?? null, code, reason, by, at: timeText(atMs) };
}

/** ISO 8601; null for what is unknown, and for what no calendar has. */
function timeText(ms: number | undefined): string | null {
  if (ms === undefined) return null;
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
