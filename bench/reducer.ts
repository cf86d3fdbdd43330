/**
 * Events a second through the reducer, with 10 and with 10,000 apps of this host in the state: a
 * program that was restarted by supervisord (the most frequent event by far), and new content, which
 * is parsed, rendered and hashed.
 */
import { reduce } from '../reducers/reduce.ts';
import type { State } from '../reducers/state.ts';
import type { Event } from '../src/domain/event.ts';
import type { Revision } from '../src/domain/types.ts';
import { benchApp, convergedState, desiredEntry, runningProcess } from './convergedState.ts';
import { type Measurement, summarize } from './measurement.ts';

const rounds = 5;
const processEvents = 50_000;
const contentEvents = 3_000;
/** Apart enough that no program seems to be flapping. */
const stepMs = 60_000;

type MakeEvent = (app: string, turn: number) => Event;

const restarted: MakeEvent = (app, turn) => ({
  type: 'ProcessesChanged',
  changed: [runningProcess(app, 100_000 + turn, 2_000 + turn)],
  gone: [],
});
const published: MakeEvent = (app, turn) => {
  const revision = String(100 + turn);
  const entries = [desiredEntry(app, revision, `turn-${revision}`)];
  return { type: 'DesiredChanged', revision: revision as Revision, entries };
};

export function benchReducer(): Promise<readonly Measurement[]> {
  const few = convergedState(10);
  const many = convergedState(10_000);
  const fewRate = measure(few, makeEvents(10, processEvents, restarted));
  const manyRate = measure(many, makeEvents(10_000, processEvents, restarted));
  const fewContents = measure(few, makeEvents(10, contentEvents, published));
  const manyContents = measure(many, makeEvents(10_000, contentEvents, published));
  const slowdown = summarize(fewRate).p50 / summarize(manyRate).p50;
  return Promise.resolve([
    row('reducer, processes seen, 10 apps', fewRate, 100_000),
    row('reducer, processes seen, 10,000 apps', manyRate, 100_000),
    {
      name: 'reducer, cost with 10,000 against 10 apps',
      samples: [slowdown],
      unit: 'times',
      budget: undefined,
    },
    row('reducer, new content, 10 apps', fewContents, undefined),
    row('reducer, new content, 10,000 apps', manyContents, undefined),
  ]);
}

function row(name: string, samples: readonly number[], budget: number | undefined): Measurement {
  return { name, samples, unit: 'per second', budget };
}

/** The apps take turns. */
function makeEvents(apps: number, count: number, makeEvent: MakeEvent): readonly Event[] {
  return Array.from({ length: count }, (_, turn) =>
    makeEvent(benchApp((turn * 7_919) % apps), turn),
  );
}

/** Each round folds all events, from the same state on. */
function measure(start: State, events: readonly Event[]): readonly number[] {
  return Array.from({ length: rounds + 1 }, () => {
    let state = start;
    const startMs = performance.now();
    for (const event of events) {
      state = reduce(state, { seq: state.seq + 1, atMs: state.atMs + stepMs, event });
    }
    return events.length / ((performance.now() - startMs) / 1000);
    // The first round is for the compiler.
  }).slice(1);
}
