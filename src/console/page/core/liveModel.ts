/**
 * The connection between this page and its console: the fleet is listed, then its changes are heard,
 * many drawn at once. Whatever breaks, it is lost, and tried again after a while that grows. Another
 * console may be the one that answers then. Knows neither browser nor clock: these are its `deps`.
 */
import type { FleetSnapshot, LiveEvent } from '../../../domain/console/live.ts';
import type { Result } from '../../../domain/result.ts';
import type { PageEvent } from './pageState.ts';

export interface LiveDeps {
  /** `isOver`: asking again is of no use until somebody logs in. */
  readonly listFleet: () => Promise<Result<FleetSnapshot, { readonly isOver: boolean }>>;
  /** `onFault` at most once; gives what closes it. */
  readonly openStream: (
    after: { readonly instance: string; readonly version: number },
    on: StreamEars,
  ) => () => void;
  /** Gives what takes it back. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** As soon as there is something to be drawn, and not before. */
  readonly beforeDrawing: (run: () => void) => () => void;
  /** From 0 up to 1. */
  readonly chance: () => number;
  readonly nowMs: () => number;
  /** What the page knows of it. */
  readonly known: () => { readonly instance: string; readonly version: number } | undefined;
  readonly dispatch: (event: PageEvent) => void;
}

export interface StreamEars {
  readonly onOpen: () => void;
  /** JSON of a `LiveEvent`. */
  readonly onMessage: (text: string) => void;
  readonly onFault: () => void;
}

export interface Live {
  /** Tries at once, when it is waiting. */
  readonly wake: () => void;
  readonly close: () => void;
}

/** Beats come every 15 s. */
const silenceMaxMs = 40_000;
const againMaxMs = 30_000;

/** Half of it by chance, so that many pages do not come back all at once. */
export function againAfterMs(attempt: number, chance: number): number {
  return Math.min(againMaxMs, 500 * 2 ** Math.min(attempt, 10)) * (0.5 + chance / 2);
}

export function openLive(deps: LiveDeps): Live {
  const { dispatch, nowMs } = deps;
  /** Only the newest try is listened to. */
  const now = { round: 0, attempt: 0, mayResume: false, isWaiting: false };
  let waiting: readonly LiveEvent[] = [];
  const ends: Record<'stream' | 'silence' | 'again' | 'drawing', (() => void) | undefined> = {
    ...{ stream: undefined, silence: undefined, again: undefined, drawing: undefined },
  };
  const end = (...names: readonly (keyof typeof ends)[]): void => {
    for (const name of names) {
      ends[name]?.();
      ends[name] = undefined;
    }
  };
  const tell = (connection: 'Connecting' | 'Open' | 'Lost'): void =>
    dispatch({ type: 'ConnectionChanged', connection, atMs: nowMs() });

  const flush = (): void => {
    end('drawing');
    if (waiting.length > 0) dispatch({ type: 'FleetChanged', events: waiting });
    waiting = [];
  };
  const tryAgain = (): void => {
    flush();
    end('stream', 'silence', 'again');
    now.round += 1;
    now.isWaiting = true;
    ends.again = deps.after(againAfterMs(now.attempt, deps.chance()), connect);
    now.attempt += 1;
  };
  const lose = (): void => {
    tell('Lost');
    tryAgain();
  };
  const watchSilence = (): void => {
    end('silence');
    ends.silence = deps.after(silenceMaxMs, lose);
  };
  const hear = (text: string): void => {
    const event = parse(text);
    if (event === undefined) return lose();
    if (event.type === 'Again') {
      now.mayResume = false;
      return tryAgain();
    }
    now.attempt = 0;
    watchSilence();
    if (event.type === 'Beat') return;
    waiting = [...waiting, event];
    ends.drawing ??= deps.beforeDrawing(flush);
  };
  const listen = (after: { readonly instance: string; readonly version: number }): void => {
    const { round } = now;
    const inTime = (run: () => void) => (): void => {
      if (round === now.round) run();
    };
    // Until it has opened once, there is no telling what is the matter: the fleet says that.
    now.mayResume = false;
    watchSilence();
    ends.stream = deps.openStream(after, {
      onOpen: inTime(() => {
        now.mayResume = true;
        tell('Open');
      }),
      onMessage: (text) => inTime(() => hear(text))(),
      onFault: inTime(lose),
    });
  };
  const list = async (): Promise<void> => {
    const { round } = now;
    const listed = await deps.listFleet();
    if (round !== now.round) return;
    if (!listed.ok) {
      if (!listed.error.isOver) lose();
      return;
    }
    dispatch({ type: 'FleetListed', snapshot: listed.value });
    listen(listed.value);
  };
  function connect(): void {
    end('again');
    now.round += 1;
    now.isWaiting = false;
    const known = deps.known();
    if (now.mayResume && known !== undefined) listen(known);
    else void list();
  }
  connect();
  return {
    wake: () => {
      if (now.isWaiting) connect();
    },
    close: () => {
      now.round += 1;
      now.isWaiting = false;
      end('stream', 'silence', 'again', 'drawing');
      waiting = [];
    },
  };
}

/** Undefined: no console has said that. */
function parse(text: string): LiveEvent | undefined {
  try {
    const event = JSON.parse(text) as Partial<LiveEvent> | null;
    return typeof event?.type === 'string' ? (event as LiveEvent) : undefined;
  } catch {
    return undefined;
  }
}
