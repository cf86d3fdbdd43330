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
  readonly openStream: (after: LivePoint, on: StreamEars) => () => void;
  /** Gives what takes it back. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** As soon as there is something to be drawn, and not before. */
  readonly beforeDrawing: (run: () => void) => () => void;
  /** From 0 up to 1. */
  readonly chance: () => number;
  readonly nowMs: () => number;
  /** What the page knows of it. */
  readonly known: () => LivePoint | undefined;
  readonly dispatch: (event: PageEvent) => void;
}

/** A version means something for that console process alone. */
export type LivePoint = Pick<FleetSnapshot, 'instance' | 'version'>;

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
  const now = { attempt: 0, mayResume: false };
  const { begin, inRound } = createRounds();
  const ends = createEnds();
  const batch = createBatch(deps);

  const tryAgain = (): void => {
    batch.flush();
    ends.endAll();
    begin();
    ends.keep('again', deps.after(againAfterMs(now.attempt, deps.chance()), connect));
    now.attempt += 1;
  };
  const lose = (): void => {
    deps.dispatch({ type: 'ConnectionChanged', connection: 'Lost', atMs: deps.nowMs() });
    tryAgain();
  };
  const hear = (text: string): void => {
    const event = parse(text);
    if (event === undefined) return lose();
    if (event.type === 'Again') {
      now.mayResume = false;
      return tryAgain();
    }
    // Each stream begins with its link: that alone does not say that it lasts.
    if (event.type !== 'Link') now.attempt = 0;
    ends.keep('silence', deps.after(silenceMaxMs, lose));
    if (event.type !== 'Beat') batch.add(event);
  };
  const listen = (after: LivePoint): void => {
    // Until it has opened once, there is no telling what is the matter: the fleet says that.
    now.mayResume = false;
    ends.keep('silence', deps.after(silenceMaxMs, lose));
    const close = deps.openStream(after, {
      onOpen: inRound(() => {
        now.mayResume = true;
        deps.dispatch({ type: 'ConnectionChanged', connection: 'Open', atMs: deps.nowMs() });
      }),
      onMessage: inRound(hear),
      onFault: inRound(lose),
    });
    ends.keep('stream', close);
  };
  const list = async (): Promise<void> => {
    const hearListed = inRound((listed: Awaited<ReturnType<LiveDeps['listFleet']>>): void => {
      if (listed.ok) {
        deps.dispatch({ type: 'FleetListed', snapshot: listed.value });
        listen(listed.value);
      } else if (!listed.error.isOver) lose();
    });
    hearListed(await deps.listFleet());
  };
  function connect(): void {
    ends.endAll();
    const known = deps.known();
    if (now.mayResume && known !== undefined) listen(known);
    else void list();
  }
  connect();
  return {
    wake: () => {
      if (ends.has('again')) connect();
    },
    close: () => {
      begin();
      ends.endAll();
      batch.drop();
    },
  };
}

/** Only the newest round is listened to: what an older one still has to say is about nothing. */
function createRounds() {
  let newest = 0;
  return {
    begin: (): void => {
      newest += 1;
    },
    inRound: <Given extends readonly unknown[]>(run: (...given: Given) => void) => {
      const round = newest;
      return (...given: Given): void => {
        if (round === newest) run(...given);
      };
    },
  };
}

type EndName = 'stream' | 'silence' | 'again';

/** What is under way, and how to end it. One of a name: a newer one ends the older. */
function createEnds() {
  const ends = new Map<EndName, () => void>();
  return {
    has: (name: EndName): boolean => ends.has(name),
    keep: (name: EndName, end: () => void): void => {
      ends.get(name)?.();
      ends.set(name, end);
    },
    endAll: (): void => {
      const all = [...ends.values()];
      ends.clear();
      for (const end of all) end();
    },
  };
}

/** Changes that are told together, before the page is drawn next. */
function createBatch({ beforeDrawing, dispatch }: LiveDeps) {
  let waiting: LiveEvent[] = [];
  let takeBack: (() => void) | undefined;
  const drop = (): void => {
    takeBack?.();
    takeBack = undefined;
    waiting = [];
  };
  const flush = (): void => {
    const events = waiting;
    drop();
    if (events.length > 0) dispatch({ type: 'FleetChanged', events });
  };
  const add = (event: LiveEvent): void => {
    waiting.push(event);
    takeBack ??= beforeDrawing(flush);
  };
  return { add, flush, drop };
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
