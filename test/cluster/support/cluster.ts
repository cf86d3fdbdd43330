/**
 * The cluster of the replaced system's example as namespaces, with its names and addresses: an etcd,
 * three web hosts and nginx as the entry, each a host of its own; and a visitor and administrator.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { waitFor } from '../../support/waitFor.ts';
import { etcdUrl, type ManagedHost, startManagedHost } from './managedHost.ts';
import {
  hostPath,
  type HostProcess,
  type NetHost,
  type Network,
  type Outcome,
  startNetwork,
  whyNoNamespaces,
} from './namespaces.ts';
import { proxyEnvironment, proxyFiles, webFiles, webLogin } from './hostFiles.ts';
import { type Answer, startVisitor, type Visitor } from './visitor.ts';

export interface NetCluster {
  readonly etcd: EtcdHost;
  readonly proxy: ManagedHost;
  /** web1-01, web1-02, web1-03. */
  readonly web: readonly [ManagedHost, ManagedHost, ManagedHost];
  readonly visitor: Visitor;
  /** `demo.website1.com` through nginx. */
  visit(): Promise<Answer>;
  /** The pages of supervisor, on one of the web hosts: `svadm.website1.com`. */
  visitSupervisor(): Promise<Answer>;
  /** Who answers these many visits, sorted; throws when one is not answered with 200. */
  whoAnswers(visits?: number): Promise<readonly string[]>;
  /** Both keys of demo1, as an editor of etcd's keys writes them. */
  putDemo(hosts: readonly ManagedHost[], body?: string): Promise<void>;
  /** Only where it runs. */
  putPlacement(hosts: readonly ManagedHost[]): Promise<void>;
  /** `etcdctl …`, as an administrator has it; throws its complaint. */
  etcdctl(...args: readonly string[]): Promise<string>;
  /** `supervene …` from the administrator's machine, to its end. */
  supervene(args: readonly string[], input?: string): Promise<Outcome>;
  stop(): Promise<void>;
}

export interface EtcdHost {
  readonly host: NetHost;
  kill(): Promise<void>;
  /** On the same data; resolves when it serves. */
  start(): Promise<void>;
}

export interface ClusterOptions {
  /** Settings of every agent, by environment variable. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Undefined when a cluster can be started here; otherwise the reason. */
export function whyNoCluster(): string | undefined {
  if (spawnSync('nginx', ['-v'], { env: { PATH: hostPath } }).status !== 0) {
    return 'nginx is not installed (apt install nginx)';
  }
  return whyNoNamespaces();
}

/** A sentence for the title of what is skipped, with the reason. */
export const withReason = (title: string): string =>
  whyNoCluster() === undefined ? title : `${title} (skipped: ${whyNoCluster() ?? ''})`;

export const demoSite = 'demo.website1.com';
export const entryUrl = 'http://172.16.238.10/';

/** All parts run; nothing is published. */
export async function startCluster(options: ClusterOptions = {}): Promise<NetCluster> {
  const network = await startNetwork();
  try {
    return await startParts(network, options);
  } catch (error) {
    await network.stop();
    throw error;
  }
}

async function startParts(network: Network, options: ClusterOptions): Promise<NetCluster> {
  const environment = { SUPERVENE_FLEET_TTL: '5s', ...options.environment };
  const managed = async (
    name: string,
    address: string,
    files: Readonly<Record<string, string>>,
    more: Readonly<Record<string, string>> = {},
  ): Promise<ManagedHost> => {
    const host = await network.startHost(name, address);
    return startManagedHost({ host, files, environment: { ...environment, ...more } });
  };
  const client = await network.startHost('client', '172.16.238.1');
  const etcd = await startEtcdHost(await network.startHost('etcd', '172.16.238.8'), client);
  const [visitor, proxy, ...web] = await Promise.all([
    startVisitor(client),
    managed('nginx-proxy', '172.16.238.10', proxyFiles, proxyEnvironment),
    managed('web1-01', '172.16.238.11', webFiles),
    managed('web1-02', '172.16.238.12', webFiles),
    managed('web1-03', '172.16.238.13', webFiles),
  ]);
  await Promise.all([proxy, ...web].map((one) => one.waitForAgent()));
  return {
    ...{ etcd, proxy, web, visitor },
    ...createVisits(visitor),
    ...createPuts(client),
    etcdctl: (...args) => etcdctl(client, args),
    supervene: (args, input) =>
      client.run([process.execPath, '/opt/supervene/dist/src/main.js', ...args], {
        environment: { SUPERVENE_ETCD: etcdUrl, SUPERVENE_JOURNAL: '/nonexistent' },
        ...(input === undefined ? {} : { input }),
      }),
    stop: network.stop,
  };
}

function createVisits(visitor: Visitor) {
  const visit = (): Promise<Answer> => visitor.get({ url: entryUrl, host: demoSite });
  const authorization = `Basic ${Buffer.from(webLogin).toString('base64')}`;
  return {
    visit,
    visitSupervisor: () =>
      visitor.get({ url: entryUrl, host: 'svadm.website1.com', headers: { authorization } }),
    whoAnswers: async (visits = 12): Promise<readonly string[]> => {
      const names = new Set<string>();
      for (let count = 0; count < visits; count += 1) {
        const { status, body } = await visit();
        if (status !== 200) throw new Error(`answered ${String(status)}: ${body}`);
        names.add(/web1-\d\d/.exec(body)?.[0] ?? body);
      }
      return [...names].sort();
    },
  };
}

/** The content of the replaced system's walk; a release makes another one of it. */
export const demoContent = (release?: number): string => {
  const body = readFileSync(join(findProjectRoot(), 'deploy/demo1.conf'), 'utf8');
  return release === undefined ? body : `${body}environment = DEMO_VERSION="${String(release)}"\n`;
};

function createPuts(client: NetHost) {
  const put = (leaf: string, value: string): Promise<string> =>
    etcdctl(client, ['put', `/services/apps/demo1/${leaf}`, value]);
  const putPlacement = async (hosts: readonly ManagedHost[]): Promise<void> => {
    await put('ips', hosts.map(({ host }) => host.address).join(','));
  };
  return {
    putPlacement,
    putDemo: async (hosts: readonly ManagedHost[], body = demoContent()): Promise<void> => {
      await putPlacement(hosts);
      await put('content', Buffer.from(body).toString('base64'));
    },
  };
}

async function startEtcdHost(host: NetHost, client: NetHost): Promise<EtcdHost> {
  let etcd: HostProcess | undefined;
  const command = [
    ...['etcd', '--data-dir', '/var/lib/etcd', '--log-level', 'error', '--logger', 'zap'],
    ...['--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl],
  ];
  const start = async (): Promise<void> => {
    etcd = await host.spawn(command);
    await waitFor('etcd', async () => (await etcdctl(client, ['get', 'x'])) === '', {
      timeoutMs: 60_000,
    });
  };
  await start();
  return {
    host,
    kill: async () => {
      await etcd?.kill();
    },
    start,
  };
}

async function etcdctl(client: NetHost, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await client.run(['etcdctl', `--endpoints=${etcdUrl}`, ...args]);
  if (code !== 0) throw new Error(`etcdctl ${args.join(' ')}: ${stderr}`);
  return stdout;
}
