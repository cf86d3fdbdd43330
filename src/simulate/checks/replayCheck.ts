/** Replay: what a new life makes of the journal is what the life before it had in memory. */
import type { State } from '../../../reducers/state.ts';
import { encodeState } from '../../../reducers/stateCodec.ts';
import { canonicalJson } from '../../replay/canonicalJson.ts';
import type { Check, Complain } from './check.ts';

/** More than what may be in memory and not yet in the journal. */
const statesMax = 2_000;
const sameSeqMax = 5;

export function createReplayCheck(complain: Complain): Check {
  /**
   * By seq; states share what they have in common. Numbers are given anew where the disk does not
   * have what was recorded, and a power cut may bring that back: then either was a life's.
   */
  const states = new Map<number, readonly State[]>();
  return {
    onRecorded: ({ seq }, _before, after) => {
      states.set(seq, [after, ...(states.get(seq) ?? [])].slice(0, sameSeqMax));
      if (states.size <= statesMax) return;
      const [oldest] = states.keys();
      if (oldest !== undefined) states.delete(oldest);
    },
    onLife: (initial, wasPowerCut) => {
      const [newest, ...older] = states.get(initial.seq) ?? [];
      const had = wasPowerCut ? [newest, ...older] : [newest];
      if (newest === undefined || (wasPowerCut && isFresh(initial))) return;
      const has = textOf(initial);
      if (had.some((state) => state === initial || (state && textOf(state) === has))) return;
      const at = `at event ${String(initial.seq)}`;
      complain('Replay', `${at} the journal gives another state: ${difference(newest, initial)}`);
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
