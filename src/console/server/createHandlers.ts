/** Every route with its handler: each part of the console puts its own in here. */
import { hostname } from 'node:os';
import { createFleetAccess } from '../../commands/fleet/openFleet.ts';
import { createActions } from './handlers/createActions.ts';
import type { ConsoleDeps, Handlers } from './handlers.ts';
import { createLive } from './live/createLive.ts';
import { createTimeRoutes } from './time/timeRoutes.ts';

export interface HandlerSet {
  readonly handlers: Omit<Handlers, OwnRoute>;
  readonly close: () => Promise<void>;
}

/** Those of the gate itself: who one is, and how one becomes it. */
export type OwnRoute =
  'session' | 'logIn' | 'logOut' | 'changePassword' | 'setUp' | 'oidcStart' | 'oidcReturn';

/** Makes what the handlers share, which ends with `close`. */
export function createHandlers(deps: ConsoleDeps): Promise<HandlerSet> {
  const { follow } = createFleetAccess(deps.client, deps.settings.etcd);
  const live = createLive({ follow, nowMs: deps.nowMs, instance: deps.instance });
  const time = createTimeRoutes(deps);
  const handlers: HandlerSet['handlers'] = {
    ...createActions(deps, hostname()),
    fleet: live.fleet,
    live: live.live,
    timeline: time.timeline,
    moment: time.moment,
  };
  const close = (): Promise<void> => {
    live.close();
    return time.close();
  };
  return Promise.resolve({ handlers, close });
}
