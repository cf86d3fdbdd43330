/**
 * A whole host for a test: supervisord and the built agent, on a prefix of its own of an etcd that
 * hosts may share; and what tests of guards and crashes ask of such a host.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Agent, startAgent } from './agent.ts';
import { type Etcd } from './etcd.ts';
import { type ProcessInfo, startSupervisord, type Supervisord } from './supervisord.ts';
import { waitFor, type WaitOptions } from './waitFor.ts';

export interface AgentHostOptions {
  readonly etcd: Etcd;
  /** The `host.id`, and a part of the prefix; by default a new one. */
  readonly name?: string;
  /** Where the agent looks for etcd, when not at the etcd itself. */
  readonly etcdEndpoint?: string;
  readonly supervisord?: Supervisord;
  readonly addresses?: readonly string[];
  readonly within?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly journalDir?: string;
}

/** What tests read of `/state`; there is more in it. */
export interface StateView {
  readonly seq: number;
  readonly observedRevision: string;
  readonly host: { readonly appliedRevision: string };
  readonly desired: { readonly status: string };
  readonly actual: {
    readonly supervisor: { readonly status: string; readonly instance?: string };
    readonly apps: readonly { readonly app: string; readonly status: string }[];
  };
  readonly plan: { readonly steps: readonly unknown[] };
  readonly held: readonly HeldView[];
  readonly quarantined: readonly { readonly app: string; readonly code: string }[];
}

export interface HeldView {
  readonly app?: string;
  readonly code: string;
  readonly reason: string;
}

export interface Readiness {
  readonly status: number;
  /** One a line. */
  readonly reasons: string;
}

export interface AgentHost {
  readonly name: string;
  readonly prefix: string;
  readonly supervisord: Supervisord;
  readonly agent: Agent;
  /** Both keys of all these apps in one transaction; gives its revision. */
  publish(apps: string | readonly string[], body: string): Promise<string>;
  unpublish(...apps: readonly string[]): Promise<string>;
  view(): Promise<StateView>;
  readiness(): Promise<Readiness>;
  /** Resolves when the agent says that nothing is left to do for this revision. */
  waitUntilApplied(revision: string, options?: WaitOptions): Promise<void>;
  /** Resolves with the reason when this app (`undefined`: the host) is held for this code. */
  waitUntilHeld(app: string | undefined, code: string): Promise<string>;
  /** Nothing is held for this code any more. */
  waitUntilFree(code: string): Promise<void>;
  process(app: string): Promise<ProcessInfo | undefined>;
  waitForState(app: string, state: string): Promise<ProcessInfo>;
  /** Pids of the running processes by group. */
  pids(): Promise<Readonly<Record<string, number>>>;
  filePath(app: string): string;
  /** Undefined when there is none. */
  fileText(app: string): string | undefined;
  /** Files in the conf directory that supervisord does not read: none, unless work was left there. */
  leftovers(): readonly string[];
  /** Ends agent and supervisord; not the etcd. */
  stop(): Promise<void>;
}

/** Runs until it is killed, and is RUNNING at once. `n` makes another content of it. */
export const sleeper = (n = 1): string =>
  `command=/bin/sleep 1000\nstartsecs=0\nenvironment=N="${String(n)}"\n`;

let count = 0;

/** Does not wait for anything: see `agent.waitUntilReady`. */
export async function startAgentHost(options: AgentHostOptions): Promise<AgentHost> {
  const { etcd, addresses = ['172.16.238.11'] } = options;
  count += 1;
  const name = options.name ?? `host${String(count)}`;
  const prefix = `/test/${name}/apps`;
  const supervisord = options.supervisord ?? (await startSupervisord());
  const agent = await startAgent({
    etcdEndpoint: options.etcdEndpoint ?? etcd.endpoint,
    host: name,
    addresses,
    supervisord,
    environment: { SUPERVENE_PREFIX: prefix, ...options.environment },
    ...(options.within === undefined ? {} : { within: options.within }),
    ...(options.journalDir === undefined ? {} : { journalDir: options.journalDir }),
  });
  return {
    name,
    prefix,
    supervisord,
    agent,
    ...createPublisher(etcd, prefix, addresses),
    ...createViews(name, agent),
    ...createLooks(supervisord),
    stop: async () => {
      await agent.stop();
      await supervisord.stop();
    },
  };
}

function createPublisher(etcd: Etcd, prefix: string, addresses: readonly string[]) {
  const change = (apps: readonly string[], ips?: string, content?: string): Promise<string> =>
    etcd.txn(
      Object.fromEntries(
        apps.flatMap((app) => [
          [`${prefix}/${app}/ips`, ips],
          [`${prefix}/${app}/content`, content],
        ]),
      ),
    );
  return {
    publish: (apps: string | readonly string[], body: string): Promise<string> =>
      change([apps].flat(), addresses.join(','), Buffer.from(body).toString('base64')),
    unpublish: (...apps: readonly string[]): Promise<string> => change(apps),
  };
}

function createViews(name: string, agent: Agent) {
  const view = async (): Promise<StateView> => (await agent.state()) as StateView;
  const isHeld = async (app: string | undefined, code: string): Promise<HeldView | undefined> =>
    (await view()).held.find((item) => item.app === app && item.code === code);
  return {
    view,
    readiness: async (): Promise<Readiness> => {
      const response = await fetch(`${agent.url}/readyz`, { signal: AbortSignal.timeout(5_000) });
      const { reasons } = (await response.json()) as { readonly reasons: readonly string[] };
      return { status: response.status, reasons: reasons.join('\n') };
    },
    waitUntilApplied: async (revision: string, waiting?: WaitOptions): Promise<void> => {
      const isApplied = async (): Promise<boolean> => {
        const { observedRevision, host } = await view();
        const known = [observedRevision, host.appliedRevision];
        return known.every((it) => BigInt(it) >= BigInt(revision));
      };
      const isOver = async (): Promise<boolean> => !agent.isRunning || (await isApplied());
      await waitFor(`${name} to have applied ${revision}`, isOver, waiting);
      if (!agent.isRunning) throw new Error(`the agent ended: ${agent.output().slice(-3000)}`);
    },
    waitUntilHeld: async (app: string | undefined, code: string): Promise<string> =>
      (await waitFor(`${app ?? name} to be held: ${code}`, () => isHeld(app, code))).reason,
    waitUntilFree: async (code: string): Promise<void> => {
      await waitFor(`nothing to be held: ${code}`, async () =>
        (await view()).held.every((item) => item.code !== code),
      );
    },
  };
}

function createLooks({ confDir, processes }: Supervisord) {
  const process = async (app: string): Promise<ProcessInfo | undefined> =>
    (await processes()).find(({ group }) => group === app);
  const filePath = (app: string): string => join(confDir, `${app}.supervene.conf`);
  return {
    process,
    waitForState: (app: string, state: string): Promise<ProcessInfo> =>
      waitFor(`${app} to be ${state}`, async () => {
        const found = await process(app);
        return found?.statename === state ? found : undefined;
      }),
    pids: async (): Promise<Readonly<Record<string, number>>> =>
      Object.fromEntries((await processes()).map(({ group, pid }) => [group, pid])),
    filePath,
    fileText: (app: string): string | undefined =>
      existsSync(filePath(app)) ? readFileSync(filePath(app), 'utf8') : undefined,
    leftovers: (): readonly string[] =>
      readdirSync(confDir).filter((file) => !file.endsWith('.conf')),
  };
}
