/** The query of the fleet's page, read from the address bar and written there. */
import { useMemo } from 'preact/hooks';
import { formatPlace, go, type Place } from '../core/router.ts';
import { type FleetQuery, readQuery, writeQuery } from './fleetQuery.ts';

export interface QueryHand {
  readonly query: FleetQuery;
  /** A step for the back button, but for what is typed. */
  readonly change: (change: Partial<FleetQuery>) => void;
  /** Where a link with that change leads. */
  readonly urlOf: (change: Partial<FleetQuery>) => string;
}

export function useFleetQuery(place: Place): QueryHand {
  const text = place.query.toString();
  return useMemo((): QueryHand => {
    const query = readQuery(place.query);
    const urlOf = (change: Partial<FleetQuery>): string =>
      formatPlace(['fleet'], writeQuery({ ...query, ...change }));
    const change = (wanted: Partial<FleetQuery>): void =>
      go(urlOf(wanted), 'text' in wanted ? 'replace' : 'push');
    return { query, change, urlOf };
  }, [text]);
}
