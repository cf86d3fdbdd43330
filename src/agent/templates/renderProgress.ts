/**
 * How far all templates of this host are together: up to which revision they have taken in who drains.
 * Revisions of one etcd only are compared: after each doubt nothing holds until it was done again. Pure
 * but for what it keeps.
 */
import { compareRevisions, type Revision } from '../../domain/types.ts';

export interface RenderProgress {
  /** Nothing of what was made so far is of the etcd that comes. */
  readonly doubt: () => void;
  /** What offers are made of now. */
  readonly offered: (newestDrain: Revision | undefined) => void;
  /** Of what is offered now, which offers are marked with. */
  readonly era: () => number;
  /** A template is done with an offer; gives what is to be told, undefined for nothing new. */
  readonly done: (index: number, offer: DoneOffer) => Revision | undefined;
  /** A template cannot be done now; gives what is to be told, as others may have waited for it. */
  readonly failed: (index: number) => Revision | undefined;
}

interface DoneOffer {
  readonly era: number;
  readonly drainsRevision: Revision;
}

/** Templates are named by their numbers, below `count`. */
export function createRenderProgress(count: number): RenderProgress {
  /** One that fails and has never worked serves nobody, so nobody waits for it. */
  const awaited = new Set(Array.from({ length: count }, (_, index) => index));
  const worked = new Set<number>();
  const doneByIndex = new Map<number, Revision>();
  let era = 0;
  let told: Revision | undefined;
  let newestDrain: Revision | undefined;
  const tell = (): Revision | undefined => {
    if (doneByIndex.size === 0 || [...awaited].some((index) => !doneByIndex.has(index))) {
      return undefined;
    }
    const least = [...doneByIndex.values()].reduce((a, b) => (compareRevisions(a, b) < 0 ? a : b));
    const isAwaited =
      told === undefined ||
      (newestDrain !== undefined &&
        compareRevisions(newestDrain, told) > 0 &&
        compareRevisions(least, newestDrain) >= 0);
    if (!isAwaited) return undefined;
    told = least;
    return least;
  };
  return {
    doubt: () => {
      era += 1;
      told = undefined;
      newestDrain = undefined;
      doneByIndex.clear();
    },
    offered: (drain) => {
      newestDrain = drain;
    },
    era: () => era,
    done: (index, offer) => {
      if (offer.era !== era) return undefined;
      worked.add(index);
      awaited.add(index);
      doneByIndex.set(index, offer.drainsRevision);
      return tell();
    },
    failed: (index) => {
      if (worked.has(index) || !awaited.delete(index)) return undefined;
      return tell();
    },
  };
}
