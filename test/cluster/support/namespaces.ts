/**
 * Machines of a test's own, as namespaces (Linux, root): a network with a switch in it that nothing
 * outside can reach, and hosts on it with their own address, name, processes and file system view.
 *
 * A host's processes end with its first one, and that one with this process, however it ends: nothing
 * is left behind. What is mounted and linked goes with the namespaces.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { createTempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';
import { createHostRoot } from './hostRoot.ts';

export interface Network {
  /** The first process of a host; its address is in 172.16.238.0/24. */
  startHost(name: string, address: string): Promise<NetHost>;
  stop(): Promise<void>;
}

export interface NetHost {
  readonly name: string;
  readonly address: string;
  /** Its `/`, as it is seen from outside. Another one after `powerOn`. */
  readonly root: string;
  readonly isOn: boolean;
  /** Runs in there until it is ended. `channel`: with messages, see `HostProcess.child`. */
  spawn(command: readonly string[], options?: SpawnOptions): Promise<HostProcess>;
  /** To its end, whatever that is. */
  run(command: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** Its cable: nothing passes, and nobody is told. */
  unplug(): void;
  plug(): void;
  /** From now on what is sent from here to that host is swallowed: neither hears of it. */
  cutTo(other: NetHost): void;
  mendTo(other: NetHost): void;
  /** As when the power fails: silence first, then the end of everything. Volumes stay. */
  powerOff(): Promise<void>;
  powerOn(): Promise<void>;
}

export interface SpawnOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly channel?: boolean;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HostProcess {
  /** Of the process itself, as this machine counts. */
  readonly pid: number;
  readonly isRunning: boolean;
  /** Everything it has said. */
  output(): string;
  /** SIGKILL to it alone, and its end. */
  kill(): Promise<void>;
  /** SIGTERM, and its end. */
  terminate(): Promise<void>;
  /** Carries the messages, when there is a channel. */
  readonly child: ChildProcess;
}

let whyNot: string | undefined | 'NotTried' = 'NotTried';

/** Undefined when namespaces are permitted here; otherwise the reason. Tried once. */
export function whyNoNamespaces(): string | undefined {
  if (whyNot !== 'NotTried') return whyNot;
  const script =
    'mount --make-rprivate / && mount -t proc proc /proc && ip link add b0 type bridge && hostname h';
  const run = spawnSync('unshare', [...unshareAll, 'sh', '-c', script], { encoding: 'utf8' });
  const said = (run.stderr ?? 'no such command').split('\n')[0] ?? '';
  const isPermitted = process.getuid?.() === 0 && run.status === 0;
  whyNot = isPermitted ? undefined : `namespaces are not permitted here: ${said || 'not root'}`;
  return whyNot;
}

const unshareAll = ['--net', '--mount', '--uts', '--pid', '--fork', '--kill-child=KILL'];

export async function startNetwork(): Promise<Network> {
  const dir = await createTempDir('net');
  const holder = spawnHeld(['unshare', '--net', 'sleep', 'infinity']);
  const hosts: NetHost[] = [];
  const ip = (...args: readonly string[]): void => {
    runOrThrow(['nsenter', '-t', String(holder.pid), '-n', 'ip', ...args]);
  };
  const stop = async (): Promise<void> => {
    await Promise.all(hosts.map((host) => host.powerOff()));
    await endOf(holder, 'SIGKILL');
    await dir.remove();
  };
  try {
    await waitFor('a network', () => isOver(holder) || isApart(holder.pid ?? 0, 'net'));
    ip('link', 'add', 'switch', 'type', 'bridge');
    ip('link', 'set', 'switch', 'up');
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    startHost: async (name, address) => {
      const host = await startHost(name, address, join(dir.path, name), ip);
      hosts.push(host);
      return host;
    },
    stop,
  };
}

type Ip = (...args: readonly string[]) => void;

async function startHost(
  name: string,
  address: string,
  dir: string,
  switchIp: Ip,
): Promise<NetHost> {
  mkdirSync(dir, { recursive: true });
  let init: ChildProcess | undefined;
  let initPid = 0;
  let count = 0;
  // The end of its cable at the switch.
  const port = `to-${address.split('.').at(-1) ?? ''}`;
  const within = (): readonly string[] => {
    if (initPid === 0) throw new Error(`${name} is off`);
    return ['nsenter', '-t', String(initPid), '-n', '-m', '-u', '-p', '--'];
  };
  const ip: Ip = (...args) => runOrThrow([...within(), 'ip', ...args]);

  const powerOn = async (): Promise<void> => {
    const started = spawnHeld(['unshare', ...unshareAll, 'sh', '-c', createHostRoot], {
      ...{ NAME: name, ADDRESS: address, DIR: dir, PROJECT: findProjectRoot() },
      ...{ NODE: dirname(dirname(process.execPath)), SHELL_PATH: hostPath },
    });
    init = started;
    let said = '';
    for (const output of [started.stdout, started.stderr]) {
      output?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    }
    await waitFor(`the host ${name}`, () => isOver(started) || said.includes('ready'));
    if (isOver(started)) throw new Error(`the host ${name} ended: ${said}`);
    initPid = childOf(started.pid ?? 0) ?? 0;
    switchIp(...`link add ${port} type veth peer eth0 netns ${String(initPid)}`.split(' '));
    switchIp(...`link set ${port} master switch up`.split(' '));
    ip('link', 'set', 'lo', 'up');
    ip('address', 'add', `${address}/24`, 'dev', 'eth0');
    ip('link', 'set', 'eth0', 'up');
  };
  await powerOn();

  return {
    name,
    address,
    get root() {
      return `/proc/${String(initPid)}/root`;
    },
    get isOn() {
      return initPid !== 0;
    },
    spawn: (command, options = {}) => {
      count += 1;
      const logPath = join(dir, `${String(count)}.log`);
      return spawnWithin(within(), command, logPath, options);
    },
    run: (command, options) => runWithin(within(), command, options),
    unplug: () => switchIp('link', 'set', port, 'down'),
    plug: () => switchIp('link', 'set', port, 'up'),
    cutTo: (other) => ip('route', 'add', 'blackhole', `${other.address}/32`),
    mendTo: (other) => ip('route', 'del', 'blackhole', `${other.address}/32`),
    powerOff: async () => {
      if (init === undefined || initPid === 0) return;
      // Its end of the cable goes with its network, but not before the kernel has time for that.
      switchIp('link', 'del', port);
      initPid = 0;
      await endOf(init, 'SIGKILL');
    },
    powerOn,
  };
}

/** What a host finds its programs by: those of this machine, and `supervene`. */
export const hostPath = [
  dirname(process.execPath),
  ...['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin', '/opt/bin'],
].join(':');

async function spawnWithin(
  within: readonly string[],
  command: readonly string[],
  logPath: string,
  { environment = {}, channel = false }: SpawnOptions,
): Promise<HostProcess> {
  const log = openSync(logPath, 'a');
  const [program = '', ...args] = [...held, ...within, ...command];
  const child = spawn(program, args, {
    stdio: ['ignore', log, log, ...(channel ? (['ipc'] as const) : [])],
    env: { PATH: hostPath, HOME: '/root', ...environment },
    cwd: '/',
  });
  closeSync(log);
  child.on('error', () => undefined);
  const output = (): string => readFileSync(logPath, 'utf8');
  // Not of nsenter, which only waits for it.
  const pid = await waitFor(
    `${command.join(' ')} to start`,
    () => isOver(child) || childOf(child.pid ?? 0),
    { intervalMs: 5 },
  );
  if (pid === true) throw new Error(`${command.join(' ')} ended: ${output().slice(-2000)}`);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ended = whenOver(child);
    if (!isOver(child)) process.kill(pid, signal);
    await ended;
  };
  return {
    pid,
    child,
    get isRunning() {
      return !isOver(child);
    },
    output,
    kill: () => end('SIGKILL'),
    terminate: () => end('SIGTERM'),
  };
}

