/**
 * What somebody is about to do to places of the fleet: which orders that is, which places are passed
 * over and why, what to know beforehand, and in which steps it goes. Pure.
 */
import type { OrderOutcome } from '../../../domain/console/api.ts';
import { rowKey } from '../../../domain/console/live.ts';
import { type Grant, mayDo } from '../../../domain/console/roles.ts';
import { mayToAllApps } from '../../../domain/console/scope.ts';
import { parseAppName } from '../../../domain/appName.ts';
import type { FleetOrder } from '../../../domain/fleet/fleetRequest.ts';
import type { FleetRow } from '../../../domain/fleet/fleetRow.ts';
import type { Fleet } from '../core/pageState.ts';
import { compareNames } from './urgency.ts';

export type Verb = 'Start' | 'Stop' | 'Restart' | 'Retry' | 'Confirm';

export interface Place {
  readonly app: string;
  readonly host: string;
  /** `group:name`; undefined: all of the app there. */
  readonly process?: string | undefined;
}

export type FleetAction =
  | Readonly<{ verb: Exclude<Verb, 'Confirm'>; places: readonly Place[] }>
  | Readonly<{ verb: 'Confirm'; hosts: readonly string[] }>;

export interface PlannedOrder {
  readonly key: string;
  readonly host: string;
  /** Undefined for what is asked of a host as a whole. */
  readonly app: string | undefined;
  readonly order: FleetOrder;
}

export type SkipReason = 'Denied' | 'Lost' | 'NoHost' | 'NoProcess' | 'NothingToRetry' | 'BadName';

export interface ActionPlan {
  readonly verb: Verb;
  /** Sorted by app and host. */
  readonly orders: readonly PlannedOrder[];
  readonly skipped: readonly { readonly key: string; readonly why: SkipReason }[];
  /** On so many hosts at a time where it goes in turns; by app. */
  readonly atOnceByApp: ReadonlyMap<string, number>;
  /** Some app would be down everywhere at once. */
  readonly takesAllDown: boolean;
  /** Some app was published to change a few hosts at a time. */
  readonly hasTurns: boolean;
  /** To be typed before it is done; undefined: it is few enough. */
  readonly typed: string | undefined;
}

/** Above so many places a name must be typed. */
export const untypedMax = 10;

export function planAction(
  action: FleetAction,
  fleet: Pick<Fleet, 'apps' | 'hosts' | 'rows'>,
  grants: readonly Grant[],
): ActionPlan {
  const orders: PlannedOrder[] = [];
  const skipped: ActionPlan['skipped'][number][] = [];
  const keys = new Set<string>();
  for (const wanted of wantedOrders(action)) {
    if (keys.has(wanted.key)) continue;
    keys.add(wanted.key);
    const made = orderOf(wanted, fleet, grants);
    if (typeof made === 'string') skipped.push({ key: wanted.key, why: made });
    else orders.push(made);
  }
  orders.sort((a, b) => compareNames(a.app ?? '', b.app ?? '') || compareNames(a.host, b.host));
  const isChange = action.verb === 'Restart' || action.verb === 'Stop';
  return {
    verb: action.verb,
    orders,
    skipped,
    atOnceByApp: atOnceByApp(orders, fleet),
    takesAllDown: isChange && appsTakenDown(orders, fleet).length > 0,
    hasTurns: orders.some(({ app = '' }) => maxUnavailableOf(app, fleet) !== undefined),
    typed: orders.length > untypedMax ? typedName(action.verb, orders) : undefined,
  };
}

interface Wanted {
  readonly key: string;
  readonly verb: Verb;
  readonly host: string;
  readonly app?: string;
  readonly process?: string | undefined;
}

function wantedOrders(action: FleetAction): readonly Wanted[] {
  const { verb } = action;
  if (verb === 'Confirm') return action.hosts.map((host) => ({ key: `/${host}`, verb, host }));
  return action.places.map((place) => ({ ...place, verb, key: placeKey(place) }));
}

export function placeKey({ app, host, process }: Place): string {
  return process === undefined ? rowKey({ app, host }) : `${rowKey({ app, host })} ${process}`;
}

function orderOf(
  { key, verb, host, app, process }: Wanted,
  { hosts, rows }: Pick<Fleet, 'hosts' | 'rows'>,
  grants: readonly Grant[],
): PlannedOrder | SkipReason {
  if (host === '') return 'NoHost';
  const isGranted =
    app === undefined
      ? mayToAllApps(grants, 'operator', host)
      : mayDo(grants, 'operator', { app, host });
  if (!isGranted) return 'Denied';
  if (hosts.get(host)?.isAlive !== true) return 'Lost';
  if (verb === 'Confirm') return { key, host, app: undefined, order: { type: verb } };
  const name = parseAppName(app ?? '');
  if (!name.ok || app === undefined) return 'BadName';
  const row = rows.get(rowKey({ app, host }));
  if (verb === 'Retry') {
    if (row === undefined || !isRetried(row)) return 'NothingToRetry';
    return { key, host, app, order: { type: verb, app: name.value } };
  }
  if (row === undefined || row.processes.length === 0) return 'NoProcess';
  const member = process === undefined ? {} : { process };
  return { key, host, app, order: { type: verb, app: name.value, ...member } };
}

/** Where lifting a quarantine does anything. */
export function isRetried({ condition }: Pick<FleetRow, 'condition'>): boolean {
  return condition === 'quarantined' || condition === 'rolled-back';
}

/** Removals that wait for somebody to say that they are meant. */
export const confirmedCodes: ReadonlySet<string> = new Set([
  'MassRemoval',
  'RemovalUnconfirmed',
  'EtcdStale',
]);

