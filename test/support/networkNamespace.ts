/**
 * A network of a test's own, with an address that can be taken away (Linux, root): a namespace with
 * a pair of linked interfaces, and one port in it that leads to a port outside.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { freePort } from './freePort.ts';
import { createTempDir } from './tempDir.ts';
import { waitFor } from './waitFor.ts';

export interface NetworkNamespace {
  /** In front of a command, it runs in there. */
  readonly within: readonly string[];
  /** `http://127.0.0.1:port`, in there: leads to the port outside. */
  readonly endpoint: string;
  ip(...args: readonly string[]): void;
  stop(): Promise<void>;
}

/** Undefined where the system does not let us. `v0` is its interface, without an address. */
export async function startNetworkNamespace(
  portOutside: number,
): Promise<NetworkNamespace | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const dir = await createTempDir('net');
  const socketPath = join(dir.path, 'out');
  const outside = createServer((inner) => {
    const outer = connect(portOutside, '127.0.0.1');
    for (const socket of [inner, outer]) socket.on('error', () => socket.destroy());
    inner.pipe(outer).pipe(inner);
  });
  await new Promise<void>((resolve) => outside.listen(socketPath, resolve));
  const port = await freePort();
  const child = spawn(
    'unshare',
    ['-n', 'setpriv', '--pdeathsig', 'KILL', process.execPath, '-e', inside],
    { env: { PATH: process.env['PATH'], PORT: String(port), SOCKET: socketPath } },
  );
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.on('error', () => undefined);
  const within = ['nsenter', '-t', String(child.pid), '-n'];
  const ip = (...args: readonly string[]): void => {
    const [command = '', ...rest] = [...within, 'ip', ...args];
    const run = spawnSync(command, rest, { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`ip ${args.join(' ')}: ${run.stderr}`);
  };
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    outside.close();
    await dir.remove();
  };
  try {
    await waitFor('a namespace', () => isOver(child) || said.includes('ready'));
    ip('link', 'set', 'lo', 'up');
    ip('link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1');
    for (const name of ['v0', 'v1']) ip('link', 'set', name, 'up');
  } catch {
    await stop();
    return undefined;
  }
  return { within, endpoint: `http://127.0.0.1:${String(port)}`, ip, stop };
}

const inside = `
  const { connect, createServer } = require('node:net');
  createServer((inner) => {
    const outer = connect(process.env.SOCKET);
    for (const socket of [inner, outer]) socket.on('error', () => socket.destroy());
    inner.pipe(outer).pipe(inner);
  }).listen(Number(process.env.PORT), () => console.log('ready'));
`;

function isOver(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
