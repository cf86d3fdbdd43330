/**
 * What somebody with certain grants may see of the fleet. Two with the same grants share a scope.
 * What is not granted is not there: a row needs one grant for its app and its host. Pure.
 */
import { matchesAny } from '../wildcard.ts';
import type { FleetRow } from '../fleet/fleetRow.ts';
import { hideInApp, hideInRow, hideReason } from './hideContent.ts';
import type { LiveApp, LiveHost, LiveRollout } from './live.ts';
import { type Grant, mayDo } from './roles.ts';

export interface LiveScope {
  /** The same for grants that show the same. */
  readonly key: string;
  /** Some grant is for it, wherever. */
  readonly hasApp: (app: string) => boolean;
  readonly hasHost: (host: string) => boolean;
  /** A row without a host is its app's alone. */
  readonly hasRow: (row: Pick<FleetRow, 'app' | 'host'>) => boolean;
  /** Without what is quoted of contents that are not to be seen. */
  readonly row: (row: FleetRow) => FleetRow;
  readonly app: (app: LiveApp) => LiveApp;
  /** Without what supervisord runs there under the names of others' apps. */
  readonly host: (host: LiveHost) => LiveHost;
  /** Without the hosts that are not granted for the app; its counts are of all. */
  readonly rollout: (rollout: LiveRollout) => LiveRollout;
}

export function scopeKey(grants: readonly Grant[]): string {
  const texts = grants.map((grant) => {
    const isSeeing = mayDo([grant], 'publisher');
    return JSON.stringify([
      [...new Set(grant.apps)].sort(),
      [...new Set(grant.hosts)].sort(),
      isSeeing,
    ]);
  });
  return [...new Set(texts)].sort().join('\n');
}

/** Every role may look. */
export function createScope(grants: readonly Grant[]): LiveScope {
  const byApp = remember((app) => indexesOf(grants, ({ apps }) => matchesAny(app, apps)));
  const byHost = remember((host) => indexesOf(grants, ({ hosts }) => matchesAny(host, hosts)));
  /** Who may publish it somewhere. */
  const maySee = (app: string): boolean => byApp(app).some((index) => seeing[index] === true);
  const seeing = grants.map((grant) => mayDo([grant], 'publisher'));
  const hasRow: LiveScope['hasRow'] = ({ app, host }) => {
    const forApp = byApp(app);
    if (host === undefined || forApp.length === 0) return forApp.length > 0;
    const forHost = byHost(host);
    return forApp.some((index) => forHost.includes(index));
  };
  return {
    key: scopeKey(grants),
    hasApp: (app) => byApp(app).length > 0,
    hasHost: (host) => byHost(host).length > 0,
    hasRow,
    row: (row) => (maySee(row.app) ? row : hideInRow(row)),
    app: (live) => (maySee(live.app) ? live : hideInApp(live)),
    host: (live) => {
      const { host, others } = live;
      const shown = others.filter(({ id }) => hasRow({ app: groupOf(id), host }));
      return shown.length === others.length ? live : { ...live, others: shown };
    },
    rollout: (rollout) => {
      const { app, halt } = rollout;
      const isShown = (host: string): boolean => hasRow({ app, host });
      return {
        ...rollout,
        halt:
          halt === null || maySee(app)
            ? halt
            : { ...halt, reason: hideReason(undefined, halt.reason) },
        turns: rollout.turns.filter(({ host }) => host === undefined || isShown(host)),
        waiting: rollout.waiting.filter(isShown),
        failed: rollout.failed.filter(isShown),
      };
    },
  };
}

function indexesOf(grants: readonly Grant[], isFor: (grant: Grant) => boolean): readonly number[] {
  return grants.flatMap((grant, index) => (isFor(grant) ? [index] : []));
}

/** Names come from etcd: no more are remembered than a large fleet has. */
const rememberedMax = 20_000;

function remember(find: (name: string) => readonly number[]): (name: string) => readonly number[] {
  const known = new Map<string, readonly number[]>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    if (known.size >= rememberedMax) known.clear();
    const found = find(name);
    known.set(name, found);
    return found;
  };
}

function groupOf(id: string): string {
  const colon = id.indexOf(':');
  return colon < 0 ? id : id.slice(0, colon);
}
