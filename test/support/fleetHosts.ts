/**
 * A small fleet for a test: one etcd, and hosts with a supervisord and the built agent each, all on
 * the same prefixes; and the command line as a person has it who looks after them.
 */
import { type AgentHost, startAgentHost } from './agentHost.ts';
import { type CommandOutcome, runSupervene } from './agent.ts';
import { type Etcd, type EtcdOptions, startEtcd } from './etcd.ts';
import { startSupervisord, type SupervisordOptions } from './supervisord.ts';
import { waitFor } from './waitFor.ts';

export interface FleetOptions {
  /** `web1`, `web2`, `web3` by default; their addresses are 10.0.0.11, 10.0.0.12, … */
  readonly names?: readonly string[];
  /** More settings, by environment variable: of every agent and every command. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Of one agent alone, by its name. */
  readonly environmentOf?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly supervisordOf?: Readonly<Record<string, SupervisordOptions>>;
  readonly etcd?: EtcdOptions;
}

export interface Fleet {
  readonly etcd: Etcd;
  readonly hosts: readonly AgentHost[];
  /** What a command needs to find this etcd. */
  readonly environment: Readonly<Record<string, string>>;
  /** Throws when there is none. */
  host(name: string): AgentHost;
  /** `supervene …`, to its end. */
  run(args: readonly string[], input?: string): Promise<CommandOutcome>;
  /** The report of a host under its lease, as it stands in etcd. */
  report(name: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Both keys of an app, unlike `supervene publish` without any look at them; the revision. */
  put(app: string, hosts: string, body: string): Promise<string>;
  /** Every agent has written a report under its lease. */
  waitUntilReported(): Promise<void>;
  stop(): Promise<void>;
}

export const appsPrefix = '/services/apps';
export const fleetPrefix = '/services/fleet';

/** The agents run; see `waitUntilReported`. */
export async function startFleet(options: FleetOptions = {}): Promise<Fleet> {
  const names = options.names ?? ['web1', 'web2', 'web3'];
  const etcd = await startEtcd(options.etcd);
  const started = await Promise.allSettled(
    names.map((name, index) => startHost(etcd, name, `10.0.0.${String(11 + index)}`, options)),
  );
  const hosts = started.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  const stop = async (): Promise<void> => {
    await Promise.all(hosts.map((host) => host.stop()));
    await etcd.stop();
  };
  const failed = started.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  const environment = {
    SUPERVENE_ETCD: etcd.endpoint,
    SUPERVENE_JOURNAL: '/nonexistent',
    ...options.environment,
  };
  const report = async (name: string) => {
    const text = await etcd.get(`${fleetPrefix}/hosts/${name}`);
    return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>);
  };
  return {
    etcd,
    hosts,
    environment,
    host: (name) => {
      const found = hosts.find((host) => host.name === name);
      if (found === undefined) throw new Error(`there is no host ${name}`);
      return found;
    },
    run: (args, input) =>
      runSupervene(args, { environment, ...(input === undefined ? {} : { input }) }),
    report,
    put: (app, placement, body) =>
      etcd.txn({
        [`${appsPrefix}/${app}/ips`]: placement,
        [`${appsPrefix}/${app}/content`]: Buffer.from(body).toString('base64'),
      }),
    waitUntilReported: async () => {
      for (const name of names) {
        await waitFor(`a report of ${name}`, async () => (await report(name)) !== undefined);
      }
    },
    stop,
  };
}

async function startHost(
  etcd: Etcd,
  name: string,
  address: string,
  { environment, environmentOf, supervisordOf }: FleetOptions,
): Promise<AgentHost> {
  const supervisord = await startSupervisord(supervisordOf?.[name]);
  return startAgentHost({
    etcd,
    name,
    addresses: [address],
    supervisord,
    environment: { SUPERVENE_PREFIX: appsPrefix, ...environment, ...environmentOf?.[name] },
  });
}
