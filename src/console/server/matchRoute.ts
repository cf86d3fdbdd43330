/** Which row of the table a request is for. */
import { type Route, type RouteName, routes } from '../../domain/console/routes.ts';

export interface MatchedRoute {
  readonly name: RouteName;
  readonly route: Route;
  readonly path: Readonly<Record<string, string>>;
}

/** `allow`: there is this path, with another method. `Malformed`: no text that can be a name. */
export type RouteMatch = MatchedRoute | { readonly allow: string } | 'Malformed' | undefined;

const rows = (Object.entries(routes) as [RouteName, Route][]).map(([name, route]) => ({
  name,
  route,
  segments: route.path.split('/'),
}));

export function matchRoute(method: string, path: string): RouteMatch {
  const given = path.split('/');
  const found = rows.filter(
    ({ segments }) =>
      segments.length === given.length &&
      segments.every((segment, index) => {
        const own = given[index] ?? '';
        return segment.startsWith(':') ? own !== '' : segment === own;
      }),
  );
  // A fixed path before one with a name in its place.
  const row = found.find(({ route }) => route.method === method);
  if (row === undefined) {
    const methods = found.map(({ route }) => route.method);
    return methods.length === 0 ? undefined : { allow: [...new Set(methods)].join(', ') };
  }
  const values: [string, string][] = [];
  for (const [index, segment] of row.segments.entries()) {
    if (!segment.startsWith(':')) continue;
    const value = decodeSegment(given[index] ?? '');
    if (value === undefined) return 'Malformed';
    values.push([segment.slice(1), value]);
  }
  return { name: row.name, route: row.route, path: Object.fromEntries(values) };
}

/** No slash, however it is written, and nothing that is not seen. */
function decodeSegment(segment: string): string | undefined {
  try {
    const text = decodeURIComponent(segment);
    return /[/\\\p{C}]/u.test(text) || text === '.' || text === '..' ? undefined : text;
  } catch {
    return undefined;
  }
}
