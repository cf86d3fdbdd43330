/**
 * Where in the page one is: the path says which view, the query what of it, so that every view can be
 * shared as a link. Pure.
 */
export interface Place {
  /** Decoded segments: `/publish/web` is `['publish', 'web']`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

export function placeOf({
  pathname,
  search,
}: Readonly<Record<'pathname' | 'search', string>>): Place {
  const path = pathname
    .split('/')
    .filter((segment) => segment !== '')
    .map(decoded);
  return { path, query: new URLSearchParams(search) };
}

/** What is no valid encoding stays as it is. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export function formatPlace(
  path: readonly string[],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(name, value);
  }
  const text = search.toString();
  return `/${path.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}
