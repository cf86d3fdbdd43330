/** Not made yet. */
import type { Place } from '../core/router.ts';

export function FleetView({ place }: { readonly place: Place }) {
  return <h1>{place.path.join('/')}</h1>;
}
