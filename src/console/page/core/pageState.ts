/** What the page knows that more than one view needs, and how events change it. Pure. */
import type {
  LiveApp,
  LiveEvent,
  LiveHost,
  LiveLink,
  LiveRollout,
} from '../../../domain/console/live.ts';
import { type FleetSnapshot, rowKey } from '../../../domain/console/live.ts';
import type { SessionDocument } from '../../../domain/console/api.ts';
import type { FleetRow } from '../../../domain/fleet/fleetRow.ts';
import type { Language } from './language.ts';
import { changeRows, rowMapOf } from './rowMap.ts';

export interface PageState {
  /** Undefined until the console has said. */
  readonly session: SessionDocument | undefined;
  /**
   * It ended while the page was open: who it was is still in `session`, and what they look at and
   * have typed is still there, until somebody logs in.
   */
  readonly isSessionOver: boolean;
  /** Of the console that gave out this page; another one's page may be another. */
  readonly pageVersion: string | undefined;
  /** Undefined until it was listed. */
  readonly fleet: Fleet | undefined;
  /** Between this page and the console. */
  readonly connection: 'Connecting' | 'Open' | 'Lost';
  /** Since when, by the clock of the browser. */
  readonly connectionSinceMs: number;
  readonly language: Language;
  readonly theme: 'system' | 'light' | 'dark';
  /** The alarm makes no sound. */
  readonly isMuted: boolean;
}

export const initialPage: PageState = {
  session: undefined,
  isSessionOver: false,
  pageVersion: undefined,
  fleet: undefined,
  connection: 'Connecting',
  connectionSinceMs: 0,
  language: 'en',
  theme: 'system',
  isMuted: false,
};

/** Maps that did not change are the same objects as before. */
export interface Fleet {
  readonly instance: string;
  readonly version: number;
  readonly atMs: number;
  readonly hosts: ReadonlyMap<string, LiveHost>;
  readonly apps: ReadonlyMap<string, LiveApp>;
  /** By `rowKey`. */
  readonly rows: ReadonlyMap<string, FleetRow>;
  readonly rollouts: readonly LiveRollout[];
  readonly link: LiveLink;
  /** What was listed may be older than the console: this is false until it has told the rest. */
  readonly isCaughtUp: boolean;
}

export type PageEvent =
  | Readonly<{ type: 'SessionTold'; session: SessionDocument }>
  /** A route says that nobody is logged in. */
  | Readonly<{ type: 'SessionEnded' }>
  | Readonly<{ type: 'FleetListed'; snapshot: FleetSnapshot }>
  /** Several at once, so that the page is drawn once. */
  | Readonly<{ type: 'FleetChanged'; events: readonly LiveEvent[] }>
  | Readonly<{ type: 'ConnectionChanged'; connection: PageState['connection']; atMs: number }>
  | Readonly<{ type: 'LanguageChosen'; language: Language }>
  | Readonly<{ type: 'ThemeChosen'; theme: PageState['theme'] }>
  | Readonly<{ type: 'MuteChosen'; isMuted: boolean }>;

export function reducePage(state: PageState, event: PageEvent): PageState {
  switch (event.type) {
    case 'SessionTold':
      return told(state, event.session);
    case 'SessionEnded':
      return isLoggedIn(state) ? { ...state, isSessionOver: true } : state;
    case 'FleetListed':
      return { ...state, fleet: fleetOf(event.snapshot) };
    case 'FleetChanged':
      return state.fleet === undefined
        ? state
        : { ...state, fleet: changed(state.fleet, event.events) };
    case 'ConnectionChanged':
      if (event.connection === state.connection) return state;
      return { ...state, connection: event.connection, connectionSinceMs: event.atMs };
    case 'LanguageChosen':
      return { ...state, language: event.language };
    case 'ThemeChosen':
      return { ...state, theme: event.theme };
    case 'MuteChosen':
      return { ...state, isMuted: event.isMuted };
    default:
      return event satisfies never;
  }
}

/** Somebody is, or was until it ended under them. */
export function isLoggedIn({ session }: PageState): boolean {
  return session !== undefined && session.user !== null;
}

function told(state: PageState, session: SessionDocument): PageState {
  const before = state.session?.user ?? null;
  const pageVersion = state.pageVersion ?? session.version;
  if (session.user === null && before !== null) {
    return { ...state, pageVersion, session: { ...session, user: before }, isSessionOver: true };
  }
  // Others may see other things.
  const isSame = before !== null && JSON.stringify(before) === JSON.stringify(session.user);
  const fleet = isSame ? state.fleet : undefined;
  return { ...state, pageVersion, session, fleet, isSessionOver: false };
}

function fleetOf({ hosts, apps, rows, ...rest }: FleetSnapshot): Fleet {
  return {
    ...rest,
    hosts: new Map(hosts.map((host) => [host.host, host])),
    apps: new Map(apps.map((app) => [app.app, app])),
    rows: rowMapOf(rows.map((row) => [rowKey(row), row])),
    isCaughtUp: false,
  };
}

/** What is older than what is known changes nothing. */
function changed(fleet: Fleet, events: readonly LiveEvent[]): Fleet {
  const copies: {
    hosts?: Map<string, LiveHost>;
    apps?: Map<string, LiveApp>;
    rows?: Fleet['rows'];
  } = {};
  let now = fleet;
  for (const event of events) {
    if (event.type === 'Again' || event.type === 'Beat') continue;
    if (event.type === 'Link') {
      // Told on each connection too, after all that was not known yet.
      const version = Math.max(now.version, event.version);
      now = { ...now, version, link: event.link, isCaughtUp: true };
      continue;
    }
    if (event.version <= now.version) continue;
    const { version, atMs, rollouts = now.rollouts } = event;
    if (event.hosts !== undefined) apply((copies.hosts ??= new Map(fleet.hosts)), event.hosts);
    if (event.apps !== undefined) apply((copies.apps ??= new Map(fleet.apps)), event.apps);
    if (event.rows !== undefined) copies.rows = changeRows(copies.rows ?? fleet.rows, event.rows);
    now = { ...now, version, atMs, rollouts };
  }
  return { ...now, ...copies };
}

function apply<T>(known: Map<string, T>, changes: Readonly<Record<string, T | null>>): void {
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) known.delete(key);
    else known.set(key, value);
  }
}
