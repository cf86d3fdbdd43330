/**
 * Every route of the console, in one table: what it is called, and who may. The server refuses by
 * it, the page calls by it, and the tests go through it row by row.
 */
import type { Role } from './roles.ts';

export interface Route {
  readonly method: 'GET' | 'POST';
  /** `:name` stands for one segment, percent-encoded. */
  readonly path: string;
  /** `anyone`: without a session too. `user`: whoever has one, whatever the grants. */
  readonly role: Role | 'anyone' | 'user';
  readonly about: RouteTarget;
}

/**
 * What the role must be granted for. `app`, `place` (an app on a host): those in the path. `host`:
 * all apps on the host in the path. `somewhere`: for anything at all; the answer shows only what is
 * granted. `each`: for each that the body or the placement names, which the handler sees to.
 * `everywhere`: for all apps on all hosts.
 */
export type RouteTarget =
  'nothing' | 'app' | 'host' | 'place' | 'somewhere' | 'each' | 'everywhere';

export const routes = {
  session: { method: 'GET', path: '/api/session', role: 'anyone', about: 'nothing' },
  logIn: { method: 'POST', path: '/api/session', role: 'anyone', about: 'nothing' },
  logOut: { method: 'POST', path: '/api/session/end', role: 'user', about: 'nothing' },
  changePassword: { method: 'POST', path: '/api/password', role: 'user', about: 'nothing' },
  setUp: { method: 'POST', path: '/api/set-up', role: 'anyone', about: 'nothing' },
  oidcStart: { method: 'POST', path: '/api/oidc/start', role: 'anyone', about: 'nothing' },
  oidcReturn: { method: 'GET', path: '/oidc/return', role: 'anyone', about: 'nothing' },

  fleet: { method: 'GET', path: '/api/fleet', role: 'viewer', about: 'somewhere' },
  live: { method: 'GET', path: '/api/live', role: 'viewer', about: 'somewhere' },
  orders: { method: 'POST', path: '/api/orders', role: 'operator', about: 'each' },
  forgetHost: { method: 'POST', path: '/api/hosts/:host/forget', role: 'admin', about: 'host' },

  log: { method: 'GET', path: '/api/logs/:host/:app', role: 'operator', about: 'place' },
  followLog: { method: 'GET', path: '/api/logs/:host/:app/live', role: 'operator', about: 'place' },

  app: { method: 'GET', path: '/api/apps/:app', role: 'viewer', about: 'app' },
  history: { method: 'GET', path: '/api/apps/:app/history', role: 'viewer', about: 'app' },
  publish: { method: 'POST', path: '/api/apps/:app/publish', role: 'publisher', about: 'each' },
  unpublish: { method: 'POST', path: '/api/apps/:app/unpublish', role: 'publisher', about: 'each' },
  rollBack: { method: 'POST', path: '/api/apps/:app/rollback', role: 'publisher', about: 'each' },
  rollout: { method: 'POST', path: '/api/apps/:app/rollout', role: 'operator', about: 'each' },

  keys: { method: 'GET', path: '/api/keys', role: 'admin', about: 'everywhere' },
  key: { method: 'GET', path: '/api/key', role: 'admin', about: 'everywhere' },
  writeKey: { method: 'POST', path: '/api/key', role: 'admin', about: 'everywhere' },

  audit: { method: 'GET', path: '/api/audit', role: 'admin', about: 'everywhere' },

  timeline: { method: 'GET', path: '/api/hosts/:host/time', role: 'operator', about: 'host' },
  moment: { method: 'GET', path: '/api/hosts/:host/time/:seq', role: 'operator', about: 'host' },
} as const satisfies Readonly<Record<string, Route>>;

export type RouteName = keyof typeof routes;
