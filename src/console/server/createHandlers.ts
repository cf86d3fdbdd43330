/** Every route with its handler: each part of the console puts its own in here. */
import { type ConsoleDeps, type Handlers, notMade } from './handlers.ts';

export interface HandlerSet {
  readonly handlers: Omit<Handlers, OwnRoute>;
  readonly close: () => Promise<void>;
}

/** Those of the gate itself: who one is, and how one becomes it. */
export type OwnRoute =
  'session' | 'logIn' | 'logOut' | 'changePassword' | 'setUp' | 'oidcStart' | 'oidcReturn';

/** Makes what the handlers share, which ends with `close`. */
export function createHandlers(_deps: ConsoleDeps): Promise<HandlerSet> {
  const handlers: HandlerSet['handlers'] = {
    fleet: notMade,
    live: notMade,
    orders: notMade,
    forgetHost: notMade,
    log: notMade,
    followLog: notMade,
    app: notMade,
    history: notMade,
    publish: notMade,
    unpublish: notMade,
    rollBack: notMade,
    rollout: notMade,
    keys: notMade,
    key: notMade,
    writeKey: notMade,
    audit: notMade,
    timeline: notMade,
    moment: notMade,
  };
  return Promise.resolve({ handlers, close: () => Promise.resolve() });
}
