/**
 * Two networks of a test's own with a cable between them (Linux, root): an agent in one, and in the
 * other a port that leads to an etcd outside. What is done to the cable, TCP has to find out.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { createTempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

export interface LinkedNetworks {
  /** In front of a command, it runs in the agent's network. */
  readonly within: readonly string[];
  /** `http://10.78.0.2:2379`, from there: leads to the port outside. */
  readonly endpoint: string;
  readonly agentAddress: string;
  /** Nothing passes any more, in either direction; nobody is told. */
  unplug(): void;
  plug(): void;
  /** What the far side sends is swallowed; what it is sent arrives. */
  swallowAnswers(): void;
  passAnswers(): void;
  /** What the agent sends is swallowed; what it is sent arrives. */
  swallowRequests(): void;
  passRequests(): void;
  stop(): Promise<void>;
}

const [agentAddress, farAddress, port] = ['10.78.0.1', '10.78.0.2', 2379];

/** Undefined where the system does not let us. */
export async function startLinkedNetworks(
  portOutside: number,
): Promise<LinkedNetworks | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const dir = await createTempDir('link');
  const socketPath = join(dir.path, 'out');
  const outside = createServer((inner) => {
    const outer = connect(portOutside, '127.0.0.1');
    for (const socket of [inner, outer]) socket.on('error', () => socket.destroy());
    inner.pipe(outer).pipe(inner);
  });
  await new Promise<void>((resolve) => outside.listen(socketPath, resolve));
  const near = startNetwork('console.log("ready"); setInterval(() => undefined, 1e6);', {});
  const far = startNetwork(relay, { PORT: String(port), SOCKET: socketPath });
  const stop = async (): Promise<void> => {
    near.child.kill('SIGKILL');
    far.child.kill('SIGKILL');
    outside.close();
    await dir.remove();
  };
  try {
    await waitFor('two networks', () => [near, far].every((one) => one.isReady() || one.isOver()));
    near.ip('link', 'add', 'v0', 'type', 'veth', 'peer', 'v1', 'netns', String(far.child.pid));
    for (const [network, name, address] of [
      [near, 'v0', agentAddress],
      [far, 'v1', farAddress],
    ] as const) {
      network.ip('link', 'set', 'lo', 'up');
      network.ip('address', 'add', `${address}/24`, 'dev', name);
      network.ip('link', 'set', name, 'up');
    }
  } catch {
    await stop();
    return undefined;
  }
  return {
    within: near.within,
    endpoint: `http://${farAddress}:${String(port)}`,
    agentAddress,
    unplug: () => far.ip('link', 'set', 'v1', 'down'),
    plug: () => far.ip('link', 'set', 'v1', 'up'),
    swallowAnswers: () => far.ip('route', 'add', 'blackhole', `${agentAddress}/32`),
    passAnswers: () => far.ip('route', 'del', 'blackhole', `${agentAddress}/32`),
    swallowRequests: () => near.ip('route', 'add', 'blackhole', `${farAddress}/32`),
    passRequests: () => near.ip('route', 'del', 'blackhole', `${farAddress}/32`),
    stop,
  };
}

interface Network {
  readonly child: ChildProcess;
  readonly within: readonly string[];
  readonly isReady: () => boolean;
  readonly isOver: () => boolean;
  readonly ip: (...args: readonly string[]) => void;
}

function startNetwork(script: string, env: Readonly<Record<string, string>>): Network {
  const child = spawn(
    'unshare',
    ['-n', 'setpriv', '--pdeathsig', 'KILL', process.execPath, '-e', script],
    { env: { PATH: process.env['PATH'], ...env } },
  );
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.on('error', () => undefined);
  const within = ['nsenter', '-t', String(child.pid), '-n'];
  return {
    child,
    within,
    isReady: () => said.includes('ready'),
    isOver: () => child.exitCode !== null || child.signalCode !== null,
    ip: (...args) => {
      const [command = '', ...rest] = [...within, 'ip', ...args];
      const run = spawnSync(command, rest, { encoding: 'utf8' });
      if (run.status !== 0) throw new Error(`ip ${args.join(' ')}: ${run.stderr}`);
    },
  };
}

const relay = `
  const { connect, createServer } = require('node:net');
  createServer((inner) => {
    const outer = connect(process.env.SOCKET);
    for (const socket of [inner, outer]) socket.on('error', () => socket.destroy());
    inner.pipe(outer).pipe(inner);
  }).listen(Number(process.env.PORT), '0.0.0.0', () => console.log('ready'));
`;
