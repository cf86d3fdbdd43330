/**
 * A Docker engine of the test's own: everything of it is in one folder, and nobody else's engine is
 * touched. In the machine's network it only builds, and changes no rule and no address there; the
 * cluster runs in a network of the engine's own, where fixed addresses and ports cannot collide.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { waitFor } from '../../support/waitFor.ts';
import { mustRun, run, type Ended, type RunOptions } from './run.ts';

export interface Engine {
  /** What every client of it needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** `docker …`; throws when it fails. */
  readonly docker: (args: readonly string[], options?: RunOptions) => Promise<string>;
  /** A command of this machine, run where the engine's published ports are. */
  readonly inNetwork: (
    command: string,
    args: readonly string[],
    options?: RunOptions,
  ) => Promise<Ended>;
  /** With all its containers. */
  readonly stop: () => Promise<void>;
}

const ownNetwork = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
const noNetwork = [
  '--iptables=false',
  '--ip6tables=false',
  '--ip-forward=false',
  '--ip-masq=false',
];

export async function startEngine(folder: string, network: 'machine' | 'own'): Promise<Engine> {
  const socket = `unix://${join(folder, 'docker.sock')}`;
  const logPath = join(folder, `dockerd-${network}.log`);
  const daemon = [
    'dockerd',
    `--data-root=${join(folder, 'data')}`,
    `--exec-root=${join(folder, 'exec')}`,
    `--pidfile=${join(folder, 'docker.pid')}`,
    `--host=${socket}`,
    '--bridge=none',
    `--cgroup-parent=/${basename(folder)}`,
    ...(network === 'machine' ? noNetwork : []),
  ];
  const [command = '', ...args] = network === 'machine' ? daemon : [...ownNetwork, ...daemon];
  const log = openSync(logPath, 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const env = { DOCKER_HOST: socket, DOCKER_BUILDKIT: '0', COMPOSE_DOCKER_CLI_BUILD: '0' };
  const docker: Engine['docker'] = async (words, options) =>
    mustRun('docker', words, { ...options, env: { ...env, ...options?.env } });
  try {
    await waitFor(
      'the engine',
      async () => {
        if (child.exitCode !== null) return 'ended';
        return (await run('docker', ['version'], { env })).status === 0;
      },
      { timeoutMs: 60_000, intervalMs: 200 },
    );
    if (child.exitCode !== null) throw new Error(`dockerd ended with ${child.exitCode}`);
  } catch (error) {
    child.kill('SIGKILL');
    const said = readFileSync(logPath, 'utf8').slice(-4_000);
    throw new Error(`no engine: ${String(error)}\n${said}`, { cause: error });
  }
  return {
    env,
    docker,
    inNetwork: async (name, words, options) =>
      run('nsenter', [`--target=${child.pid ?? 0}`, '--net', name, ...words], options),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
