/** The live fleet, for as long as somebody is logged in: `openLive` with what a browser has. */
import type { SessionDocument } from '../../../domain/console/api.ts';
import type { FleetSnapshot } from '../../../domain/console/live.ts';
import { err } from '../../../domain/result.ts';
import { callApi, urlOf } from './callApi.ts';
import { type Live, type LiveDeps, openLive } from './liveModel.ts';
import { store } from './store.ts';

const open: { live: Live | undefined; of: string | undefined } = { live: undefined, of: undefined };

/** Once, at the start of the page. */
export function keepLive(): void {
  store.listen(follow);
  follow();
  addEventListener('online', wakeLive);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) wakeLive();
  });
}

/** At once, for those who do not want to wait. */
export function wakeLive(): void {
  open.live?.wake();
}

/** A session that ends takes its connection with it; a new one begins anew. */
function follow(): void {
  const { session, isSessionOver } = store.state();
  const user = session?.user ?? null;
  const of = user === null || isSessionOver ? undefined : JSON.stringify(user);
  if (of === open.of) return;
  open.live?.close();
  open.of = of;
  open.live = of === undefined ? undefined : openLive(browser);
}

export async function askSession(): Promise<void> {
  const asked = await callApi<SessionDocument>('session');
  if (asked.ok) store.dispatch({ type: 'SessionTold', session: asked.value });
}

const browser: LiveDeps = {
  listFleet: async () => {
    const listed = await callApi<FleetSnapshot>('fleet', { query: { follows: 'yes' } });
    if (!listed.ok) return err({ isOver: listed.error.code === 'LoggedOut' });
    // Another console may be of another version, and give another token.
    const { session, fleet } = store.state();
    const known = fleet?.instance ?? session?.instance;
    if (known !== undefined && known !== listed.value.instance) void askSession();
    return listed;
  },
  openStream: ({ instance, version }, { onOpen, onMessage, onFault }) => {
    const stream = new EventSource(urlOf('live', { query: { instance, after: String(version) } }));
    stream.onopen = onOpen;
    stream.onmessage = ({ data }) => onMessage(String(data));
    stream.onerror = () => {
      stream.close();
      onFault();
    };
    return () => stream.close();
  },
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  // Browsers draw no frame of a page that is hidden.
  beforeDrawing: (run) => {
    if (document.hidden) {
      const timer = setTimeout(run, 100);
      return () => clearTimeout(timer);
    }
    const frame = requestAnimationFrame(run);
    const timer = setTimeout(run, 200);
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  },
  chance: () => Math.random(),
  nowMs: () => Date.now(),
  known: () => store.state().fleet,
  dispatch: store.dispatch,
};
