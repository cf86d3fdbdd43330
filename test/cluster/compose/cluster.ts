/** docker-compose.yml on an engine of the test's own, as somebody uses it from its machine. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import process from 'node:process';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import type { ConsoleHost } from '../../support/consoleHost.ts';
import { waitFor } from '../../support/waitFor.ts';
import type { Engine } from './engine.ts';
import { type Ended, mustRun, run, type RunOptions } from './run.ts';

export const services = ['etcd', 'nginx-proxy', 'web1-01', 'web1-02', 'web1-03'] as const;
export type Service = (typeof services)[number];
export const webHosts = ['web1-01', 'web1-02', 'web1-03'] as const;

const project = 'supervene';
const root = findProjectRoot();

export interface Answer {
  readonly status: number;
  readonly body: string;
}

type Headers = Readonly<Record<string, string>>;

export interface Cluster {
  /** `docker-compose …`; throws when it fails. */
  readonly compose: (args: readonly string[], options?: RunOptions) => Promise<string>;
  /** A command in a host, as its user. */
  readonly exec: (service: Service, command: readonly string[], input?: string) => Promise<Ended>;
  /** What `docker inspect` says of the container; `template` is Go's. */
  readonly inspect: (service: Service, template: string) => Promise<string>;
  readonly docker: (command: 'kill' | 'start', service: Service) => Promise<void>;
  /** Through the published port 80; status 0 when there was no answer within 5 s. */
  readonly get: (hostName: string, path?: string, ...options: readonly string[]) => Promise<Answer>;
  /** Any request, through the published port 80. */
  readonly send: ConsoleHost['send'];
  /** An answer that goes on, through the published port 80: resolves when such a line has come. */
  readonly hear: (path: string, headers: Headers, line: string) => Promise<boolean>;
  /** As on this machine, through the published port 2379. */
  readonly etcdctl: (...args: readonly string[]) => Promise<string>;
  /** Kills each process whose command (with its words) is such, without a word before. */
  readonly killProcesses: (service: Service, command: RegExp) => Promise<void>;
  readonly whenHealthy: (wanted?: readonly Service[]) => Promise<void>;
}

/** `files` besides docker-compose.yml, from the project's root. */
export function createCluster(engine: Engine, files: readonly string[] = []): Cluster {
  const composed = ['docker-compose.yml', ...files].flatMap((file) => ['-f', file]);
  const named = ['--project-name', project, '--project-directory', root, ...composed];
  const options = (given: RunOptions = {}): RunOptions => ({
    cwd: root,
    timeoutMs: 120_000,
    ...given,
    env: { ...engine.env, ...given.env },
  });
  const compose: Cluster['compose'] = async (args, given) =>
    mustRun('docker-compose', [...named, ...args], options(given));
  const idOf = async (service: Service): Promise<string> =>
    engine.docker([
      ...['ps', '--all', '--quiet', '--filter', `label=com.docker.compose.service=${service}`],
    ]);
  const inspect: Cluster['inspect'] = async (service, template) =>
    engine.docker(['inspect', '--format', template, await idOf(service)]);
  return {
    compose,
    inspect,
    exec: async (service, command, input) =>
      run('docker', ['exec', '--interactive', await idOf(service), ...command], {
        env: engine.env,
        timeoutMs: 170_000,
        ...(input === undefined ? {} : { input }),
      }),
    docker: async (command, service) => {
      await engine.docker([command, await idOf(service)]);
    },
    get: async (hostName, path = '/', ...more) => ask(engine, hostName, path, more),
    send: async (asked) => send(engine, asked),
    hear: async (path, headers, line) => {
      const words = [...flagsOf(headers), `http://127.0.0.1${path}`];
      const script =
        'line=$1; shift; curl --silent --no-buffer --max-time 60 "$@" | grep -m1 "$line"';
      return (await engine.inNetwork('sh', ['-c', script, 'sh', line, ...words])).status === 0;
    },
    etcdctl: async (...args) => {
      const { status, stdout, stderr } = await engine.inNetwork('etcdctl', args, {
        env: { ETCDCTL_API: '3', ETCDCTL_ENDPOINTS: 'http://127.0.0.1:2379' },
      });
      if (status !== 0) throw new Error(`etcdctl ${args.join(' ')}: ${stderr}`);
      return stdout.trim();
    },
    killProcesses: async (service, command) => {
      const shown = await engine.docker(['top', await idOf(service), '-eo', 'pid,args']);
      const found = shown.split('\n').flatMap((line) => {
        const [, pid, words = ''] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
        return pid !== undefined && command.test(words) ? [Number(pid)] : [];
      });
      if (found.length === 0) throw new Error(`no ${String(command)} in:\n${shown}`);
      for (const pid of found) process.kill(pid, 'SIGKILL');
    },
    whenHealthy: async (wanted = services) => {
      for (const service of wanted) {
        await waitFor(
          `${service} to be healthy`,
          async () => (await inspect(service, '{{.State.Health.Status}}')) === 'healthy',
          { timeoutMs: 120_000, intervalMs: 200 },
        );
      }
    },
  };
}

