/** Every route with its handler: each part of the console puts its own in here. */
import { hostname } from 'node:os';
import { createActions } from './handlers/createActions.ts';
import { type ConsoleDeps, type Handlers, notMade } from './handlers.ts';

export interface HandlerSet {
  readonly handlers: Omit<Handlers, OwnRoute>;
  readonly close: () => Promise<void>;
}

/** Those of the gate itself: who one is, and how one becomes it. */
export type OwnRoute =
  'session' | 'logIn' | 'logOut' | 'changePassword' | 'setUp' | 'oidcStart' | 'oidcReturn';

/** Makes what the handlers share, which ends with `close`. */
export function createHandlers(deps: ConsoleDeps): Promise<HandlerSet> {
  const handlers: HandlerSet['handlers'] = {
    ...createActions(deps, hostname()),
    fleet: notMade,
    live: notMade,
    timeline: notMade,
    moment: notMade,
  };
  return Promise.resolve({ handlers, close: () => Promise.resolve() });
}
