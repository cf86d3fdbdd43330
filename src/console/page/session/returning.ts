/** Where somebody was who leaves for another site to log in, and comes back to the first page. */
import { go } from '../core/router.ts';

const key = 'supervene.place';

export function rememberPlace(): void {
  try {
    sessionStorage.setItem(key, location.pathname + location.search);
  } catch {
    // Then they come back to the first page.
  }
}

/** Once, at the start of the page. */
export function returnToPlace(): void {
  try {
    const place = sessionStorage.getItem(key);
    sessionStorage.removeItem(key);
    const isWithin = place?.startsWith('/') === true && !place.startsWith('//');
    if (isWithin && location.pathname === '/') go(place, 'replace');
  } catch {
    // Nothing was remembered.
  }
}
