/** Time as events: one `Ticked` at each moment at which the plan wishes to be looked at again. */
import {
  defer,
  distinctUntilChanged,
  EMPTY,
  expand,
  filter,
  map,
  type Observable,
  type SchedulerLike,
  switchMap,
  take,
  timer,
} from 'rxjs';
import { type Event } from '../src/domain/event.ts';

/** The longest time a timer of Node can wait. */
const timerMaxMs = 2 ** 31 - 1;

/**
 * One timer at most; a new wish replaces the old one, `undefined` wishes for none. Never early by
 * `nowMs`, which must be the clock that stamps events: a tick that came a millisecond too soon
 * would change nothing, and the wish, being the same, would not be made again.
 */
export function ticksAt(
  wakeAtMs$: Observable<number | undefined>,
  scheduler: SchedulerLike,
  nowMs: () => number = () => scheduler.now(),
): Observable<Extract<Event, { type: 'Ticked' }>> {
  return wakeAtMs$.pipe(
    distinctUntilChanged(),
    switchMap((atMs) => (atMs === undefined ? EMPTY : waitUntil(atMs, scheduler, nowMs))),
    map(() => ({ type: 'Ticked' as const })),
  );
}

/**
 * A timer of Node may be a part of a millisecond early. The clock is read once for each: were it asked
 * again whether to wait on, it could have moved meanwhile, and neither a tick nor a timer was left.
 */
function waitUntil(
  atMs: number,
  scheduler: SchedulerLike,
  nowMs: () => number,
): Observable<number> {
  const wait$ = defer(() => {
    const restMs = Math.max(0, Math.ceil(atMs - nowMs()));
    return timer(Math.min(restMs, timerMaxMs), scheduler).pipe(map(nowMs));
  });
  return wait$.pipe(
    expand((readMs) => (readMs < atMs ? wait$ : EMPTY)),
    filter((readMs) => readMs >= atMs),
    take(1),
  );
}
