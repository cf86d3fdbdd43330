/** Where somebody was who leaves for another site to log in, and comes back to the first page. */
import { go } from '../core/router.ts';
import { type OidcFault, readOidcFault } from './oidcFault.ts';

const key = 'supervene.place';

export function rememberPlace(): void {
  try {
    sessionStorage.setItem(key, location.pathname + location.search);
  } catch {
    // Then they come back to the first page.
  }
}

const told: { fault: OidcFault | undefined } = { fault: undefined };

/** Why the way by the provider led to nothing, said once; undefined when it did not. */
export function cameBackWith(): OidcFault | undefined {
  const { fault } = told;
  told.fault = undefined;
  return fault;
}

/** Once, at the start of the page. */
export function returnToPlace(): void {
  told.fault = location.pathname === '/' ? readOidcFault(location.search) : undefined;
  if (told.fault !== undefined) history.replaceState(null, '', '/');
  try {
    const place = sessionStorage.getItem(key);
    sessionStorage.removeItem(key);
    const isWithin = place?.startsWith('/') === true && !place.startsWith('//');
    if (isWithin && location.pathname === '/') go(place, 'replace');
  } catch {
    // Nothing was remembered.
  }
}