function maxUnavailableOf(app: string, { apps }: Pick<Fleet, 'apps'>): number | undefined {
  return apps.get(app)?.maxUnavailable ?? undefined;
}

function atOnceByApp(
  orders: readonly PlannedOrder[],
  fleet: Pick<Fleet, 'apps'>,
): ReadonlyMap<string, number> {
  const apps = new Set(orders.map(({ app = '' }) => app));
  return new Map([...apps].map((app) => [app, Math.max(1, maxUnavailableOf(app, fleet) ?? 1)]));
}

/** Apps that run on more than one host, and on none that is not asked. */
function appsTakenDown(
  orders: readonly PlannedOrder[],
  { rows }: Pick<Fleet, 'rows'>,
): readonly string[] {
  const hostsByApp = new Map<string, Set<string>>();
  for (const { app, host } of orders) {
    if (app === undefined) continue;
    const hosts = hostsByApp.get(app) ?? new Set<string>();
    hostsByApp.set(app, hosts.add(host));
  }
  const several = new Set([...hostsByApp].filter(([, { size }]) => size > 1).map(([app]) => app));
  if (several.size === 0) return [];
  for (const row of rows.values()) {
    if (!several.has(row.app) || hostsByApp.get(row.app)?.has(row.host ?? '') === true) continue;
    if (row.doubt === undefined && row.processes.some(isUp)) several.delete(row.app);
  }
  return [...several];
}

function isUp({ state }: { readonly state: string }): boolean {
  return state === 'RUNNING' || state === 'STARTING';
}

function typedName(verb: Verb, orders: readonly PlannedOrder[]): string {
  const apps = new Set(orders.map(({ app }) => app));
  const hosts = new Set(orders.map(({ host }) => host));
  const [app] = apps;
  const [host] = hosts;
  if (apps.size === 1 && app !== undefined) return app;
  if (hosts.size === 1 && host !== undefined) return host;
  return `${verb.toLowerCase()} ${String(orders.length)}`;
}

/** What is asked together. In turns: of each app so many hosts, the next when those are back. */
export function stepsOf(
  plan: ActionPlan,
  isInTurns: boolean,
): readonly (readonly PlannedOrder[])[] {
  if (!isInTurns) return plan.orders.length === 0 ? [] : [plan.orders];
  const placed = new Map<string, { hosts: Set<string> }>();
  const steps: PlannedOrder[][] = [];
  for (const order of plan.orders) {
    const app = order.app ?? '';
    const before = placed.get(app) ?? { hosts: new Set<string>() };
    placed.set(app, before);
    before.hosts.add(order.host);
    const step = Math.floor((before.hosts.size - 1) / (plan.atOnceByApp.get(app) ?? 1));
    (steps[step] ??= []).push(order);
  }
  return steps;
}

/** The next step may begin: what was asked runs again. */
export function isBack(row: FleetRow | undefined): boolean {
  if (row === undefined) return false;
  const isUpAgain = row.processes.every(({ state }) => state === 'RUNNING' || state === 'EXITED');
  return row.doubt === undefined && isUpAgain;
}

/** How far each order is; by `PlannedOrder.key`. */
export type OrderProgress =
  | Readonly<{ type: 'Waiting' }>
  | Readonly<{ type: 'Asked' }>
  | Readonly<{ type: 'Told'; state: OrderOutcome['state']; detail: string }>
  /** The answer broke off, or was refused as a whole: nobody knows. */
  | Readonly<{ type: 'Unknown'; detail: string }>;

export type ProgressByKey = ReadonlyMap<string, OrderProgress>;

export type ProgressEvent =
  | Readonly<{ type: 'Begun'; orders: readonly PlannedOrder[] }>
  | Readonly<{ type: 'StepAsked'; orders: readonly PlannedOrder[] }>
  | Readonly<{ type: 'OutcomeTold'; outcome: OrderOutcome }>
  | Readonly<{ type: 'StepEnded'; orders: readonly PlannedOrder[]; detail: string }>;

export function reduceProgress(progress: ProgressByKey, event: ProgressEvent): ProgressByKey {
  const next = new Map(progress);
  switch (event.type) {
    case 'Begun':
      for (const { key } of event.orders) next.set(key, { type: 'Waiting' });
      return next;
    case 'StepAsked':
      for (const { key } of event.orders) next.set(key, { type: 'Asked' });
      return next;
    case 'OutcomeTold': {
      const { state, detail } = event.outcome;
      const key = keyOfOutcome(event.outcome);
      if (progress.has(key)) next.set(key, { type: 'Told', state, detail });
      return next;
    }
    case 'StepEnded':
      for (const { key } of event.orders) {
        if (progress.get(key)?.type === 'Asked') {
          next.set(key, { type: 'Unknown', detail: event.detail });
        }
      }
      return next;
    default:
      return event satisfies never;
  }
}

function keyOfOutcome({ host, order }: OrderOutcome): string {
  if (order.type === 'Confirm') return `/${host}`;
  const process = order.type === 'Retry' ? undefined : order.process;
  return placeKey({ app: order.app, host, process });
}

/** What would be asked again: whatever is not done. */
export function unfinished(
  orders: readonly PlannedOrder[],
  progress: ProgressByKey,
): readonly PlannedOrder[] {
  return orders.filter(({ key }) => !isDone(progress.get(key)));
}

export function isDone(progress: OrderProgress | undefined): boolean {
  return progress?.type === 'Told' && progress.state === 'Done';
}
