/**
 * A real etcd of a test's own, on free ports and in a temp directory: killed, paused, wiped and
 * started again at will. Nothing outlives `stop()`, nor this process: the kernel kills an etcd
 * whose parent is gone, whether it is paused or not.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createEtcdGateway, type EtcdGateway } from './etcdGateway.ts';
import { freePorts } from './freePort.ts';
import { stopProcess } from './stopProcess.ts';
import { createTempDir } from './tempDir.ts';
import { waitFor } from './waitFor.ts';

export interface EtcdOptions {
  /** More flags, as `['--auth-token-ttl', '2']`. */
  readonly flags?: readonly string[];
  /** `https://` for `--cert-file` and the like; tests then speak to etcd by etcdctl. */
  readonly scheme?: 'http' | 'https';
  /** Of `endpoint`; by default a free one. Two must not run on it at a time. */
  readonly port?: number;
  /** The server to run: a path; by default the `etcd` in PATH. */
  readonly binary?: string;
}

export interface Etcd extends EtcdGateway {
  /** `http://127.0.0.1:port`; stays the same through restart and wipe. */
  readonly endpoint: string;
  /** The port of `endpoint`. */
  readonly port: number;
  readonly dataDir: string;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  /** SIGSTOP: connections stay open, nothing answers. */
  pause(): void;
  resume(): void;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** Starts what was killed, on the same data; resolves when it serves. */
  start(): Promise<void>;
  /** kill, start. */
  restart(): Promise<void>;
  /** kill, new data directory, start with the same flags: same cluster id, revision 1. */
  wipe(): Promise<void>;
  /** Writes all it has into a file, whose path is given; goes with the etcd. */
  saveSnapshot(): string;
  /** kill, data directory from the snapshot, start with the same flags: same cluster id. */
  restoreSnapshot(path: string): Promise<void>;
  /** Output of `etcdctl` on this etcd; throws its complaint. */
  etcdctl(...args: readonly string[]): string;
  /** User `root` with this password; calls of this object are made as root from then on. */
  enableAuth(rootPassword: string): void;
  /** Ends it and removes the directory. */
  stop(): Promise<void>;
}

export interface EtcdCluster {
  readonly members: readonly Etcd[];
  stop(): Promise<void>;
}

export async function startEtcd(options: EtcdOptions = {}): Promise<Etcd> {
  const [freeClientPort = 0, peerPort = 0] = await freePorts(2);
  const clientPort = options.port ?? freeClientPort;
  const peers = `default=http://127.0.0.1:${String(peerPort)}`;
  const etcd = await createMember('default', clientPort, peerPort, peers, options);
  await startOrStop([etcd]);
  return etcd;
}

/** Serves when this resolves. Elections take about a second after a leader was killed. */
export async function startEtcdCluster(size = 3, options: EtcdOptions = {}): Promise<EtcdCluster> {
  const ports = await freePorts(size * 2);
  const names = Array.from({ length: size }, (_, index) => `m${String(index)}`);
  const peers = names
    .map((name, index) => `${name}=http://127.0.0.1:${String(ports[size + index])}`)
    .join(',');
  const members = await Promise.all(
    names.map((name, index) =>
      createMember(name, ports[index] ?? 0, ports[size + index] ?? 0, peers, options),
    ),
  );
  await startOrStop(members);
  return {
    members,
    stop: async () => {
      await Promise.all(members.map((member) => member.stop()));
    },
  };
}

async function startOrStop(members: readonly Etcd[]): Promise<void> {
  try {
    await Promise.all(members.map((member) => member.start()));
  } catch (error) {
    await Promise.all(members.map((member) => member.stop()));
    throw error;
  }
}