async function ask(
  engine: Engine,
  hostName: string,
  path: string,
  options: readonly string[],
): Promise<Answer> {
  const { stdout } = await engine.inNetwork('curl', [
    ...[
      '--silent',
      '--max-time',
      '5',
      '--header',
      `Host: ${hostName}`,
      '--write-out',
      '\n%{http_code}',
    ],
    ...options,
    `http://127.0.0.1${path}`,
  ]);
  const end = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, Math.max(end, 0)) };
}

async function send(
  engine: Engine,
  { method = 'GET', path, headers = {}, body }: Parameters<ConsoleHost['send']>[0],
): ReturnType<ConsoleHost['send']> {
  const words = [
    ...['--silent', '--max-time', '30', '--include', '--request', method],
    ...flagsOf(headers),
    ...(body === undefined ? [] : ['--data-binary', '@-']),
  ];
  const { stdout } = await engine.inNetwork('curl', [...words, `http://127.0.0.1${path}`], {
    ...(body === undefined ? {} : { input: String(body) }),
  });
  const end = stdout.indexOf('\r\n\r\n');
  const [first = '', ...lines] = stdout.slice(0, Math.max(end, 0)).split('\r\n');
  const pairs = lines.map((line): [string, string] => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
  });
  const text = stdout.slice(end + 4);
  return {
    status: Number(first.split(' ')[1] ?? 0),
    headers: Object.fromEntries(pairs),
    cookies: pairs.filter(([name]) => name === 'set-cookie').map(([, value]) => value),
    text,
    bytes: Buffer.from(text),
    json: <T>() => JSON.parse(text) as T,
  };
}

function flagsOf(headers: Readonly<Record<string, string | readonly string[]>>) {
  return Object.entries(headers).flatMap(([name, value]) => [
    '--header',
    `${name}: ${String(value)}`,
  ]);
}

/** For builds: they use the network of the machine, where the packages are. */
export async function writeBuildOverride(folder: string): Promise<string> {
  const path = join(folder, 'build.json');
  const host = { build: { network: 'host' } };
  await writeFile(
    path,
    JSON.stringify({ services: Object.fromEntries(services.map((service) => [service, host])) }),
  );
  return path;
}

export interface Load {
  /** Ends it: how many were asked, and what each that was not answered with 200 said. */
  readonly stop: () => Promise<{ readonly sent: number; readonly failed: readonly string[] }>;
}

/** Asks the demo site through nginx, again and again, until it is stopped. */
export function startLoad(cluster: Cluster, pauseMs = 20): Load {
  let isOver = false;
  const failed: string[] = [];
  let sent = 0;
  const loop = async (): Promise<void> => {
    while (!isOver) {
      const { status, body } = await cluster.get('demo.website1.com');
      sent += 1;
      if (status !== 200) failed.push(`${status} ${body}`);
      await sleep(pauseMs);
    }
  };
  const loops = Promise.all([loop(), loop()]);
  return {
    stop: async () => {
      isOver = true;
      await loops;
      return { sent, failed };
    },
  };
}
