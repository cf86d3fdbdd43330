/** Going from one place of the page to another, and drawing again for it. */
import { useEffect, useReducer } from 'preact/hooks';
import { type Place, placeOf } from './place.ts';

export { formatPlace, type Place, placeOf } from './place.ts';

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
