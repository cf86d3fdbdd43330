/**
 * A real supervisord of a test's own: temp directory, unix socket, optionally a TCP port and a
 * password. Nothing outlives `stop()`: children that a killed supervisord left behind are found
 * by the server URL in their environment and ended too.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { eventually } from './eventually.ts';
import { callXmlRpc, XmlRpcFault } from './xmlRpcCall.ts';

export { XmlRpcFault };

export interface SupervisordOptions {
  /** What `[include]` covers (`*.conf`); by default a directory of its own. */
  readonly confDir?: string;
  /** Files in the conf directory before it starts: texts by name. */
  readonly confs?: Readonly<Record<string, string>>;
  /** Listen on a free port of 127.0.0.1 as well. */
  readonly tcp?: boolean;
  /** User `tester` and this password, on every door. */
  readonly password?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** More lines for the `[supervisord]` section. */
  readonly settings?: string;
}

export interface Supervisord {
  /** Everything of this supervisord is below it. */
  readonly dir: string;
  readonly confDir: string;
  readonly configPath: string;
  readonly socketPath: string;
  readonly logPath: string;
  /** `unix://…` */
  readonly url: string;
  /** `http://127.0.0.1:port`; empty without `tcp`. */
  readonly tcpUrl: string;
  readonly username: string;
  readonly password: string;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  writeConf(name: string, text: string): void;
  removeConf(name: string): void;
  /** `rpc('getProcessInfo', 'web:web')`; throws `XmlRpcFault` or the transport's error. */
  rpc(method: string, ...params: readonly unknown[]): Promise<unknown>;
  /** Asks for all processes every 10 ms (which also keeps supervisord awake). */
  waitForState(id: string, state: string): Promise<ProcessInfo>;
  processes(): Promise<readonly ProcessInfo[]>;
  supervisorctl(...args: readonly string[]): Promise<CtlOutcome>;
  /** Pids that carry our server URL in their environment, orphans included. */
  managedPids(): readonly number[];
  pause(): void;
  resume(): void;
  /** SIGKILL; its children live on as orphans. */
  kill(): Promise<void>;
  /** SIGTERM and its end, children included. */
  shutdown(): Promise<void>;
  /** A new process on the same directory; the old one is shut down first if it still runs. */
  restart(): Promise<void>;
  /** `supervisor.restart`: the same pid reads its configuration anew. */
  rpcRestart(): Promise<void>;
  /** Ends supervisord and everything it started, and removes the directory. */
  stop(): Promise<void>;
}

export interface ProcessInfo {
  readonly group: string;
  readonly name: string;
  readonly statename: string;
  readonly pid: number;
  readonly start: number;
  readonly stop: number;
  readonly now: number;
}

export interface CtlOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function startSupervisord(options: SupervisordOptions = {}): Promise<Supervisord> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'sv-'));
  const port = options.tcp === true ? await freePort() : undefined;
  const paths = layOut(dir, port, options);
  const serverUrl = `unix://${paths.socketPath}`;
  const call = {
    socketPath: paths.socketPath,
    username: 'tester',
    password: options.password,
  };
  let child = spawnSupervisord(paths.configPath, options);
  const endNow = (): void => {
    child.kill('SIGKILL');
    for (const pid of findManagedPids(serverUrl)) signal(pid, 'SIGKILL');
  };
  process.once('exit', endNow);

  const rpc = (method: string, ...params: readonly unknown[]): Promise<unknown> =>
    callXmlRpc(call, method.includes('.') ? method : `supervisor.${method}`, params);
  const processes = async (): Promise<readonly ProcessInfo[]> =>
    (await rpc('getAllProcessInfo')) as readonly ProcessInfo[];
  const shutdown = async (): Promise<void> => {
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    await ended(child);
  };
  const ready = (): Promise<unknown> =>
    eventually('supervisord answers', async () => {
      if (isOver(child)) throw new Error(`supervisord ended: ${tail(paths.outputPath)}`);
      return await rpc('getState').catch(() => undefined);
    });
  const handle: Supervisord = {
    dir,
    ...paths,
    url: serverUrl,
    tcpUrl: port === undefined ? '' : `http://127.0.0.1:${port}`,
    username: 'tester',
    password: options.password ?? '',
    get pid() {
      return child.pid ?? 0;
    },
    writeConf: (name, text) => writeConf(paths.confDir, name, text),
    removeConf: (name) => fs.rmSync(path.join(paths.confDir, name), { force: true }),
    rpc,
    processes,
    waitForState: (id, state) =>
      eventually(`${id} is ${state}`, async () =>
        (await processes()).find((p) => `${p.group}:${p.name}` === id && p.statename === state),
      ),
    supervisorctl: (...args) => runCtl(paths.configPath, args),
    managedPids: () => findManagedPids(serverUrl),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    kill: async () => {
      child.kill('SIGKILL');
      await ended(child);
    },
    shutdown,
    restart: async () => {
      if (!isOver(child)) await shutdown();
      child = spawnSupervisord(paths.configPath, options);
      await ready();
    },
    rpcRestart: async () => {
      const before = fs.statSync(paths.socketPath, { bigint: true }).mtimeNs;
      await rpc('restart');
      await eventually('a new socket', () => Promise.resolve(socketTime(paths.socketPath, before)));
      await ready();
    },
    stop: async () => {
      process.off('exit', endNow);
      child.kill('SIGKILL');
      await ended(child);
      await endManaged(serverUrl);
      fs.rmSync(dir, { recursive: true, force: true });
    },
  };
  try {
    await ready();
  } catch (error) {
    await handle.stop();
    throw error;
  }
  return handle;
}

