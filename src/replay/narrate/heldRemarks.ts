/** What came to be held with an event, and what is so no longer. */
import { mapGet } from '../../../reducers/persistentMap.ts';
import type { State } from '../../../reducers/state.ts';
import { quarantineOf } from '../../../reducers/target.ts';
import type { Held, HeldCode } from '../../domain/plan.ts';
import type { Remark } from './remark.ts';

export type HeldByKey = ReadonlyMap<string, Held>;

export function heldByKey(held: readonly Held[]): HeldByKey {
  return new Map(held.map((item) => [keyOf(item), item]));
}

/** What is not in the plan for a moment, since there is something to do, is held all the same. */
export function withWhatLasts(before: HeldByKey, after: HeldByKey, state: State): HeldByKey {
  const lasting = [...before].filter(([key, item]) => !after.has(key) && lasts(item, state));
  return lasting.length === 0 ? after : new Map([...after, ...lasting]);
}

function lasts({ app: name, code }: Held, state: State): boolean {
  const app = name === undefined ? undefined : mapGet(state.appsByName, name);
  if (app === undefined) return false;
  const { released, hold, isRemovalApproved } = app;
  if (code === 'OperatorStop') return hold !== undefined;
  if (code === 'Quarantined') {
    return released.type === 'Wanted' && quarantineOf(app, released.version.sha256) !== undefined;
  }
  if (code === 'MassRemoval' || code === 'RemovalUnconfirmed') {
    return released.type === 'Absent' && !isRemovalApproved;
  }
  return released.type === code;
}

export function heldRemarks(before: HeldByKey, after: HeldByKey): readonly Remark[] {
  const remarks: Remark[] = [];
  const stillHeld = new Set([...after.values()].filter(isWorthSaying).map(({ app }) => app));
  for (const [key, item] of before) {
    // Another reason for the same app says so itself.
    if (after.has(key) || (stillHeld.has(item.app) && !isRoutine(item))) continue;
    const text = `no longer held: ${item.code}`;
    remarks.push({ kind: 'freed', app: item.app, text, isRoutine: isRoutine(item) });
  }
  for (const [key, item] of after) {
    if (before.has(key)) continue;
    const text = `${item.code}: ${item.reason}`;
    remarks.push({ kind: 'held', app: item.app, text, isRoutine: isRoutine(item) });
  }
  return remarks;
}

/** What passes by itself in a moment, or is said once for the host already. */
function isRoutine(item: Held): boolean {
  return !isWorthSaying(item);
}

export function isWorthSaying({ app, code }: Held): boolean {
  return !momentary.has(code) && (app === undefined || !hostWide.has(code));
}

const momentary: ReadonlySet<HeldCode> = new Set<HeldCode>([
  'QuietWindow',
  'Stopping',
  'Starting',
  'NotYetObserved',
]);

const hostWide: ReadonlySet<HeldCode> = new Set<HeldCode>([
  'SupervisorUnreachable',
  'ConfDirUnusable',
  'ForeignConfBroken',
]);

/** The count of attempts in a reason is no news. */
function keyOf({ app, code, reason }: Held): string {
  return `${app ?? ''} ${code} ${code === 'Retrying' ? '' : reason}`;
}
