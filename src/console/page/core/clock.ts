/**
 * The time for what is drawn: told once a second to all who look, from one timer, which stands still
 * while nobody looks or the page is hidden.
 */
import { useEffect, useReducer } from 'preact/hooks';

const listeners = new Set<() => void>();
const ticking: { timer: number | undefined; nowMs: number } = { timer: undefined, nowMs: 0 };

/** Milliseconds since the epoch, as of the last second. */
export function useNow(): number {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => listen(() => redraw(undefined)), []);
  return ticking.timer === undefined ? Date.now() : ticking.nowMs;
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  if (ticking.timer === undefined) {
    ticking.nowMs = Date.now();
    ticking.timer = window.setInterval(tick, 1000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(ticking.timer);
    ticking.timer = undefined;
  };
}

function tick(): void {
  if (document.hidden) return;
  ticking.nowMs = Date.now();
  for (const listener of listeners) listener();
}
