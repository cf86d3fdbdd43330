/** The session of whoever looks goes on: `createSessionKeeper` with what a browser has. */
import { askSession } from '../core/live.ts';
import { store } from '../core/store.ts';
import { createSessionKeeper } from './keepModel.ts';

const lookEveryMs = 30_000;

/** Once, at the start of the page. */
export function keepSession(): void {
  const look = createSessionKeeper({
    nowMs: () => Date.now(),
    isHidden: () => document.hidden,
    isLoggedIn: () => {
      const { session, isSessionOver } = store.state();
      return !isSessionOver && session !== undefined && session.user !== null;
    },
    ask: () => void askSession(),
  });
  setInterval(look, lookEveryMs);
  document.addEventListener('visibilitychange', look);
}
