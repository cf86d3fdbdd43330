/** A journal read whole, and as after a restart: from a checkpoint in the midst of it. */
import { reduceAll } from '../../../reducers/reduce.ts';
import { initialState, type State } from '../../../reducers/state.ts';
import { decodeState, encodeState } from '../../../reducers/stateCodec.ts';
import type { Recorded } from '../../../src/domain/event.ts';

export interface FoldedBothWays {
  readonly whole: State;
  readonly continued: State;
}

/** Any `cut` will do. */
export function foldBothWays(records: readonly Recorded[], cut: number): FoldedBothWays {
  const at = cut % (records.length + 1);
  const checkpoint = JSON.stringify(encodeState(reduceAll(initialState, records.slice(0, at))));
  const restored = decodeState(JSON.parse(checkpoint)) ?? initialState;
  return {
    whole: reduceAll(initialState, records),
    continued: reduceAll(restored, records.slice(at)),
  };
}

/** As a journal holds it: without what is undefined. */
export function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
