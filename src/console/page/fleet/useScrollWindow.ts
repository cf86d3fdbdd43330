/** Which of many equal rows, or columns, are seen; draws again only when that changes. */
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useRef } from 'preact/hooks';

export interface ScrollAxis {
  readonly isAcross?: boolean;
  readonly count: number;
  readonly itemPx: number;
  /** What always stands before them: a head, or a first column. */
  readonly headPx: number;
}

export interface Seen {
  readonly from: number;
  /** The first that is not. */
  readonly to: number;
}

const beyond = 8;

export function useScrollWindow(scroller: RefObject<HTMLElement | null>, axis: ScrollAxis): Seen {
  const [, redraw] = useReducer((drawn: number) => drawn + 1, 0);
  const now = useRef(axis);
  now.current = axis;
  const drawn = useRef<Seen>({ from: 0, to: 0 });
  drawn.current = seenOf(scroller.current, axis);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const look = (): void => {
      const { from, to } = seenOf(element, now.current);
      if (from !== drawn.current.from || to !== drawn.current.to) redraw(undefined);
    };
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  return drawn.current;
}

function seenOf(element: HTMLElement | null, axis: ScrollAxis): Seen {
  const { isAcross = false, count, itemPx, headPx } = axis;
  if (element === null) return { from: 0, to: Math.min(count, 2 * beyond) };
  const start = isAcross ? element.scrollLeft : element.scrollTop;
  const length = (isAcross ? element.clientWidth : element.clientHeight) - headPx;
  const from = Math.max(0, Math.floor(start / itemPx) - beyond);
  const to = Math.min(count, Math.ceil((start + length) / itemPx) + beyond);
  return { from: Math.min(from, count), to };
}

/** Scrolls no further than it must. */
export function scrollToItem(element: HTMLElement, index: number, axis: ScrollAxis): void {
  const { isAcross = false, itemPx, headPx } = axis;
  const start = isAcross ? element.scrollLeft : element.scrollTop;
  const length = (isAcross ? element.clientWidth : element.clientHeight) - headPx;
  const at = index * itemPx;
  const to = at < start ? at : at + itemPx > start + length ? at + itemPx - length : start;
  if (to === start) return;
  if (isAcross) element.scrollLeft = to;
  else element.scrollTop = to;
}
