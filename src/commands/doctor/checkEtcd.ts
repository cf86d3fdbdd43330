/** Whether the servers of etcd answer, are new enough, have a leader and let us read. */
import { judgeEtcdVersion } from '../../domain/etcdVersions.ts';
import type { Identity } from '../../domain/types.ts';
import type { EtcdSettings, Settings } from '../../settings/settings.ts';
import { openAppStore } from '../openAppStore.ts';
import { type Check, checkerFor } from './check.ts';
import { type AppFacts, toAppFacts } from './checkApps.ts';
import { fetchText } from './fetchText.ts';

export interface EtcdChecks {
  readonly checks: readonly Check[];
  /** Undefined when it could not be read. */
  readonly apps: readonly AppFacts[] | undefined;
}

const check = checkerFor('etcd');

export async function checkEtcd(settings: Settings, identity: Identity): Promise<EtcdChecks> {
  const { etcd } = settings;
  const servers = await Promise.all(etcd.endpoints.map((url) => checkServer(url, etcd)));
  const isAnyUp = servers.some(({ isUp }) => isUp);
  const checks = servers.flatMap((server) =>
    server.checks.map((each) =>
      // One of several servers may be away: the agent uses another.
      isAnyUp && each.status === 'problem' ? { ...each, status: 'warning' as const } : each,
    ),
  );
  const reading = await readApps(settings, identity);
  return { checks: [...checks, reading.check], apps: reading.apps };
}

interface ServerChecks {
  readonly isUp: boolean;
  readonly checks: readonly Check[];
}

async function checkServer(url: string, etcd: EtcdSettings): Promise<ServerChecks> {
  const fetched = await fetchText(`${url}/version`, etcd);
  if (!fetched.ok) {
    const remedy = 'start it, or correct etcd.endpoints (--etcd)';
    return { isUp: false, checks: [check.problem(`${url}: ${fetched.error}`, remedy)] };
  }
  const version = /"etcdserver":\s*"([^"]{1,40})"/.exec(fetched.value.body)?.[1];
  if (version === undefined) {
    const remedy = 'correct etcd.endpoints (--etcd)';
    return { isUp: false, checks: [check.problem(`${url}: this is not etcd`, remedy)] };
  }
  return {
    isUp: true,
    checks: [
      checkVersion(url, version),
      ...checkClock(url, fetched.value.dateMs),
      ...(await checkHealth(url, etcd)),
    ],
  };
}

function checkVersion(url: string, version: string): Check {
  const warning = judgeEtcdVersion(version);
  if (warning === undefined) return check.ok(`${url}: version ${version}`);
  return check.warning(`${url}: ${warning.message}`, warning.remedy);
}

function checkClock(url: string, serverMs: number | undefined): readonly Check[] {
  if (serverMs === undefined) return [];
  const apartSec = Math.round(Math.abs(Date.now() - serverMs) / 1000);
  if (apartSec <= 60) return [];
  const message = `the clocks of this host and of ${url} are ${apartSec} s apart`;
  return [check.warning(message, 'let both follow a time server')];
}

async function checkHealth(url: string, etcd: EtcdSettings): Promise<readonly Check[]> {
  const fetched = await fetchText(`${url}/health`, etcd);
  if (fetched.ok && /"health":\s*"?true/.test(fetched.value.body)) return [];
  const detail = fetched.ok ? fetched.value.body.trim() : fetched.error;
  const remedy = 'most of its members must run: etcdctl endpoint status --cluster';
  return [check.problem(`${url}: not healthy: ${detail}`, remedy)];
}

async function readApps(
  settings: Settings,
  identity: Identity,
): Promise<{ readonly check: Check; readonly apps: readonly AppFacts[] | undefined }> {
  const { prefix } = settings.etcd;
  const store = await openAppStore(settings);
  if (!store.ok) {
    const { message, remedy } = store.error;
    return { check: check.problem(message, remedy ?? ''), apps: undefined };
  }
  const listing = await store.value.list((entry) => toAppFacts(entry, identity));
  store.value.close();
  if (!listing.ok) {
    const { message, remedy } = listing.error;
    return { check: check.problem(`${prefix}: ${message}`, remedy ?? ''), apps: undefined };
  }
  const { rows, revision } = listing.value;
  const message = `${prefix} can be read: ${rows.length} apps at revision ${revision}`;
  return { check: check.ok(message), apps: rows };
}
