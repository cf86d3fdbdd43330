/** Replay: what a new life makes of the journal is what the life before it had in memory. */
import type { State } from '../../../reducers/state.ts';
import { encodeState } from '../../../reducers/stateCodec.ts';
import { canonicalJson } from '../../replay/canonicalJson.ts';
import type { Check, Complain } from './check.ts';

/** More than what may be in memory and not yet in the journal. */
const statesMax = 2_000;

export function createReplayCheck(complain: Complain): Check {
  /** By seq; states share what they have in common. */
  const states = new Map<number, State>();
  return {
    onRecorded: ({ seq }, _before, after) => {
      states.set(seq, after);
      if (states.size <= statesMax) return;
      const [oldest] = states.keys();
      if (oldest !== undefined) states.delete(oldest);
    },
    onLife: (initial, wasPowerCut) => {
      const had = states.get(initial.seq);
      const isAnew = wasPowerCut && isFresh(initial);
      if (had !== undefined && had !== initial && !isAnew && textOf(had) !== textOf(initial)) {
        const at = `at event ${String(initial.seq)}`;
        complain('Replay', `${at} the journal gives another state: ${difference(had, initial)}`);
      }
      // What did not reach the disk never was: its numbers are given anew.
      for (const seq of states.keys()) if (seq > initial.seq) states.delete(seq);
    },
  };
}

/**
 * A power cut may leave a hole in what was not yet synced, with whole lines behind it. That is damage
 * in the middle, and the agent begins anew with the numbers going on, as it should.
 */
function isFresh({ settings, appsByName, source }: State): boolean {
  return settings === undefined && appsByName.size === 0 && source.status === 'Never';
}

function textOf(state: State): string {
  return canonicalJson(encodeState(state));
}

function difference(had: State, has: State): string {
  const [before, now] = [textOf(had), textOf(has)];
  let at = 0;
  while (before[at] === now[at]) at++;
  const around = (text: string): string => text.slice(Math.max(0, at - 60), at + 60);
  return `${around(now)} where ${around(before)} was`;
}
