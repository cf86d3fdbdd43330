/** One host as the bench needs it: a private etcd, a supervisord, the agent as users run it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Agent, startAgent } from '../test/support/agent.ts';
import { type Etcd, startEtcd } from '../test/support/etcd.ts';
import { startSupervisord, type Supervisord } from '../test/support/supervisord.ts';
import { createWitness, nowMs, type Witness } from './witness.ts';

export type DriverName = 'supervisorctl' | 'rpc';

export interface World {
  readonly etcd: Etcd;
  readonly supervisord: Supervisord;
  readonly witness: Witness;
  readonly agent: Agent;
  /** From the start of the agent's process to its first file, in milliseconds. */
  readonly firstFileMs: number;
  stop(): Promise<void>;
}

export interface WorldOptions {
  readonly driver: DriverName;
  /** Apps that run here from the start: `app-0` …, version `v0`. */
  readonly here: number;
  /** Apps of other hosts in etcd, and how long the content of each is as stored. */
  readonly elsewhere?: { readonly count: number; readonly bytes: number };
}

export const prefix = '/services/apps';
const appsPerTxn = 60;

/**
 * Resolves when everything placed here is RUNNING and the agent says it is ready. `connect` names
 * another address for the agent than the etcd's own.
 */
export async function startWorld(
  options: WorldOptions,
  connect: (etcd: Etcd) => Promise<string> = ({ endpoint }) => Promise.resolve(endpoint),
): Promise<World> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (let next = stops.pop(); next !== undefined; next = stops.pop()) await next();
  };
  try {
    const etcd = await startEtcd();
    stops.push(etcd.stop);
    const supervisord = await startSupervisord();
    stops.push(supervisord.stop);
    const witness = createWitness(supervisord);
    stops.push(() => Promise.resolve(witness.close()));
    const apps = Array.from({ length: options.here }, (_, index) => appName(index));
    await publishHere(etcd, witness, apps, 'v0');
    const { elsewhere } = options;
    if (elsewhere !== undefined) await fill(etcd, elsewhere.count, elsewhere.bytes);
    const startMs = nowMs();
    const agent = await startAgent({
      etcdEndpoint: await connect(etcd),
      host: 'bench',
      addresses: ['172.16.238.11'],
      supervisord,
      environment: { SUPERVENE_DRIVER: options.driver, SUPERVENE_LOG_LEVEL: 'warn' },
    });
    stops.push(agent.stop);
    const files = apps.map((app) => witness.fileAt(app, 'v0'));
    const runs = apps.map((app) => witness.runningAt(app, 'v0'));
    await Promise.race([Promise.all([...files, ...runs]), refuseToWaitInVain(agent)]);
    const firstFileMs = Math.min(...(await Promise.all(files)));
    await agent.waitUntilReady(60_000);
    return { etcd, supervisord, witness, agent, firstFileMs: firstFileMs - startMs, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Fails when the agent ends; never resolves. */
async function refuseToWaitInVain(agent: Agent): Promise<never> {
  while (agent.isRunning) await sleep(200, undefined, { ref: false });
  throw new Error(`the agent ended: ${agent.output().slice(-2000)}`);
}

export function appName(index: number): string {
  return `app-${String(index)}`;
}

/** All of them at one revision. */
export async function publishHere(
  etcd: Etcd,
  witness: Witness,
  apps: readonly string[],
  version: string,
): Promise<void> {
  await etcd.txn(
    Object.fromEntries(
      apps.flatMap((app) => [
        [`${prefix}/${app}/ips`, '172.16.238.11'],
        [`${prefix}/${app}/content`, toBase64(witness.content(app, version))],
      ]),
    ),
  );
}

/** Apps `far-0` … of another host. */
async function fill(etcd: Etcd, count: number, bytes: number): Promise<void> {
  const content = foreignContent(bytes);
  for (let first = 0; first < count; first += appsPerTxn) {
    const changes: Record<string, string> = {};
    for (let index = first; index < Math.min(first + appsPerTxn, count); index += 1) {
      changes[`${prefix}/far-${String(index)}/ips`] = '172.16.238.12';
      changes[`${prefix}/far-${String(index)}/content`] = content;
    }
    await etcd.txn(changes);
  }
}

/** Base64 of about this length, of a valid program. */
export function foreignContent(bytes: number, version = 'v0'): string {
  const decoded = Math.floor((bytes * 3) / 4);
  const command = `command=/bin/sleep 1000 ${version}\n`;
  const line = `; ${'y'.repeat(97)}\n`;
  const lines = Math.max(0, Math.floor((decoded - command.length) / line.length));
  return toBase64(line.repeat(lines) + command);
}

export function toBase64(text: string): string {
  return Buffer.from(text).toString('base64');
}
