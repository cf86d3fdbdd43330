/** What etcd wants on this host, as the agent makes of it: texts to write, or why not. Pure. */
import { mapEntries } from '../../../reducers/persistentMap.ts';
import { renderVersion } from '../../../reducers/interpret.ts';
import { type AppState, asAppName } from '../../../reducers/appState.ts';
import type { State } from '../../../reducers/state.ts';
import { assertNever } from '../../domain/assertNever.ts';
import type { DecisionSettings } from '../../domain/event.ts';
import type { WantedApp } from './adoption.ts';

export function wantedApps({ appsByName, settings }: State): ReadonlyMap<string, WantedApp> {
  if (settings === undefined) return new Map();
  const apps = [...mapEntries(appsByName)];
  return new Map(apps.map(([name, app]) => [name, wantedApp(app, settings)]));
}

function wantedApp(app: AppState, settings: DecisionSettings): WantedApp {
  const { desired } = app;
  switch (desired.type) {
    case 'Wanted': {
      if (app.file?.type === 'Occupied') return notWanted(app.file.detail);
      const { version } = desired;
      const { text, sha256 } = renderVersion(asAppName(app), version, settings, false);
      return { type: 'Wanted', app: asAppName(app), revision: version.revision, sha256, text };
    }
    case 'Refused':
      return notWanted(
        desired.problems.map(({ code, message }) => `${code}: ${message}`).join('; '),
      );
    case 'Pending':
      return notWanted(`etcd has no key ${desired.missing} of it`);
    case 'IdentityLost':
      return notWanted(`it is placed on ${desired.lost.join(', ')}, which this host has lost`);
    case 'Absent':
      return notWanted(`etcd does not place it on this host`);
    case 'Unknown':
      return notWanted('its content is not known');
    default:
      return assertNever(desired);
  }
}

function notWanted(reason: string): WantedApp {
  return { type: 'NotWanted', reason };
}
