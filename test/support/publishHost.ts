/**
 * One host of a test's own: a real etcd, a real supervisord and the built agent between them, with
 * the address 172.16.238.11. What runs is read from supervisord and /proc, never from the agent.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Agent, type CommandOutcome, runSupervene, startAgent } from './agent.ts';
import { type Etcd, startEtcd } from './etcd.ts';
import type { Bytes } from './etcdGateway.ts';
import { type ProcessInfo, startSupervisord, type Supervisord } from './supervisord.ts';
import { waitFor } from './waitFor.ts';

export const hostAddress = '172.16.238.11';

export interface HostState {
  readonly observedRevision: string;
  readonly desired: { readonly apps: readonly DesiredApp[] };
  readonly plan: { readonly steps: readonly unknown[] };
  readonly held: readonly HeldItem[];
  readonly quarantined: readonly QuarantinedItem[];
}

interface DesiredApp {
  readonly app: string;
  readonly type: string;
  readonly code?: string;
  readonly problems?: readonly { readonly code: string }[];
}

interface HeldItem {
  readonly app?: string;
  readonly code: string;
  readonly reason: string;
}

interface QuarantinedItem {
  readonly app: string;
  readonly code: string;
  readonly reason: string;
}

export interface PublishHost {
  readonly etcd: Etcd;
  readonly supervisord: Supervisord;
  readonly agent: Agent;
  /** Bodies by app, placed on this host, in one transaction; undefined removes both keys. */
  publish(bodies: Readonly<Record<string, Bytes | undefined>>): Promise<void>;
  state(): Promise<HostState>;
  /** Its only process as supervisord shows it. */
  process(app: string): Promise<ProcessInfo | undefined>;
  /** Resolves when the app's only process is RUNNING with exactly this command line. */
  waitForCommand(app: string, command: string, timeoutMs?: number): Promise<ProcessInfo>;
  /** Names and texts of all files in the conf directory. */
  files(): ReadonlyMap<string, string>;
  /** `supervene <args>` with the settings of the agent. */
  run(...args: readonly string[]): Promise<CommandOutcome>;
  stop(): Promise<void>;
}

export async function startPublishHost(
  environment: Readonly<Record<string, string>> = {},
): Promise<PublishHost> {
  const [etcd, supervisord] = await Promise.all([startEtcd(), startSupervisord()]);
  const agent = await startAgent({
    etcdEndpoint: etcd.endpoint,
    host: 'web1',
    addresses: [hostAddress],
    supervisord,
    environment,
  });
  const stop = async (): Promise<void> => {
    await agent.stop();
    await Promise.all([etcd.stop(), supervisord.stop()]);
  };
  const process = async (app: string): Promise<ProcessInfo | undefined> =>
    (await supervisord.processes()).find(({ group }) => group === app);
  try {
    await agent.waitUntilReady();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    etcd,
    supervisord,
    agent,
    publish: async (bodies) => {
      const leaves = Object.entries(bodies).flatMap(([app, body]) => [
        [keyOf(app, 'ips'), body === undefined ? undefined : hostAddress],
        [keyOf(app, 'content'), body === undefined ? undefined : base64(body)],
      ]);
      await etcd.txn(Object.fromEntries(leaves) as Record<string, string | undefined>);
    },
    state: async () => (await agent.state()) as HostState,
    process,
    waitForCommand: (app, command, timeoutMs = 20_000) =>
      waitFor(
        `${app} to run ${command}`,
        async () => {
          const found = await process(app);
          return found?.statename === 'RUNNING' && commandLine(found.pid) === command && found;
        },
        { timeoutMs, intervalMs: 10 },
      ),
    files: () => readFiles(supervisord.confDir),
    run: (...args) => runSupervene(args, { environment: agent.environment }),
    stop,
  };
}

export function keyOf(app: string, leaf: 'ips' | 'content'): string {
  return `/services/apps/${app}/${leaf}`;
}

export function base64(bytes: Bytes): string {
  return Buffer.from(bytes as string).toString('base64');
}

/** Arguments with blanks between them. */
function commandLine(pid: number): string {
  return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8')
    .replace(/\0$/, '')
    .replaceAll('\0', ' ');
}

function readFiles(dir: string): ReadonlyMap<string, string> {
  return new Map(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8')]));
}

export interface Testimony {
  /** What supervisord said against its files. */
  readonly complaints: readonly string[];
  /** Of the app's process, each as often as it came anew; 0 for none. */
  readonly pids: readonly number[];
}

/**
 * Meanwhile lets supervisord reread its files again and again, as any restart of it would, and
 * follows one app's process.
 */
export async function withWitness(
  { supervisord, process }: PublishHost,
  app: string,
  work: () => Promise<void>,
): Promise<Testimony> {
  const complaints = new Set<string>();
  const pids: number[] = [];
  const progress = { isOver: false };
  const look = async (): Promise<void> => {
    while (!progress.isOver) {
      await supervisord.rpc('reloadConfig');
      const pid = (await process(app))?.pid ?? 0;
      if (pids.at(-1) !== pid) pids.push(pid);
    }
  };
  const looking = look().catch((error: unknown) => complaints.add(String(error)));
  try {
    await work();
  } finally {
    progress.isOver = true;
    await looking;
  }
  return { complaints: [...complaints], pids };
}
