/** Logging in by an OpenID provider: off it goes with what only this browser has, and back with a code. */
import { faultAnswer } from './handlers.ts';
import type { OwnDeps, OwnHandlers } from './ownRoutes.ts';

export function createOidcHandlers(_deps: OwnDeps): Pick<OwnHandlers, 'oidcStart' | 'oidcReturn'> {
  const none = faultAnswer(404, { code: 'NoOidc', error: 'there is no way in by OpenID here' });
  return { oidcStart: () => Promise.resolve(none), oidcReturn: () => Promise.resolve(none) };
}
