/**
 * The keys below the fleet prefix: what hosts report, what is asked of them, and who published what.
 *
 * Each host has keys of its own (`…/hosts/web1` and below `…/hosts/web1/`), so that a role in etcd
 * can let it write its own and nothing else. docs/fleet.md describes them for other programs.
 */
import { assertNever } from '../assertNever.ts';
import { keyStart } from '../keys.ts';
import type { AppName } from '../types.ts';

/**
 * `hosts` are under the lease of the host's agent: they go when it is lost. `known` says the same
 * and stays.
 */
export type ReportKind = 'hosts' | 'known';

export type FleetKey =
  /** Part 0 is the head, at the host's own key; its apps are in parts 1, 2, … */
  | Readonly<{ type: 'Report'; kind: ReportKind; host: string; part: number }>
  | Readonly<{ type: 'Request'; host: string; id: string }>
  | Readonly<{ type: 'Answer'; host: string; id: string }>
  | Readonly<{ type: 'Publication'; app: string; seq: number }>
  | Readonly<{ type: 'Rollout'; app: string; place: RolloutPlace }>
  /** How far a host is that renders templates from what is reported. */
  | Readonly<{ type: 'Render'; host: string }>;

/** What stands below `rollouts/<app>/`; `turn.ts` says what it means. */
export type RolloutPlace =
  | Readonly<{ type: 'Halt' }>
  /** From 1 on. */
  | Readonly<{ type: 'Turn'; slot: number }>
  | Readonly<{ type: 'Begun'; slot: number }>
  | Readonly<{ type: 'Drain'; host: string }>;

/** Every rollout of the cluster is below this; ends with a slash. */
export function rolloutsStart(prefix: string): string {
  return `${keyStart(prefix)}rollouts/`;
}

export function rolloutKey(prefix: string, app: AppName, place: RolloutPlace): string {
  return `${rolloutsStart(prefix)}${app}/${formatPlace(place)}`;
}

/** Ends with a slash. */
export function rendersStart(prefix: string): string {
  return `${keyStart(prefix)}renders/`;
}

export function renderKey(prefix: string, host: string): string {
  return `${rendersStart(prefix)}${host}`;
}

function formatPlace(place: RolloutPlace): string {
  switch (place.type) {
    case 'Halt':
      return 'halt';
    case 'Turn':
      return `turn-${String(place.slot)}`;
    case 'Begun':
      return `begun-${String(place.slot)}`;
    case 'Drain':
      return `drain-${place.host}`;
    default:
      return assertNever(place);
  }
}

export function reportKey(prefix: string, kind: ReportKind, host: string, part: number): string {
  const head = `${keyStart(prefix)}${kind}/${host}`;
  return part === 0 ? head : `${head}/${String(part)}`;
}

/** All that is asked of one host is below this; ends with a slash. */
export function requestsStart(prefix: string, host: string): string {
  return `${keyStart(prefix)}requests/${host}/`;
}

export function requestKey(prefix: string, host: string, id: string): string {
  return `${requestsStart(prefix, host)}${id}`;
}

export function answerKey(prefix: string, host: string, id: string): string {
  return `${keyStart(prefix)}answers/${host}/${id}`;
}

/** All publications of an app are below this, the oldest first; ends with a slash. */
export function historyStart(prefix: string, app: AppName): string {
  return `${keyStart(prefix)}history/${app}/`;
}

const seqDigits = 10;

export function publicationKey(prefix: string, app: AppName, seq: number): string {
  return `${historyStart(prefix, app)}${String(seq).padStart(seqDigits, '0')}`;
}

/** Undefined for whatever else is there. */
export function parseFleetKey(prefix: string, key: string): FleetKey | undefined {
  const start = keyStart(prefix);
  if (!key.startsWith(start)) return undefined;
  const [kind, name, rest, ...deeper] = key.slice(start.length).split('/');
  if (kind === undefined || name === undefined) return undefined;
  if (name === '' || deeper.length > 0) return undefined;
  switch (kind) {
    case 'hosts':
    case 'known': {
      const part = rest === undefined ? 0 : wholeNumber(rest, /^[1-9]\d{0,3}$/);
      return part === undefined ? undefined : { type: 'Report', kind, host: name, part };
    }
    case 'requests':
      return isId(rest) ? { type: 'Request', host: name, id: rest } : undefined;
    case 'answers':
      return isId(rest) ? { type: 'Answer', host: name, id: rest } : undefined;
    case 'history': {
      const seq = wholeNumber(rest ?? '', /^\d{10}$/);
      return seq === undefined ? undefined : { type: 'Publication', app: name, seq };
    }
    case 'rollouts': {
      const place = parsePlace(rest ?? '');
      return place === undefined ? undefined : { type: 'Rollout', app: name, place };
    }
    case 'renders':
      return rest === undefined ? { type: 'Render', host: name } : undefined;
    default:
      return undefined;
  }
}

function parsePlace(text: string): RolloutPlace | undefined {
  if (text === 'halt') return { type: 'Halt' };
  const [, kind, of = ''] = /^(turn|begun|drain)-(.+)$/.exec(text) ?? [];
  if (kind === 'drain') return { type: 'Drain', host: of };
  const slot = wholeNumber(of, /^[1-9]\d{0,3}$/);
  if (kind === undefined || slot === undefined) return undefined;
  return { type: kind === 'turn' ? 'Turn' : 'Begun', slot };
}

function isId(text: string | undefined): text is string {
  return text !== undefined && /^[A-Za-z0-9-]{1,64}$/.test(text);
}

function wholeNumber(text: string, form: RegExp): number | undefined {
  return form.test(text) ? Number(text) : undefined;
}
