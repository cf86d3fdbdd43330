/**
 * A host of the cluster that supervene looks after: supervisord and the built agent on it, with the
 * paths and settings a host has by default. Its programs end with its supervisord, as in a container.
 */
import { request } from 'node:http';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { StateView } from '../../support/agentHost.ts';
import { signal } from '../../support/managedPids.ts';
import type { ProcessInfo } from '../../support/supervisord.ts';
import { waitFor } from '../../support/waitFor.ts';
import { callXmlRpc } from '../../support/xmlRpcCall.ts';
import { descendantsOf, type HostProcess, type NetHost } from './namespaces.ts';

export interface ManagedHostOptions {
  readonly host: NetHost;
  /** Files of it, by path: that of supervisord is among them. */
  readonly files: Readonly<Record<string, string>>;
  /** Settings of the agent, and of what runs under supervisord, by environment variable. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ManagedHost {
  readonly name: string;
  readonly host: NetHost;
  readonly supervisord: HostProcess;
  readonly agent: HostProcess;
  /** A file of it; throws when there is none. */
  read(path: string): string;
  /** Of supervisord, by another road than the agent's. */
  rpc(method: string, ...params: readonly unknown[]): Promise<unknown>;
  process(app: string): Promise<ProcessInfo | undefined>;
  /** The agent's `/state`. */
  state(): Promise<StateView>;
  waitForAgent(): Promise<void>;
  /** A new one on the same journal; the old one must have ended. */
  startAgent(): Promise<void>;
  /** SIGKILL to supervisord, and then to all that it had started. */
  killSupervisord(): Promise<void>;
  /** A new one; the old one must have ended. */
  startSupervisord(): Promise<void>;
  powerOff(): Promise<void>;
  /** As it boots: supervisord first, then the agent. */
  powerOn(): Promise<void>;
}

export async function startManagedHost(options: ManagedHostOptions): Promise<ManagedHost> {
  const { host } = options;
  let supervisord: HostProcess | undefined;
  let agent: HostProcess | undefined;
  const rpc = (method: string, ...params: readonly unknown[]): Promise<unknown> =>
    callXmlRpc(
      { socketPath: `${host.root}/run/supervisor.sock`, username: '', password: undefined },
      method.includes('.') ? method : `supervisor.${method}`,
      params,
    );
  const state = async (): Promise<StateView> =>
    (await askAgent(`${host.root}/var/lib/supervene/control.sock`, '/state')) as StateView;

  const environment = { SUPERVENE_ETCD: etcdUrl, ...options.environment };
  const startSupervisord = async (): Promise<void> => {
    supervisord = await host.spawn(['supervisord', '-n', '-c', configPath], {
      environment: { LANG: 'C.UTF-8', ...environment },
    });
    await waitFor(`supervisord on ${host.name}`, () => rpc('getState'), startTiming);
  };
  const startAgent = async (): Promise<void> => {
    agent = await host.spawn([process.execPath, '/opt/supervene/dist/src/main.js', 'agent'], {
      environment,
    });
  };
  const boot = async (): Promise<void> => {
    for (const [path, text] of Object.entries(options.files)) {
      mkdirSync(dirname(join(host.root, path)), { recursive: true });
      writeFileSync(join(host.root, path), text);
    }
    await startSupervisord();
    await startAgent();
  };
  await boot();
  return {
    name: host.name,
    host,
    get supervisord() {
      return started(supervisord);
    },
    get agent() {
      return started(agent);
    },
    read: (path) => readFileSync(join(host.root, path), 'utf8'),
    rpc,
    process: async (app) =>
      ((await rpc('getAllProcessInfo')) as readonly ProcessInfo[]).find(
        ({ group }) => group === app,
      ),
    state,
    waitForAgent: async () => {
      const isReady = async (): Promise<boolean> => {
        const { desired, actual } = await state();
        return desired.status === 'Current' && actual.supervisor.status === 'Reachable';
      };
      await waitFor(`the agent of ${host.name}`, isReady, startTiming).catch(
        async (error: unknown) => {
          const seen = JSON.stringify(await state().catch(String));
          throw new Error(`${String(error)}\n${seen}\n${started(agent).output().slice(-3000)}`);
        },
      );
    },
    startAgent,
    killSupervisord: async () => {
      const programs = descendantsOf(started(supervisord).pid);
      await started(supervisord).kill();
      for (const pid of programs) signal(pid, 'SIGKILL');
    },
    startSupervisord,
    powerOff: () => host.powerOff(),
    powerOn: async () => {
      await host.powerOn();
      await boot();
    },
  };
}

function started(it: HostProcess | undefined): HostProcess {
  if (it === undefined) throw new Error('it has not been started');
  return it;
}

export const etcdUrl = 'http://172.16.238.8:2379';

/** Many start at once. */
const startTiming = { timeoutMs: 60_000 };

export const configPath = '/etc/supervisor/supervisord.conf';

function askAgent(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path, signal: AbortSignal.timeout(5_000) }, (response) => {
      json(response).then(resolve, reject);
    })
      .on('error', reject)
      .end();
  });
}
