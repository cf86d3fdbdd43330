/**
 * A real supervisord of a test's own: temp directory, unix socket, optionally a TCP port and a
 * password. Nothing outlives `stop()`: children that a killed supervisord left behind are found
 * by a mark in their environment and ended too.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { freePort } from './freePort.ts';
import { endManaged, findManagedPids, markName, signal } from './managedPids.ts';
import { stopProcess } from './stopProcess.ts';
import { waitFor } from './waitFor.ts';
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
  /** Everything that it or an earlier one on this directory has started and that still runs. */
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
    for (const pid of findManagedPids(dir)) signal(pid, 'SIGKILL');
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
  const ready = async (): Promise<void> => {
    await waitFor('supervisord to answer', async () => isOver(child) || (await rpc('getState')), {
      intervalMs: 10,
    });
    if (isOver(child)) throw new Error(`supervisord ended: ${tail(paths.outputPath)}`);
  };
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
      waitFor(
        `${id} to be ${state}`,
        async () => (await processes()).find((p) => idOf(p) === id && p.statename === state),
        { intervalMs: 10 },
      ),
    supervisorctl: (...args) => runCtl(paths.configPath, args),
    managedPids: () => findManagedPids(dir).filter((pid) => isOver(child) || pid !== child.pid),
    pause: () => stopProcess(child.pid ?? 0),
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
      const before = socketTime(paths.socketPath);
      await rpc('restart');
      await waitFor('a new socket', () => socketTime(paths.socketPath) !== before, {
        intervalMs: 10,
      });
      await ready();
    },
    stop: async () => {
      process.off('exit', endNow);
      child.kill('SIGKILL');
      await ended(child);
      await endManaged(dir);
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
    cwd: path.dirname(configPath),
    stdio: ['ignore', output, output],
    env: { ...process.env, [markName]: path.dirname(configPath), ...options.environment },
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

/** Undefined while there is no socket. */
function socketTime(socketPath: string): bigint | undefined {
  return fs.statSync(socketPath, { bigint: true, throwIfNoEntry: false })?.mtimeNs;
}

function idOf({ group, name }: ProcessInfo): string {
  return `${group}:${name}`;
}

function runCtl(configPath: string, args: readonly string[]): Promise<CtlOutcome> {
  return new Promise((resolve) => {
    execFile('supervisorctl', ['-c', configPath, ...args], (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr });
    });
  });
}

function tail(file: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').slice(-2000) : '';
}
