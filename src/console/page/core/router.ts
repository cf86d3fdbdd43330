/**
 * Where in the page one is: the path says which view, the query what of it, so that every view can be
 * shared as a link.
 */
import { useEffect, useReducer } from 'preact/hooks';

export interface Place {
  /** Decoded segments: `/publish/web` is `['publish', 'web']`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

export function placeOf({ pathname, search }: Pick<Location, 'pathname' | 'search'>): Place {
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

const moved = new EventTarget();

/** `replace`: no step for the back button, as for what is typed into a filter. */
export function go(url: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', url);
  else history.replaceState(null, '', url);
  moved.dispatchEvent(new Event('move'));
}

export function usePlace(): Place {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const onMove = (): void => redraw(undefined);
    moved.addEventListener('move', onMove);
    addEventListener('popstate', onMove);
    return () => {
      moved.removeEventListener('move', onMove);
      removeEventListener('popstate', onMove);
    };
  }, []);
  return placeOf(location);
}

/** For `onClick` of a link with `href`: another tab, another button, a modifier are the browser's. */
export function followLink(event: MouseEvent): void {
  const link = event.currentTarget;
  if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin) return;
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  event.preventDefault();
  go(link.pathname + link.search);
}
