/**
 * What of the fleet is looked at, as the address bar has it: `?by=app&is=held,lost&q=web`. What cannot
 * be read of it is passed over. Pure.
 */
import { conditions, type FleetCondition } from '../../../domain/fleet/fleetRow.ts';

export const shapes = ['host', 'app', 'matrix'] as const;
export type Shape = (typeof shapes)[number];

export interface FleetQuery {
  readonly by: Shape;
  /** Words that must all be found. */
  readonly text: string;
  /** Empty: in whatever condition; so with the other two. */
  readonly conditions: readonly FleetCondition[];
  /** With wildcards. */
  readonly hosts: readonly string[];
  readonly apps: readonly string[];
  /** Only what needs somebody. */
  readonly isUrgentOnly: boolean;
  readonly open: Opened | undefined;
}

/** What is shown in detail. */
export type Opened =
  | Readonly<{ type: 'Host'; host: string }>
  | Readonly<{ type: 'App'; app: string }>
  | Readonly<{ type: 'Place'; app: string; host: string }>;

export const wholeFleet: FleetQuery = {
  by: 'host',
  text: '',
  conditions: [],
  hosts: [],
  apps: [],
  isUrgentOnly: false,
  open: undefined,
};

export function readQuery(query: Pick<URLSearchParams, 'get'>): FleetQuery {
  const list = (name: string): readonly string[] => readList(query.get(name) ?? '');
  const conditionNames = list('is');
  return {
    by: shapes.find((shape) => shape === query.get('by')) ?? 'host',
    text: query.get('q') ?? '',
    conditions: conditions.filter((condition) => conditionNames.includes(condition)),
    hosts: list('host'),
    apps: list('app'),
    isUrgentOnly: query.get('urgent') === 'yes',
    open: readOpened(query.get('open') ?? ''),
  };
}

/** For `formatPlace`. */
export function writeQuery(query: FleetQuery): Readonly<Record<string, string | undefined>> {
  return {
    by: query.by === 'host' ? undefined : query.by,
    q: query.text,
    is: writeList(query.conditions),
    host: writeList(query.hosts),
    app: writeList(query.apps),
    urgent: query.isUrgentOnly ? 'yes' : undefined,
    open: query.open === undefined ? undefined : writeOpened(query.open),
  };
}

function readOpened(text: string): Opened | undefined {
  const colon = text.indexOf(':');
  const [first = '', second = ''] = readList(text.slice(colon + 1));
  if (first === '') return undefined;
  switch (text.slice(0, colon)) {
    case 'host':
      return { type: 'Host', host: first };
    case 'app':
      return { type: 'App', app: first };
    case 'at':
      // Of an app that is at fault nobody knows the host.
      return { type: 'Place', app: first, host: second };
    default:
      return undefined;
  }
}

function writeOpened(open: Opened): string {
  switch (open.type) {
    case 'Host':
      return `host:${writeList([open.host])}`;
    case 'App':
      return `app:${writeList([open.app])}`;
    case 'Place':
      return `at:${writeList(open.host === '' ? [open.app] : [open.app, open.host])}`;
    default:
      return open satisfies never;
  }
}

/** Host names may have anything in them. */
function writeList(items: readonly string[]): string {
  return items.map((item) => item.replaceAll('%', '%25').replaceAll(',', '%2C')).join(',');
}

function readList(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.replaceAll('%2C', ',').replaceAll('%25', '%'))
    .filter((item) => item !== '');
}
