/** The token of the first run: good while there are no users, and once. */
import { isSame } from './sessions.ts';

export interface SetUpToken {
  /** There is nobody who could log in. */
  readonly isWanted: () => boolean;
  readonly matches: (given: string) => boolean;
  readonly use: () => void;
}

/** Undefined: there is none, whoever asks. */
export function createSetUpToken(token: string | undefined, isEmpty: () => boolean): SetUpToken {
  let isUsed = token === undefined;
  return {
    isWanted: () => !isUsed && isEmpty(),
    matches: (given) => token !== undefined && !isUsed && isSame(token, given),
    use: () => {
      isUsed = true;
    },
  };
}
