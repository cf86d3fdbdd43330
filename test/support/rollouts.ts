/** Rolling publishes in tests: published by etcd, and observed from the processes of the hosts. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentHost } from './agentHost.ts';
import { appsPrefix, type Fleet, fleetPrefix } from './fleetHosts.ts';
import { waitFor } from './waitFor.ts';

/** All three keys in one transaction; the revision. */
export function publishRolling(
  fleet: Fleet,
  app: string,
  {
    hosts,
    body,
    rollout,
  }: { readonly hosts: string; readonly body: string; readonly rollout: unknown },
): Promise<string> {
  return fleet.etcd.txn({
    [`${appsPrefix}/${app}/ips`]: hosts,
    [`${appsPrefix}/${app}/content`]: Buffer.from(body).toString('base64'),
    [`${appsPrefix}/${app}/rollout`]: JSON.stringify(rollout),
  });
}

/** Runs until it is told to end; `n` is in the environment of its process. */
export const version = (n: number, ...options: readonly string[]): string =>
  ['command=/bin/sleep 1000', 'startsecs=1', `environment=N="${String(n)}"`, ...options, ''].join(
    '\n',
  );

/** Of the process that runs; undefined when none does. */
export async function runningVersion(host: AgentHost, app: string): Promise<number | undefined> {
  const found = await host.process(app);
  if (found === undefined || !['RUNNING', 'STARTING'].includes(found.statename)) return undefined;
  const environ = readFileSync(`/proc/${String(found.pid)}/environ`, 'utf8');
  const n = /(?:^|\0)N=(\d+)/.exec(environ)?.[1];
  return n === undefined ? undefined : Number(n);
}

export async function waitForVersion(host: AgentHost, app: string, n: number): Promise<void> {
  await waitFor(
    `${host.name} to run version ${String(n)} of ${app}`,
    async () =>
      (await host.process(app))?.statename === 'RUNNING' && (await runningVersion(host, app)) === n,
    { timeoutMs: 60_000 },
  );
}

export interface Observed {
  /** Names of the hosts of which a process that was RUNNING was replaced, in this order. */
  readonly order: readonly string[];
  /** So many hosts had no RUNNING process at one look, at most. */
  readonly maxDown: number;
}

/** Looks all the time until it is told to end. */
export function observe(hosts: readonly AgentHost[], app: string): () => Promise<Observed> {
  let isOver = false;
  const order: string[] = [];
  let maxDown = 0;
  const looking = (async () => {
    const pids = new Map<string, number>();
    while (!isOver) {
      const found = await Promise.all(hosts.map((host) => host.process(app)));
      let down = 0;
      for (const [index, process] of found.entries()) {
        const name = hosts[index]?.name ?? '';
        if (process?.statename !== 'RUNNING') down += 1;
        else if (process.pid !== pids.get(name)) {
          if (pids.has(name)) order.push(name);
          pids.set(name, process.pid);
        }
      }
      maxDown = Math.max(maxDown, down);
      await sleep(15);
    }
  })();
  return async () => {
    isOver = true;
    await looking;
    return { order, maxDown };
  };
}

/** Keys below `rollouts/<app>/`, by the end of their names. */
export function rolloutKeys(fleet: Fleet, app: string): readonly string[] {
  const start = `${fleetPrefix}/rollouts/${app}/`;
  const keys = fleet.etcd.etcdctl('get', '--prefix', start, '--keys-only').split('\n');
  return keys.filter(Boolean).map((key) => key.slice(start.length));
}

/** Everything that was written of the rollout is gone, but for a halt. */
export async function waitUntilOver(fleet: Fleet, app: string): Promise<void> {
  await waitFor(
    `no turn of ${app} to be left`,
    () => rolloutKeys(fleet, app).every((key) => key === 'halt'),
    { timeoutMs: 60_000, intervalMs: 100 },
  );
}