type Paths = Readonly<
  Record<'confDir' | 'configPath' | 'socketPath' | 'logPath' | 'outputPath', string>
>;

function layOut(dir: string, port: number | undefined, options: SupervisordOptions): Paths {
  const paths: Paths = {
    confDir: options.confDir ?? path.join(dir, 'conf.d'),
    configPath: path.join(dir, 'supervisord.conf'),
    socketPath: path.join(dir, 's.sock'),
    logPath: path.join(dir, 'supervisord.log'),
    outputPath: path.join(dir, 'output.log'),
  };
  fs.mkdirSync(paths.confDir, { recursive: true });
  for (const [name, text] of Object.entries(options.confs ?? {})) {
    writeConf(paths.confDir, name, text);
  }
  const login =
    options.password === undefined ? '' : `username=tester\npassword=${options.password}\n`;
  const inet = port === undefined ? '' : `[inet_http_server]\nport=127.0.0.1:${port}\n${login}\n`;
  fs.writeFileSync(
    paths.configPath,
    `[unix_http_server]\nfile=${paths.socketPath}\n${login}\n${inet}` +
      `[supervisord]\nnodaemon=true\nsilent=true\nlogfile=${paths.logPath}\n` +
      `pidfile=${path.join(dir, 'supervisord.pid')}\nchildlogdir=${dir}\ndirectory=${dir}\n` +
      `${options.settings ?? ''}\n` +
      `[rpcinterface:supervisor]\n` +
      `supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n\n` +
      `[supervisorctl]\nserverurl=unix://${paths.socketPath}\n${login}\n` +
      `[include]\nfiles=${path.join(paths.confDir, '*.conf')}\n`,
  );
  return paths;
}

function writeConf(confDir: string, name: string, text: string): void {
  const temporary = path.join(confDir, `.${name}.tmp`);
  fs.writeFileSync(temporary, text);
  fs.renameSync(temporary, path.join(confDir, name));
}

function spawnSupervisord(configPath: string, options: SupervisordOptions): ChildProcess {
  const output = fs.openSync(path.join(path.dirname(configPath), 'output.log'), 'a');
  // A test runner killed outright cannot clean up; the kernel then tells supervisord to end.
  const [command, ...args] = [...pdeathsig(), 'supervisord', '-n', '-c', configPath];
  const child = spawn(command ?? 'supervisord', args, {
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...process.env, ...options.environment },
  });
  child.on('error', () => undefined);
  fs.closeSync(output);
  return child;
}

let setpriv: readonly string[] | undefined;
function pdeathsig(): readonly string[] {
  const folders = (process.env['PATH'] ?? '').split(':');
  setpriv ??= folders.some((folder) => fs.existsSync(path.join(folder, 'setpriv')))
    ? ['setpriv', '--pdeathsig', 'TERM', '--']
    : [];
  return setpriv;
}

function isOver(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (isOver(child)) resolve();
    else child.once('exit', () => resolve());
  });
}

function socketTime(socketPath: string, before: bigint): bigint | undefined {
  const stat = fs.statSync(socketPath, { bigint: true, throwIfNoEntry: false });
  return stat === undefined || stat.mtimeNs === before ? undefined : stat.mtimeNs;
}

function findManagedPids(serverUrl: string): number[] {
  const wanted = `SUPERVISOR_SERVER_URL=${serverUrl}`;
  return fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => readEnviron(pid).includes(wanted));
}

function readEnviron(pid: number): readonly string[] {
  try {
    return fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

async function endManaged(serverUrl: string): Promise<void> {
  await eventually('every managed process has ended', () => {
    const pids = findManagedPids(serverUrl);
    for (const pid of pids) signal(pid, 'SIGKILL');
    return Promise.resolve(pids.length === 0 ? true : undefined);
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself meanwhile.
  }
}

function runCtl(configPath: string, args: readonly string[]): Promise<CtlOutcome> {
  return new Promise((resolve) => {
    execFile('supervisorctl', ['-c', configPath, ...args], (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr });
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

function tail(file: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').slice(-2000) : '';
}
