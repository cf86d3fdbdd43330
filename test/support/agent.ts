/**
 * The built program as a user runs it: `supervene agent` as a process of its own, in a folder of its
 * own, on a free port; and any other command. Nothing here imports from `src/`.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { findProjectRoot } from './findProjectRoot.ts';
import { freePort } from './freePort.ts';
import { createTempDir } from './tempDir.ts';
import { waitFor } from './waitFor.ts';

export const mainPath = join(findProjectRoot(), 'dist/src/main.js');

export interface AgentOptions {
  readonly etcdEndpoint: string;
  readonly host: string;
  /** Those of its network alone, when it is given one with `within`. */
  readonly addresses: readonly string[];
  /** A command that runs the agent's own, such as `nsenter …`. */
  readonly within?: readonly string[];
  readonly supervisord: {
    readonly url: string;
    readonly configPath: string;
    readonly confDir: string;
  };
  /** More settings, by environment variable. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The journal's folder; by default one that goes with the agent. */
  readonly journalDir?: string;
}

export interface Agent {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly journalDir: string;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  readonly isRunning: boolean;
  /** Everything it has said on stdout and stderr. */
  output(): string;
  /** The JSON of `GET /state`. */
  state(): Promise<unknown>;
  /** Resolves when `/readyz` answers 200. */
  waitUntilReady(timeoutMs?: number): Promise<void>;
  /** SIGTERM and its end; SIGKILL after 10 s. The exit code, or the signal's name. */
  terminate(): Promise<number | string>;
  kill(): Promise<void>;
  /** A new process on the same journal; the old one must have ended. */
  start(): void;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** Starts it and does not wait for anything: see `waitUntilReady`. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const dir = await createTempDir('agent');
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  const journalDir = options.journalDir ?? join(dir.path, 'journal');
  const logPath = join(dir.path, 'agent.log');
  const environment = { ...agentSettings(options, port, journalDir), ...options.environment };
  const { within = [] } = options;
  let child = spawnAgent(environment, logPath, within);
  const endNow = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', endNow);

  const terminate = async (): Promise<number | string> => {
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    const killLater = setTimeout(endNow, 10_000);
    await ended(child);
    clearTimeout(killLater);
    return child.exitCode ?? child.signalCode ?? 'never started';
  };
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended(child);
  };
  const output = (): string => (existsSync(logPath) ? readFileSync(logPath, 'utf8') : '');
  return {
    url,
    environment,
    journalDir,
    get pid() {
      return child.pid ?? 0;
    },
    get isRunning() {
      return !isOver(child);
    },
    output,
    state: () => fetchJson(`${url}/state`),
    waitUntilReady: async (timeoutMs = 20_000) => {
      const isReady = async (): Promise<boolean> => {
        if (isOver(child)) return true;
        return (await fetch(`${url}/readyz`)).ok;
      };
      await waitFor(`the agent of ${options.host} to be ready`, isReady, { timeoutMs });
      if (isOver(child)) throw new Error(`the agent ended: ${output().slice(-2000)}`);
    },
    terminate,
    kill,
    start: () => {
      child = spawnAgent(environment, logPath, within);
    },
    stop: async () => {
      process.removeListener('exit', endNow);
      await terminate();
      await dir.remove();
    },
  };
}

export interface CommandOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `supervene <args>` to its end, with nothing but these settings. */
export function runSupervene(
  args: readonly string[],
  options: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly input?: string;
  } = {},
): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [mainPath, ...args],
      { env: { ...cleanEnvironment(), ...options.environment }, timeout: 60_000 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
        resolve({ code, stdout, stderr });
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}

export async function fetchJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  return response.json();
}

function agentSettings(options: AgentOptions, port: number, journalDir: string) {
  return {
    SUPERVENE_ETCD: options.etcdEndpoint,
    SUPERVENE_HOST: options.host,
    ...(options.within === undefined ? { SUPERVENE_ADDRESSES: options.addresses.join(',') } : {}),
    SUPERVENE_SUPERVISOR: options.supervisord.url,
    SUPERVENE_SUPERVISOR_CONFIG: options.supervisord.configPath,
    SUPERVENE_CONF_DIR: options.supervisord.confDir,
    SUPERVENE_JOURNAL: journalDir,
    SUPERVENE_LISTEN: `127.0.0.1:${String(port)}`,
  };
}

/** Settings of the person who runs the tests must not leak into them. */
function cleanEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('SUPERVENE_')),
  );
}

function spawnAgent(
  environment: Readonly<Record<string, string>>,
  logPath: string,
  within: readonly string[],
): ChildProcess {
  const log = openSync(logPath, 'a');
  // A process group of its own: Ctrl-C on the terminal is not meant for it. Killed with its parent.
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', '--', ...within, process.execPath, mainPath, 'agent'],
    {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...cleanEnvironment(), ...environment },
    },
  );
  child.on('error', () => undefined);
  closeSync(log);
  return child;
}

function isOver(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (isOver(child)) resolve();
    else
      child.once('exit', () => {
        resolve();
      });
  });
}
