/** All places of a host, or of an app, that something can be done to by whoever is logged in. Pure. */
import { type Grant, mayDo } from '../../../domain/console/roles.ts';
import type { FleetRow } from '../../../domain/fleet/fleetRow.ts';
import type { Place } from './actionModel.ts';

export function placesOfHost(
  rows: ReadonlyMap<string, FleetRow>,
  host: string,
  grants: readonly Grant[],
): readonly Place[] {
  return placesWhere(rows, grants, (row) => row.host === host);
}

export function placesOfApp(
  rows: ReadonlyMap<string, FleetRow>,
  app: string,
  grants: readonly Grant[],
): readonly Place[] {
  return placesWhere(rows, grants, (row) => row.app === app);
}

function placesWhere(
  rows: ReadonlyMap<string, FleetRow>,
  grants: readonly Grant[],
  isMeant: (row: FleetRow) => boolean,
): readonly Place[] {
  const places: Place[] = [];
  for (const row of rows.values()) {
    const { app, host } = row;
    if (!isMeant(row) || host === undefined) continue;
    if (mayDo(grants, 'operator', { app, host })) places.push({ app, host });
  }
  return places;
}
