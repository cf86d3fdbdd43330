/**
 * The chain of facts and decisions that led to an app's present state: everything that was said of it
 * since it last left the state of rest, and what concerned the whole host meanwhile.
 */
import { decideApp } from '../../reducers/decide.ts';
import type { AppStatus } from '../../reducers/decision.ts';
import { mapGet } from '../../reducers/persistentMap.ts';
import { planOf } from '../../reducers/planOf.ts';
import type { State } from '../../reducers/state.ts';
import type { Recorded } from '../domain/event.ts';
import { createNarrator } from './narrate/narrate.ts';
import type { Telling } from './narrate/remark.ts';

export interface Chain {
  /** Oldest first; each with at least one remark. */
  readonly tellings: readonly Telling[];
  /** How many were left out in the middle, for their number. */
  readonly omitted: number;
  /** Where the middle is: so many stand before it. */
  readonly omittedAt: number;
  readonly status: AppStatus;
  /** The event with which this status began. */
  readonly statusSeq: number;
  readonly statusMs: number;
  /** The app was known at some time. */
  readonly isKnown: boolean;
}

/** As a document: the chain with its newest event first, and what is held. */
export function describeChain(name: string, state: State, chain: Chain) {
  const { tellings, status, statusSeq, statusMs, omitted } = chain;
  const held = planOf(state).held.filter(({ app }) => app === name || app === undefined);
  const newestFirst = tellings.toReversed();
  return {
    ...{ app: name, seq: state.seq, status, statusSeq, statusMs, held, omitted },
    chain: newestFirst,
  };
}

export interface ChainBuilder {
  readonly begin: (state: State) => void;
  readonly add: (recorded: Recorded, before: State, after: State) => void;
  readonly chain: () => Chain;
}

/** More than this nobody reads: the beginning says why, the end says what now. */
const beginningMax = 30;
const endMax = 120;

interface Episode {
  readonly tellings: Telling[];
  omitted: number;
  isAboutApp: boolean;
}

export function createChainBuilder(name: string): ChainBuilder {
  const narrator = createNarrator();
  let status: AppStatus = 'unknown';
  let [statusSeq, statusMs] = [0, 0];
  let isKnown = false;
  let episode = newEpisode();
  let earlier = newEpisode();

  const note = (state: State): void => {
    const app = mapGet(state.appsByName, name);
    isKnown ||= app !== undefined;
    const now = app === undefined ? 'unknown' : decideApp(state, app, state.atMs).status;
    if (now === status) return;
    if (status === 'converged') {
      earlier = episode;
      episode = newEpisode();
    }
    status = now;
    [statusSeq, statusMs] = [state.seq, state.atMs];
  };

  return {
    begin: (state) => {
      narrator.begin(state);
      note(state);
    },
    add: (recorded, before, after) => {
      const telling = narrator.tell(recorded, before, after);
      note(after);
      const remarks = telling.remarks.filter(
        ({ app, isRoutine }) => isRoutine !== true && (app === undefined || app === name),
      );
      if (remarks.length > 0) append(episode, { ...telling, remarks }, name);
      // The host was disturbed and the app was not: what came before says more.
      if (status === 'converged' && !episode.isAboutApp) episode = earlier;
    },
    chain: () => ({
      tellings: episode.tellings,
      omitted: episode.omitted,
      omittedAt: beginningMax,
      status,
      statusSeq,
      statusMs,
      isKnown,
    }),
  };
}

function newEpisode(): Episode {
  return { tellings: [], omitted: 0, isAboutApp: false };
}

function append(episode: Episode, telling: Telling, name: string): void {
  episode.isAboutApp ||= telling.remarks.some(({ app }) => app === name);
  episode.tellings.push(telling);
  if (episode.tellings.length <= beginningMax + endMax) return;
  episode.tellings.splice(beginningMax, 1);
  episode.omitted += 1;
}
