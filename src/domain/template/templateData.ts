/**
 * What a template is given: apps, where they are placed, and what hosts report of them.
 *
 * docs/templates.md is the contract of it. Nothing is in here that was not checked: names are names,
 * addresses are addresses, states are known ones; what a host reports beside that never gets into a
 * text, whoever wrote it. Whatever the order of what it is made from, it comes out the same.
 */
import type { ProcessState, Revision } from '../types.ts';
import type { AppCondition } from '../fleet/hostReport.ts';

/** Lists are made when they are looked at: most templates are about a few apps of very many. */
export interface TemplateData {
  /** Sorted by name: all that etcd places somewhere. */
  readonly apps: readonly TemplateApp[];
  /** Sorted by id: all that ever reported, without those that were forgotten. */
  readonly hosts: readonly TemplateHost[];
  /** Where the template is rendered. */
  readonly host: OwnHost;
  /** One of `apps`, without making the others; undefined when etcd places none of that name. */
  readonly appNamed: (name: string) => TemplateApp | undefined;
}

/** What the data are made from, piece by piece: for whoever makes texts elsewhere. */
export interface TemplateSource {
  readonly host: OwnHost;
  /** Sorted. */
  readonly appNames: readonly string[];
  /** Sorted by id. */
  readonly hosts: readonly TemplateHostAlone[];
  readonly appNamed: TemplateData['appNamed'];
}

/** Which apps a host has is known when all apps are. */
export type TemplateHostAlone = Omit<TemplateHost, 'apps'>;

export interface OwnHost {
  readonly id: string;
  readonly address: string | undefined;
  readonly urlAddress: string | undefined;
  readonly addresses: readonly string[];
}

export interface TemplateApp {
  readonly name: string;
  readonly isPublished: boolean;
  /** Of its content in etcd; undefined without content. */
  readonly revision: Revision | undefined;
  /** Of its placement: those that make sense, an exclusion with its `!`. */
  readonly items: readonly string[];
  /** Sorted by host: where it is placed, and where it is still reported. */
  readonly instances: readonly TemplateInstance[];
  /** Those of them that are to get traffic. */
  readonly available: readonly TemplateInstance[];
}

export interface TemplateInstance {
  /** Its `host.id`. */
  readonly host: string;
  /** The one that the placement names, else the first; undefined when it has told none. */
  readonly address: string | undefined;
  /** As it stands in a URL: IPv6 in brackets. */
  readonly urlAddress: string | undefined;
  readonly addresses: readonly string[];
  /** `RUNNING` when all its processes are; otherwise the worst of their states. */
  readonly state: ProcessState | undefined;
  readonly condition: AppCondition | undefined;
  /** Its agent does not answer: the rest is what it told last. */
  readonly isLost: boolean;
  /** Its supervisord does not answer its agent: the state is what was seen last. */
  readonly isBlind: boolean;
  /** It is about to stop the app. */
  readonly isDraining: boolean;
  /** etcd wants the app there. */
  readonly isPlaced: boolean;
  readonly isAvailable: boolean;
  readonly wantedRevision: Revision | undefined;
  readonly appliedRevision: Revision | undefined;
  /** Since when it is in this condition, in milliseconds since the epoch. */
  readonly sinceMs: number | undefined;
}

export interface TemplateHost {
  readonly id: string;
  readonly address: string | undefined;
  readonly urlAddress: string | undefined;
  readonly addresses: readonly string[];
  readonly isLost: boolean;
  /** It is the one that the template is rendered on. */
  readonly isHere: boolean;
  /** Names of the apps that are placed or reported there. */
  readonly apps: readonly string[];
}

/** For a name that etcd places nowhere: a template need not ask whether an app is there. */
export function unpublishedApp(name: string): TemplateApp {
  const nothing = { revision: undefined, items: [], instances: [], available: [] };
  return { name, isPublished: false, ...nothing };
}

/** Nothing is asked for before it is looked at, and the lists only once. */
export function templateDataOf({
  host,
  apps,
  hosts,
  appNamed,
}: {
  readonly host: OwnHost;
  readonly apps: () => readonly TemplateApp[];
  readonly hosts: () => readonly TemplateHostAlone[];
  readonly appNamed: TemplateData['appNamed'];
}): TemplateData {
  const allApps = once(apps);
  const allHosts = once(() => {
    const alone = hosts();
    const appsByHost = new Map<string, string[]>(alone.map(({ id }) => [id, []]));
    for (const { name, instances } of allApps()) {
      for (const one of instances) appsByHost.get(one.host)?.push(name);
    }
    return alone.map((one) => ({ ...one, apps: appsByHost.get(one.id) ?? [] }));
  });
  return {
    get apps() {
      return allApps();
    },
    get hosts() {
      return allHosts();
    },
    host,
    appNamed,
  };
}

export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
