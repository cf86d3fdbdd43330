/**
 * Places for those whose bodies are being read: so many for one, so many for all. Whoever comes when
 * none is left gets that of the one who has been sending for longest, of his own first: one that
 * sends slowly, or never to the end, keeps nobody else from being heard.
 */
export interface BodyPlaces {
  /** `giveUp` is called when the place is needed for another. Gives what leaves it. */
  readonly enter: (who: string, giveUp: () => void) => () => void;
}

export interface BodyPlacesOptions {
  readonly ofOne: number;
  readonly ofAll: number;
}

interface Place {
  readonly who: string;
  readonly giveUp: () => void;
}

export function createBodyPlaces({ ofOne, ofAll }: BodyPlacesOptions): BodyPlaces {
  /** Longest first. */
  const taken = new Set<Place>();
  const vacate = (place: Place | undefined): void => {
    if (place === undefined) return;
    taken.delete(place);
    place.giveUp();
  };
  return {
    enter: (who, giveUp) => {
      const own = [...taken].filter((place) => place.who === who);
      if (own.length >= ofOne) vacate(own[0]);
      else if (taken.size >= ofAll) vacate([...taken][0]);
      const place = { who, giveUp };
      taken.add(place);
      return () => taken.delete(place);
    },
  };
}
