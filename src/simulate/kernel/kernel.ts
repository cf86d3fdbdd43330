/**
 * Virtual time: a heap of what is due when, and a loop that lets everything asynchronous come to
 * rest before the next of them. Nothing in here waits for a real clock.
 */
import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs';

export interface Kernel {
  /** Virtual milliseconds since the epoch; starts at `startMs`. */
  readonly now: () => number;
  /** After `delayMs` of virtual time; what is due at one time runs in the order asked for. */
  readonly after: (delayMs: number, run: () => void) => Due;
  /** Runs what is due until then, or until `stop` says so; virtual time is `untilMs` afterwards. */
  readonly run: (untilMs: number, stop?: () => boolean) => Promise<void>;
  /** Whatever runs by promises alone has come to rest when this resolves. */
  readonly rest: () => Promise<void>;
  /** How many have run. */
  readonly steps: () => number;
  /** For one life of a process: after `isOver` nothing that was scheduled through it runs. */
  readonly schedulerFor: (isOver: () => boolean) => SchedulerLike;
}

/** Something that will run, unless it is cancelled. */
export interface Due {
  cancel(): void;
}

interface Entry extends Due {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** So often the real event loop gets its turn: signals, output. */
const stepsPerTurn = 2_000;

export function createKernel(startMs: number): Kernel {
  const heap = createHeap();
  let nowMs = startMs;
  let order = 0;
  let steps = 0;

  const after = (delayMs: number, run: () => void): Due => {
    const entry: Entry = {
      // A delay that is no number would spoil the order of the heap.
      atMs: nowMs + (delayMs > 0 ? delayMs : 0),
      order: order++,
      run,
      cancel: () => {
        entry.run = undefined;
      },
    };
    heap.push(entry);
    return entry;
  };

  const run = async (untilMs: number, stop: () => boolean = () => false): Promise<void> => {
    await rest();
    while (!stop()) {
      const entry = heap.peek();
      if (entry === undefined || entry.atMs > untilMs) {
        nowMs = Math.max(nowMs, untilMs);
        return;
      }
      heap.pop();
      const due = entry.run;
      if (due === undefined) continue;
      nowMs = Math.max(nowMs, entry.atMs);
      entry.run = undefined;
      due();
      steps++;
      await rest();
      if (steps % stepsPerTurn === 0) await turn();
    }
  };

  const schedulerFor = (isOver: () => boolean): SchedulerLike => ({
    // Whole milliseconds, as `Date.now` gives them.
    now: () => Math.floor(nowMs),
    schedule: <State>(
      work: (this: SchedulerAction<State>, state?: State) => void,
      delayMs = 0,
      first?: State,
    ): Subscription => {
      const action = new VirtualAction<State>((delay, state) => {
        const due = after(delay, () => {
          if (!isOver() && !action.closed) work.call(action, state);
        });
        action.add(() => due.cancel());
      });
      return action.schedule(first, delayMs);
    },
  });

  return { now: () => nowMs, after, run, rest, steps: () => steps, schedulerFor };
}

/** What rxjs calls back with; it may schedule itself again. */
class VirtualAction<State> extends Subscription implements SchedulerAction<State> {
  readonly #plan: (delayMs: number, state: State | undefined) => void;

  constructor(plan: (delayMs: number, state: State | undefined) => void) {
    super();
    this.#plan = plan;
  }

  schedule(state?: State, delayMs = 0): Subscription {
    if (!this.closed) this.#plan(delayMs, state);
    return this;
  }
}

/**
 * Node runs what `nextTick` was given when no promise job is left, those that came up meanwhile
 * included; unlike `setImmediate` this costs no turn of the event loop.
 */
function rest(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A binary heap, the earliest first. */
function createHeap() {
  const entries: Entry[] = [];
  const isBefore = (a: Entry, b: Entry): boolean =>
    a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  const swap = (a: number, b: number): void => {
    const entry = entries[a] as Entry;
    entries[a] = entries[b] as Entry;
    entries[b] = entry;
  };
  const at = (index: number): Entry => entries[index] as Entry;
  const sink = (): void => {
    for (let index = 0; ;) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < entries.length && isBefore(at(child), at(least))) least = child;
      }
      if (least === index) return;
      swap(index, least);
      index = least;
    }
  };
  return {
    peek: (): Entry | undefined => entries[0],
    push: (entry: Entry): void => {
      entries.push(entry);
      for (let index = entries.length - 1; index > 0;) {
        const parent = (index - 1) >> 1;
        if (!isBefore(at(index), at(parent))) return;
        swap(index, parent);
        index = parent;
      }
    },
    pop: (): void => {
      const last = entries.pop();
      if (last === undefined || entries.length === 0) return;
      entries[0] = last;
      sink();
    },
  };
}
