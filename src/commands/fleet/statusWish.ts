/** What `supervene status` is asked for, and what of the fleet that is. */
import { conditions, type FleetCondition } from '../../domain/fleet/fleetRow.ts';
import {
  type FleetSelection,
  type FleetSummary,
  summarise,
} from '../../domain/fleet/fleetSummary.ts';
import type { FleetView } from '../../domain/fleet/fleetView.ts';
import { nearest } from '../../domain/nearest.ts';
import { quote } from '../../domain/quote.ts';
import { type Result, err, ok } from '../../domain/result.ts';
import type { CommandInput } from '../command.ts';
import type { Fault } from '../commandIo.ts';
import { appLines, hostLines } from './statusDetail.ts';
import { type StatusForm, statusLines } from './statusText.ts';

export interface StatusWish {
  /** In detail: an app, or else a host. */
  readonly name: string | undefined;
  readonly selection: FleetSelection;
  readonly isWhole: boolean;
  readonly isJson: boolean;
  readonly isWatch: boolean;
}

export function readStatusWish({ args, options }: CommandInput): Result<StatusWish, Fault> {
  const states = listOf(options.text('state'));
  const unknown = states.find((state) => !isCondition(state));
  if (unknown !== undefined) return err(unknownState(unknown));
  const selection = {
    apps: listOf(options.text('app')),
    hosts: listOf(options.text('host')),
    conditions: states.filter(isCondition),
  };
  const isWatch = options.has('watch');
  const isJson = options.has('json');
  if (isWatch && isJson) {
    const remedy = '--watch without a terminal prints a line for each change';
    return err({ message: '--watch and --json exclude each other', remedy });
  }
  const [name] = args;
  const isBoth = selection.apps.length > 0 && selection.hosts.length > 0;
  if (name !== undefined && isBoth) {
    const remedy = 'leave out NAME; --app and --host select together';
    return err({
      message: 'NAME with --app and --host both: there is nothing left to name',
      remedy,
    });
  }
  return ok({ name, selection, isWhole: options.has('all'), isJson, isWatch });
}

/** Repeated, or with commas between. */
function listOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(/[\n,]/).flatMap((item) => item.trim() || []);
}

function isCondition(text: string): text is FleetCondition {
  return conditions.some((condition) => condition === text);
}

function unknownState(state: string): Fault {
  const best = nearest(state, conditions);
  const hint = best === undefined ? '' : `did you mean ${best}? `;
  const message = `--state: ${quote(state)} is no state of an app`;
  return { message, remedy: `${hint}there are ${conditions.join(', ')}` };
}

/** What is looked at: all of it, an app, or a host. */
export interface StatusFocus {
  readonly type: 'Fleet' | 'App' | 'Host';
  readonly name: string;
  readonly summary: FleetSummary;
}

/** The error: something of that name is not there. */
export function focusOn(view: FleetView, wish: StatusWish): Result<StatusFocus, Fault> {
  const { name, selection } = wish;
  const isNamed = name !== undefined || selection.hosts.length + selection.apps.length > 0;
  const hosts = isNamed ? hostNames(view) : [];
  const names = { apps: view.apps, hosts };
  for (const app of selection.apps) {
    if (!view.apps.includes(app)) return err(missing('app', app, names));
  }
  for (const host of selection.hosts) {
    if (!hosts.includes(host)) return err(missing('host', host, names));
  }
  if (name === undefined) {
    return ok({ type: 'Fleet', name: '', summary: summarise(view, selection) });
  }
  // With --app it can only be a host, with --host only an app.
  if (selection.apps.length === 0 && view.apps.includes(name)) {
    return ok({ type: 'App', name, summary: summarise(view, { ...selection, apps: [name] }) });
  }
  if (selection.hosts.length === 0 && hosts.includes(name)) {
    return ok({ type: 'Host', name, summary: summarise(view, { ...selection, hosts: [name] }) });
  }
  const what = selection.apps.length > 0 ? 'host' : selection.hosts.length > 0 ? 'app' : undefined;
  return err(missing(what ?? 'app or host', name, names));
}

/** And items of placements that none answers to. */
function hostNames(view: FleetView): readonly string[] {
  const ofRows = view.rows.flatMap(({ host }) => host ?? []);
  return [...new Set([...view.hosts.map(({ host }) => host), ...ofRows])];
}

interface Names {
  readonly apps: readonly string[];
  readonly hosts: readonly string[];
}

function missing(
  what: 'app' | 'host' | 'app or host',
  name: string,
  { apps, hosts }: Names,
): Fault {
  const message = `there is no ${what} ${quote(name)}`;
  const [other, others] = what === 'app' ? ['a host', hosts] : ['an app', apps];
  if (others.includes(name)) {
    return { message, remedy: `${quote(name)} is ${other}: \`supervene status ${quote(name)}\`` };
  }
  const candidates = { app: apps, host: hosts, 'app or host': [...apps, ...hosts] }[what];
  const best = nearest(name, candidates);
  const remedy =
    best === undefined ? '`supervene status` lists all' : `did you mean ${quote(best)}?`;
  return { message, remedy };
}

export function focusLines(
  { type, name, summary }: StatusFocus,
  view: FleetView,
  form: StatusForm,
): readonly string[] {
  switch (type) {
    case 'Fleet':
      return statusLines(summary, form);
    case 'App':
      return appLines(name, view, summary, form);
    case 'Host': {
      const host = summary.hosts.find((one) => one.host === name);
      return hostLines(name, host, summary, form);
    }
    default:
      return type satisfies never;
  }
}
