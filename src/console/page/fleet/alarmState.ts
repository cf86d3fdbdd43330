/**
 * What the alarm is raised for: a program that goes FATAL, content that a host refuses or takes back,
 * a host that is lost. Never for what was so when the page was opened. Pure: times come with events.
 */
import { rowKey } from '../../../domain/console/live.ts';
import type { LiveHost } from '../../../domain/console/live.ts';
import type { FleetRow } from '../../../domain/fleet/fleetRow.ts';
import type { Fleet } from '../core/pageState.ts';
import { mapChanges } from './mapChanges.ts';

export interface AlarmState {
  /** What was compared last; undefined until the first fleet. */
  readonly seen: Pick<Fleet, 'hosts' | 'rows'> | undefined;
  /** What is the matter, by row or host: also with a host that fell silent since. */
  readonly known: ReadonlyMap<string, readonly Cause[]>;
  /** Newest first; those that nobody has put aside yet. */
  readonly raised: readonly Alarm[];
  /** Moves with each alarm that is to be heard. */
  readonly heardCount: number;
  readonly mutedUntilMs: number | undefined;
}

export interface Alarm {
  /** Of what it is about: one thing, one alarm. */
  readonly key: string;
  readonly kind: 'Fatal' | 'Quarantined' | 'RolledBack' | 'HostLost';
  readonly host: string;
  /** Undefined: the whole host. */
  readonly app: string | undefined;
  /** Of the program, or the reason. */
  readonly detail: string;
  readonly atMs: number;
  /** It is no longer so. */
  readonly isOver: boolean;
}

export type AlarmEvent =
  | Readonly<{ type: 'FleetSeen'; fleet: Pick<Fleet, 'hosts' | 'rows'>; atMs: number }>
  /** Nobody is logged in: whoever is next begins anew. */
  | Readonly<{ type: 'FleetGone' }>
  | Readonly<{ type: 'PutAside' }>
  | Readonly<{ type: 'MutedUntil'; untilMs: number | undefined }>;

export const noAlarm: AlarmState = {
  seen: undefined,
  known: new Map(),
  raised: [],
  heardCount: 0,
  mutedUntilMs: undefined,
};

/** More are not kept: whoever finds fifty looks at the fleet. */
const raisedMax = 50;

export function reduceAlarm(state: AlarmState, event: AlarmEvent): AlarmState {
  switch (event.type) {
    case 'FleetSeen':
      return state.seen === undefined
        ? { ...state, seen: event.fleet, known: begunIn(event.fleet) }
        : compared(state, state.seen, event.fleet, event.atMs);
    case 'FleetGone':
      return state.seen === undefined
        ? state
        : { ...state, seen: undefined, known: new Map(), raised: [] };
    case 'PutAside':
      return state.raised.length === 0 ? state : { ...state, raised: [] };
    case 'MutedUntil':
      return { ...state, mutedUntilMs: event.untilMs };
    default:
      return event satisfies never;
  }
}

export function isMuted({ mutedUntilMs }: AlarmState, nowMs: number): boolean {
  return mutedUntilMs !== undefined && nowMs < mutedUntilMs;
}

/** What was so when the page was opened. */
function begunIn({ hosts, rows }: Pick<Fleet, 'hosts' | 'rows'>): AlarmState['known'] {
  const known = new Map<string, readonly Cause[]>();
  for (const [key, host] of hosts) remember(known, `host ${key}`, causesOfHost(host));
  for (const [key, row] of rows) remember(known, key, causesOfRow(row));
  return known;
}

function remember(
  known: Map<string, readonly Cause[]>,
  key: string,
  causes: readonly Cause[],
): void {
  if (causes.length === 0) known.delete(key);
  else known.set(key, causes);
}

function compared(
  state: AlarmState,
  before: Pick<Fleet, 'hosts' | 'rows'>,
  after: Pick<Fleet, 'hosts' | 'rows'>,
  atMs: number,
): AlarmState {
  if (before.hosts === after.hosts && before.rows === after.rows) return state;
  const known = new Map(state.known);
  const begun: Alarm[] = [];
  const ended = new Set<string>();
  const compare = (about: string, is: readonly Cause[]): void => {
    const was = known.get(about) ?? [];
    for (const cause of is) {
      if (!was.some(({ key }) => key === cause.key)) begun.push({ ...cause, atMs, isOver: false });
    }
    for (const { key } of was) if (!is.some((cause) => cause.key === key)) ended.add(key);
    remember(known, about, is);
  };
  for (const { key, after: host } of mapChanges(before.hosts, after.hosts)) {
    compare(`host ${key}`, causesOfHost(host));
  }
  for (const { key, after: row } of mapChanges(before.rows, after.rows)) {
    // Of a host that fell silent nothing is known to have begun or ended.
    if (row?.doubt === undefined) compare(key, causesOfRow(row));
  }
  const raised = raisedAfter(state.raised, begun, ended);
  return { ...state, seen: after, known, raised, heardCount: state.heardCount + begun.length };
}

function raisedAfter(
  raised: readonly Alarm[],
  begun: readonly Alarm[],
  ended: ReadonlySet<string>,
): readonly Alarm[] {
  if (begun.length === 0 && !raised.some(({ key, isOver }) => !isOver && ended.has(key))) {
    return raised;
  }
  const again = new Set(begun.map(({ key }) => key));
  const older = raised
    .filter(({ key }) => !again.has(key))
    .map((alarm) => (ended.has(alarm.key) ? { ...alarm, isOver: true } : alarm));
  return [...begun, ...older].slice(0, raisedMax);
}

type Cause = Omit<Alarm, 'atMs' | 'isOver'>;

/** An agent that was told to end is no alarm. */
function causesOfHost(host: LiveHost | undefined): readonly Cause[] {
  if (host === undefined || host.isAlive || host.endedAtMs !== null) return [];
  const key = `host ${host.host}`;
  return [{ key, kind: 'HostLost', host: host.host, app: undefined, detail: '' }];
}

function causesOfRow(row: FleetRow | undefined): readonly Cause[] {
  if (row === undefined) return [];
  const { app, host = '', condition, code, reason } = row;
  const detail = [code, reason].filter((part) => part !== undefined).join(': ');
  const about = { host, app };
  const own: readonly Cause[] =
    condition === 'quarantined'
      ? [{ key: `quarantined ${rowKey(row)}`, kind: 'Quarantined', ...about, detail }]
      : condition === 'rolled-back'
        ? [{ key: `rolled-back ${rowKey(row)}`, kind: 'RolledBack', ...about, detail }]
        : [];
  const fatal = row.processes
    .filter(({ state }) => state === 'FATAL')
    .map(({ id }): Cause => {
      return { key: `fatal ${rowKey(row)} ${id}`, kind: 'Fatal', ...about, detail: id };
    });
  return [...own, ...fatal];
}
