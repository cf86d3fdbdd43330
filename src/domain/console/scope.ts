/**
 * Which hosts a change of an app is about, as far as the grants of who makes it must reach.
 *
 * What names hosts that nobody knows, `*` and blocks may be any host, now or later: for these, and
 * for what cannot be read, a grant for all hosts is needed.
 */
import { assertNever } from '../assertNever.ts';
import { formatBlock } from '../address.ts';
import { createHostIndex } from '../fleet/hostIndex.ts';
import { parsePlacement, type PlacementItem } from '../placement.ts';
import { quote } from '../quote.ts';
import type { Identity } from '../types.ts';
import { type Grant, mayDo, type Role } from './roles.ts';

export interface ScopeQuestion {
  readonly grants: readonly Grant[];
  readonly role: Role;
  readonly app: string;
  /** Before and after; undefined: something is there, and is no text. */
  readonly placements: readonly (string | undefined)[];
  /** Every host that has ever reported. */
  readonly hosts: readonly Identity[];
}

/** Why the grants do not reach so far, as the end of a sentence; undefined when they do. */
export function whyBeyond(question: ScopeQuestion): string | undefined {
  const { grants, role, app, placements, hosts } = question;
  if (mayOnAllHosts(grants, role, app)) return undefined;
  if (!mayDo(grants, role, { app })) return `${quote(app)} on any host`;
  if (placements.includes(undefined)) return `${quote(app)} where its placement cannot be read`;
  const index = createHostIndex(hosts);
  for (const text of placements) {
    const { items, warnings } = parsePlacement(text ?? '');
    const named = items.filter(({ isExclusion }) => !isExclusion);
    for (const item of named) {
      const found = index.hostsOf({ items: [item], warnings: [], isUnintelligible: false });
      const why = whyNotNamed(question, item, found);
      if (why !== undefined) return why;
    }
    // Older agents, and those to come, may make sense of it.
    if (warnings.length > 0) return `${quote(app)} on what its placement may mean`;
  }
  return undefined;
}

/** One grant, for this app and every host that there may ever be. */
export function mayOnAllHosts(grants: readonly Grant[], role: Role, app: string): boolean {
  return mayDo(
    grants.filter(({ hosts }) => hosts.includes('*')),
    role,
    { app },
  );
}

/** One grant, for this host and every app: for what is done to the host as a whole. */
export function mayToAllApps(grants: readonly Grant[], role: Role, host: string): boolean {
  return mayDo(
    grants.filter(({ apps }) => apps.includes('*')),
    role,
    { host },
  );
}

function whyNotNamed(
  { grants, role, app }: ScopeQuestion,
  { target }: PlacementItem,
  found: readonly string[],
): string | undefined {
  switch (target.type) {
    case 'Everywhere':
      return `${quote(app)} on every host`;
    case 'Block':
      return `${quote(app)} on whatever host is in ${formatBlock(target.block)}`;
    case 'Address':
    case 'HostName': {
      const name = target.type === 'Address' ? target.address : target.name;
      if (found.length === 0)
        return `${quote(app)} on ${quote(name)}, which no host answers to yet`;
      const beyond = found.find((host) => !mayDo(grants, role, { app, host }));
      return beyond === undefined ? undefined : `${quote(app)} on ${quote(beyond)}`;
    }
    default:
      return assertNever(target);
  }
}