async function createMember(
  name: string,
  clientPort: number,
  peerPort: number,
  peers: string,
  { flags = [], scheme = 'http', binary = 'etcd' }: EtcdOptions,
): Promise<Etcd> {
  const dir = await createTempDir('etcd');
  const dataDir = join(dir.path, 'data');
  const endpoint = `${scheme}://127.0.0.1:${String(clientPort)}`;
  const peerUrl = `http://127.0.0.1:${String(peerPort)}`;
  const args = memberArgs(name, dataDir, endpoint, peerUrl, peers);
  const gateway = createEtcdGateway(endpoint);
  let child: ChildProcess | undefined;
  let output = '';
  let login: string | undefined;
  let snapshots = 0;

  const send = (signal: NodeJS.Signals): void => {
    if (child?.exitCode === null && child.signalCode === null) child.kill(signal);
  };

  async function start(): Promise<void> {
    const started = spawn('setpriv', ['--pdeathsig', 'KILL', binary, ...args, ...flags], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = started;
    started.on('error', (error) => (output += String(error)));
    started.stderr.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-10_000);
    });
    await waitFor(
      `etcd on ${endpoint}`,
      () => {
        if (started.exitCode !== null) throw new Error(`etcd ended: ${output}`);
        return scheme === 'http' ? isServing(gateway) : output.includes('serving client traffic');
      },
      { timeoutMs: 20_000, intervalMs: 10 },
    );
  }

  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    send('SIGKILL');
    await ended;
  }

  function etcdctl(...given: readonly string[]): string {
    const user = login === undefined ? [] : [`--user=${login}`];
    const run = spawnSync('etcdctl', [`--endpoints=${endpoint}`, ...user, ...given], {
      env: { ...process.env, ETCDCTL_API: '3' },
      encoding: 'utf8',
      timeout: 15_000,
    });
    if (run.status !== 0) throw new Error(`etcdctl ${given.join(' ')}: ${run.stderr}`);
    return run.stdout;
  }

  return {
    ...gateway,
    endpoint,
    port: clientPort,
    dataDir,
    get pid() {
      return child?.pid ?? 0;
    },
    pause: () => {
      if (child?.exitCode === null && child.pid !== undefined) stopProcess(child.pid);
    },
    resume: () => {
      send('SIGCONT');
    },
    kill,
    start,
    restart: async () => {
      await kill();
      await start();
    },
    wipe: async () => {
      await kill();
      await rm(dataDir, { recursive: true, force: true });
      await start();
    },
    saveSnapshot: () => {
      snapshots += 1;
      const path = join(dir.path, `snapshot${String(snapshots)}`);
      etcdctl('snapshot', 'save', path);
      return path;
    },
    restoreSnapshot: async (path) => {
      await kill();
      await rm(dataDir, { recursive: true, force: true });
      const self = [`--name=${name}`, `--initial-advertise-peer-urls=${peerUrl}`];
      const cluster = [`--initial-cluster=${peers}`, `--data-dir=${dataDir}`];
      etcdctl('snapshot', 'restore', path, ...self, ...cluster);
      await start();
    },
    etcdctl,
    enableAuth: (password) => {
      etcdctl('user', 'add', `root:${password}`);
      etcdctl('user', 'grant-role', 'root', 'root');
      etcdctl('auth', 'enable');
      login = `root:${password}`;
      gateway.login('root', password);
    },
    stop: async () => {
      await kill();
      await dir.remove();
    },
  };
}

function memberArgs(
  name: string,
  dataDir: string,
  endpoint: string,
  peerUrl: string,
  peers: string,
): readonly string[] {
  return [
    ['--name', name],
    ['--data-dir', dataDir],
    ['--listen-client-urls', endpoint],
    ['--advertise-client-urls', endpoint],
    ['--listen-peer-urls', peerUrl],
    ['--initial-advertise-peer-urls', peerUrl],
    ['--initial-cluster', peers],
    ['--logger', 'zap'],
    ['--log-level', endpoint.startsWith('https') ? 'info' : 'error'],
  ].flat();
}

/** A linearizable read: there is a leader, and this member knows it. */
async function isServing(gateway: EtcdGateway): Promise<boolean> {
  try {
    return (await gateway.revision()) !== '';
  } catch (error) {
    // With auth enabled an unauthenticated answer is an answer.
    return /user name is empty|invalid auth/.test(String(error));
  }
}
