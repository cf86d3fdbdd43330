/**
 * The built console as a user runs it: `supervene console` as a process of its own, with a file of
 * users of its own, on a free port; and people who have logged in to it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, scryptSync } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import type { Grant } from '../../src/domain/console/roles.ts';
import { type RouteName, routes } from '../../src/domain/console/routes.ts';
import type { SessionDocument } from '../../src/domain/console/api.ts';
import { mainPath } from './agent.ts';
import { freePort } from './freePort.ts';
import { askHttp, type HttpAsk, type HttpReply, openHttp } from './httpAsk.ts';
import { createTempDir } from './tempDir.ts';
import { waitFor } from './waitFor.ts';

export interface ConsoleHostOptions {
  readonly etcdEndpoint: string;
  /** By name; each has the password `passwordOf(name)`. By default `admin`, who may do everything. */
  readonly users?: Readonly<Record<string, readonly Grant[]>>;
  /** Of another console, which it then shares: `users` are not written. */
  readonly usersPath?: string;
  /** More settings, by environment variable. */
  readonly environment?: Readonly<Record<string, string>>;
  /** It is called by this instead of `http://127.0.0.1:PORT`; `{port}` stands for the port. */
  readonly url?: string;
  readonly port?: number;
  /** Under TLS: what signed its certificate. */
  readonly ca?: Buffer;
}