/** In front of a command: it ends with this process. */
const held = ['setpriv', '--pdeathsig', 'KILL', '--'];

function spawnHeld(
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess {
  const [program = '', ...args] = [...held, ...command];
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: hostPath, ...environment },
  });
  child.on('error', () => undefined);
  return child;
}

function runWithin(
  within: readonly string[],
  command: readonly string[],
  { environment = {}, input = '' }: RunOptions = {},
): Promise<Outcome> {
  const [program = '', ...args] = [...held, ...within, ...command];
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      {
        env: { PATH: hostPath, HOME: '/root', ETCDCTL_API: '3', ...environment },
        cwd: '/',
        timeout: 100_000,
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
        resolve({ code, stdout, stderr });
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

function runOrThrow([program = '', ...args]: readonly string[]): void {
  const run = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 });
  if (run.status === 0) return;
  throw new Error(`${args.join(' ')}: ${String(run.status ?? run.error)} ${run.stderr ?? ''}`);
}

/** The one child of a process, if it has any. */
const childOf = (pid: number): number | undefined => childrenOf(pid)[0];

/** Children first, then theirs, as they are now. */
export function descendantsOf(pid: number): readonly number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendantsOf)];
}

function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8');
    return text
      .split(' ')
      .map(Number)
      .filter((child) => child > 0);
  } catch {
    return [];
  }
}

/** Whether it has left the namespace of this process. */
function isApart(pid: number, kind: string): boolean {
  const of = (whose: string): string => readNamespace(whose, kind);
  return of(String(pid)) !== of('self');
}

function readNamespace(whose: string, kind: string): string {
  return spawnSync('readlink', [`/proc/${whose}/ns/${kind}`], { encoding: 'utf8' }).stdout;
}

async function endOf(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = whenOver(child);
  child.kill(signal);
  await ended;
}

function isOver(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function whenOver(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (isOver(child)) resolve();
    else
      child.once('exit', () => {
        resolve();
      });
  });
}
