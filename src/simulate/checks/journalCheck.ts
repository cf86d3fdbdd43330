/** Numbers, times and bounds of what one host records. */
import { planOf } from '../../../reducers/planOf.ts';
import { reduce } from '../../../reducers/reduce.ts';
import type { State } from '../../../reducers/state.ts';
import type { Event, Recorded } from '../../domain/event.ts';
import type { Check, Complain } from './check.ts';

/** In 10 s; far beyond what a host does that is busy for a reason. */
const plansMax = 1_000;
const windowMs = 10_000;

/** Monotonic, OneAtATime and Bounded. */
export function createOrderCheck(complain: Complain): Check {
  let seq: number | undefined;
  let atMs = 0;
  let open: string | undefined;
  let starts: number[] = [];

  const onPlanStarted = (id: string, nowMs: number): void => {
    if (open !== undefined) complain('OneAtATime', `${id} began while ${open} was under way`);
    open = id;
    starts.push(nowMs);
    if (starts.length <= plansMax) return;
    const first = starts[0] ?? 0;
    starts = starts.filter((startedMs) => nowMs - startedMs < windowMs);
    if (starts.length > plansMax) {
      complain('Bounded', `${String(starts.length)} plans since ${String(first)}`);
      starts = [];
    }
  };

  return {
    onLife: (initial) => {
      seq = initial.seq;
      open = undefined;
    },
    onRecorded: ({ seq: now, atMs: nowMs, event }) => {
      if (seq !== undefined && now !== seq + 1) {
        complain('Monotonic', `event ${String(now)} follows ${String(seq)}`);
      }
      if (nowMs < atMs) complain('Monotonic', `event ${String(now)} is older than the one before`);
      seq = now;
      atMs = nowMs;
      if (event.type === 'PlanStarted') onPlanStarted(event.plan.id, nowMs);
      if (event.type === 'PlanFinished') open = undefined;
    },
  };
}

/** One of so many observations is heard twice. */
const echoEvery = 41;

const observations: ReadonlySet<Event['type']> = new Set<Event['type']>([
  'DesiredListed',
  'DesiredChanged',
  'ProcessesListed',
  'ProcessesChanged',
  'ConfFilesListed',
  'ConfFilesChanged',
  'IdentityObserved',
]);

/** Idempotence, on a copy. */
export function createEchoCheck(complain: Complain): Check {
  let count = 0;
  return {
    onRecorded: ({ seq, atMs, event }, _before, after) => {
      if (!observations.has(event.type)) return;
      count += 1;
      if (count % echoEvery !== 0) return;
      const again = reduce(after, { seq: seq + 1, atMs, event });
      const [once, twice] = [stepsOf(after), stepsOf(again)];
      if (once === twice) return;
      complain(
        'Idempotence',
        `${event.type} heard twice plans ${twice} where once planned ${once}`,
      );
    },
  };
}

function stepsOf(state: State): string {
  return JSON.stringify(planOf(state).steps.map((step) => ({ ...step, revision: undefined })));
}

/** What one host recorded, newest last; bounded. For reports. */
export function createTail(length: number) {
  let tail: Recorded[] = [];
  return {
    push: (recorded: Recorded): void => {
      tail.push(recorded);
      if (tail.length > 2 * length) tail = tail.slice(-length);
    },
    get: (): readonly Recorded[] => tail.slice(-length),
  };
}