export interface ConsoleCall {
  /** For the `:name`s of the path. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** More, or instead of the usual ones; an empty one is left out. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A browser with its cookies. */
export interface ConsoleClient {
  readonly session: SessionDocument;
  /** `name=value` of each, as they are sent. */
  readonly cookies: () => string;
  /** The answer, whatever it is. */
  readonly ask: (name: RouteName, call?: ConsoleCall) => Promise<HttpReply>;
  /** The JSON of the answer; throws when it is a refusal. */
  readonly call: <T>(name: RouteName, call?: ConsoleCall) => Promise<T>;
  /** The body has not been read: for streams. */
  readonly open: (name: RouteName, call?: ConsoleCall) => Promise<IncomingMessage>;
}

export interface ConsoleHost {
  /** Without a slash at the end. */
  readonly url: string;
  readonly usersPath: string;
  readonly pid: number;
  /** Everything it has said. */
  output(): string;
  /** Any request at all. */
  send(ask: HttpAsk): Promise<HttpReply>;
  /** Somebody who has not logged in. */
  visit(): Promise<ConsoleClient>;
  logIn(user?: string, password?: string): Promise<ConsoleClient>;
  /** With the cookies of another client: of another console with the same users. */
  comeWith(cookies: string): Promise<ConsoleClient>;
  writeUsers(users: Readonly<Record<string, readonly Grant[]>>): void;
  kill(): Promise<void>;
  /** A new process on the same address; resolves when it answers. */
  start(): Promise<void>;
  /** SIGTERM and its end; gives the exit code, or the signal's name. */
  terminate(): Promise<number | string>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export const passwordOf = (user: string): string => `correct horse of ${user}`;
export const everywhere: Pick<Grant, 'apps' | 'hosts'> = { apps: ['*'], hosts: ['*'] };
const admin = { admin: [{ role: 'admin', ...everywhere }] } as const;

/** Resolves when it answers. */
export async function startConsoleHost(options: ConsoleHostOptions): Promise<ConsoleHost> {
  const dir = await createTempDir('console');
  const port = options.port ?? (await freePort());
  const url = (options.url ?? 'http://127.0.0.1:{port}').replace('{port}', String(port));
  const usersPath = options.usersPath ?? join(dir.path, 'users.json');
  const logPath = join(dir.path, 'console.log');
  const writeUsers: ConsoleHost['writeUsers'] = (users) => writeUsersFile(usersPath, users);
  if (options.usersPath === undefined) writeUsers(options.users ?? admin);
  const environment = {
    SUPERVENE_ETCD: options.etcdEndpoint,
    SUPERVENE_CONSOLE_USERS: usersPath,
    SUPERVENE_CONSOLE_LISTEN: `127.0.0.1:${String(port)}`,
    ...options.environment,
  };
  const ca = options.ca === undefined ? {} : { ca: options.ca };
  const send: ConsoleHost['send'] = (ask) =>
    askHttp(url, { ...ca, ...ask, headers: { host: new URL(url).host, ...ask.headers } });
  const output = (): string => (existsSync(logPath) ? readFileSync(logPath, 'utf8') : '');
  let child: ChildProcess | undefined;
  const endNow = (): void => void child?.kill('SIGKILL');
  process.once('exit', endNow);
  const end = async (signal: NodeJS.Signals): Promise<number | string> => {
    const one = child;
    if (one === undefined) return 'never started';
    one.kill(signal);
    const killLater = setTimeout(endNow, 10_000);
    if (!isOver(one)) await new Promise((resolve) => one.once('exit', resolve));
    clearTimeout(killLater);
    return one.exitCode ?? one.signalCode ?? 'never started';
  };
  const start = async (): Promise<void> => {
    const started = spawnConsole(environment, logPath);
    child = started;
    await waitFor(`the console on ${url}`, async () => {
      if (isOver(started)) return true;
      const reply = await send({ path: '/api/session', headers: { cookie: notRead } });
      // 503 as long as it does not know who was logged out.
      return reply.status === 200;
    });
    if (isOver(started)) throw new Error(`the console ended: ${output().slice(-2000)}`);
  };
  const comeWith: ConsoleHost['comeWith'] = (cookies) => openClient(url, send, ca, cookies);
  const host: ConsoleHost = {
    ...{ url, usersPath, output, send, comeWith, writeUsers, start },
    get pid() {
      return child?.pid ?? 0;
    },
    visit: () => comeWith(''),
    logIn: async (user = 'admin', password = passwordOf(user)) => {
      const visitor = await comeWith('');
      const reply = await visitor.ask('logIn', { body: { user, password } });
      if (reply.status !== 200) throw new Error(`log-in of ${user}: ${reply.text}`);
      return comeWith(visitor.cookies());
    },
    kill: async () => void (await end('SIGKILL')),
    terminate: () => end('SIGTERM'),
    stop: async () => {
      process.removeListener('exit', endNow);
      await end('SIGTERM');
      await dir.remove();
    },
  };
  try {
    await start();
  } catch (error) {
    await host.stop();
    throw error;
  }
  return host;
}

/** Looks like a session, so that the console says whether it can read one yet. */
const notRead = ['supervene-session=x', '__Host-supervene-session=x'].join('; ');

/** As `supervene console user add` writes it, but for passwords that take no time. */
export function writeUsersFile(
  path: string,
  users: Readonly<Record<string, readonly Grant[]>>,
): void {
  const cost = { n: 1024, r: 8, p: 1 };
  const list = Object.entries(users).map(([name, grants]) => {
    const salt = randomBytes(16);
    const made = scryptSync(passwordOf(name), salt, 32, { N: cost.n, r: cost.r, p: cost.p });
    return {
      ...{ name, salt: salt.toString('base64'), scrypt: made.toString('base64') },
      ...cost,
      grants,
    };
  });
  writeFileSync(path, JSON.stringify({ users: list }), { mode: 0o600 });
}

/** Somebody who comes by `send`, wherever that leads; `url` is what his address bar shows. */
export async function openClient(
  url: string,
  send: ConsoleHost['send'],
  ca: Pick<HttpAsk, 'ca'>,
  cookies: string,
): Promise<ConsoleClient> {
  const jar = new Map(
    cookies
      .split('; ')
      .filter((cookie) => cookie !== '')
      .map((cookie) => [cookie.split('=')[0] ?? '', cookie.slice(cookie.indexOf('=') + 1)]),
  );
  const written = (): string => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const keep = (set: readonly string[]): void => {
    for (const cookie of set) {
      const [pair = ''] = cookie.split(';');
      const name = pair.split('=')[0] ?? '';
      if (/; Max-Age=0(;|$)/.test(cookie)) jar.delete(name);
      else jar.set(name, pair.slice(name.length + 1));
    }
  };
  let csrf = '';
  const askOf = (name: RouteName, call: ConsoleCall): HttpAsk => {
    const { method } = routes[name];
    const usual = {
      ...{ host: new URL(url).host, accept: 'application/json', cookie: written() },
      ...(method === 'POST'
        ? { 'content-type': 'application/json', origin: url, 'x-supervene-csrf': csrf }
        : {}),
    };
    const headers = Object.entries({ ...usual, ...call.headers }).filter(([, text]) => text !== '');
    return {
      ...{ method, path: pathOf(name, call), headers: Object.fromEntries(headers), ...ca },
      ...(method === 'POST' ? { body: JSON.stringify(call.body ?? {}) } : {}),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    };
  };
  const ask: ConsoleClient['ask'] = async (name, call = {}) => {
    const reply = await send(askOf(name, call));
    keep(reply.cookies);
    return reply;
  };
  const reply = await ask('session');
  if (reply.status !== 200) throw new Error(`session: ${reply.text}`);
  const session = reply.json<SessionDocument>();
  csrf = session.csrf;
  return {
    session,
    cookies: written,
    ask,
    call: async <T>(name: RouteName, call: ConsoleCall = {}) => {
      const answered = await ask(name, call);
      if (answered.status >= 400) throw new Error(`${name}: ${answered.text}`);
      return answered.json<T>();
    },
    open: (name, call = {}) => openHttp(url, askOf(name, call)),
  };
}

export function pathOf(name: RouteName, { path = {}, query = {} }: ConsoleCall = {}): string {
  const filled = routes[name].path.replaceAll(/:(\w+)/g, (_, key: string) =>
    encodeURIComponent(path[key] ?? ''),
  );
  const text = new URLSearchParams(query).toString();
  return text === '' ? filled : `${filled}?${text}`;
}

/** Settings of the person who runs the tests must not leak into them. */
function spawnConsole(
  environment: Readonly<Record<string, string>>,
  logPath: string,
): ChildProcess {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('SUPERVENE_'));
  const log = openSync(logPath, 'a');
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', '--', process.execPath, mainPath, 'console'],
    {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...Object.fromEntries(own), ...environment },
    },
  );
  child.on('error', () => undefined);
  closeSync(log);
  return child;
}

function isOver(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}
