/** `supervene logs APP`: the end of what a process has written, and with -f what it writes on. */
import { parseAppName } from '../../domain/appName.ts';
import type { FleetHost } from '../../domain/fleet/fleetRow.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { parseIpAddress } from '../../http/tokenProof.ts';
import { readToken } from '../../settings/readToken.ts';
import type { Settings } from '../../settings/settings.ts';
import type { CommandInput, CommandRun } from '../command.ts';
import {
  type CommandIo,
  exitDone,
  exitFailed,
  type Fault,
  misuse,
  tellFault,
} from '../commandIo.ts';
import { controlSocketPath } from '../controlRequest.ts';
import { visible } from '../textTable.ts';
import { hostsByName, hostsWithApp, namedHosts, whyLost } from './chooseHosts.ts';
import { addressText } from './askAgent.ts';
import { type FetchError, fetchPiece, type LogSource, type LogWish } from './fetchLog.ts';
import { readHosts } from './order.ts';
import { followLog, readEnd } from './readLog.ts';

interface Wish extends LogWish {
  readonly host: string | undefined;
  readonly lines: number;
  readonly isFollowing: boolean;
}

export const runLogs: CommandRun = async (input) => {
  const { io } = input;
  const wish = readWish(input);
  if (!wish.ok) return misuse(io, wish.error);
  const source = await findSource(input, wish.value);
  if (!source.ok) {
    tellFault(io, source.error);
    return exitFailed;
  }
  return show(io, source.value, wish.value);
};

const linesMax = 100_000;

function readWish({ args, options }: CommandInput): Result<Wish, Fault> {
  const app = parseAppName(args[0] ?? '');
  if (!app.ok) return err(app.error);
  const given = options.text('lines') ?? '100';
  if (!/^\d{1,6}$/.test(given) || Number(given) > linesMax) {
    return err({ message: `--lines: a number from 0 to ${linesMax}` });
  }
  const hosts = namedHosts(options.text('host'));
  if (hosts.length > 1 || (options.has('host') && hosts.length === 0)) {
    return err({ message: 'the logs of one host at a time', remedy: 'name one with --host' });
  }
  const process = options.text('process');
  const id = process === undefined || process.includes(':') ? process : `${app.value}:${process}`;
  return ok({
    ...{ app: app.value, process: id, host: hosts[0], lines: Number(given) },
    stream: options.has('stderr') ? 'stderr' : 'stdout',
    isFollowing: options.has('follow'),
  });
}

/** This host by its control socket, others by their HTTP. */
async function findSource(
  { settings, options }: CommandInput,
  wish: Wish,
): Promise<Result<LogSource, Fault>> {
  const { host } = wish;
  const here: LogSource = { type: 'Socket', path: controlSocketPath(settings) };
  if (host === undefined || host === settings.host.id) {
    const tried = await fetchPiece(here, wish, { length: 0 });
    if (tried.ok) return ok(here);
    const { status } = tried.error;
    // Somebody answers here, and has this app, or was named: he says why not.
    if (status !== 0 && (status !== 404 || host !== undefined)) return ok(here);
    if (tried.error.code === 'EACCES') return err({ message: `${here.path}: run this as root` });
  }
  const all = await readHosts(settings);
  if (!all.ok) return all;
  const chosen = chooseHost(all.value, wish);
  if (!chosen.ok) return chosen;
  return sourceOf(chosen.value, settings, options.text('token-file'));
}

function chooseHost(all: readonly FleetHost[], { app, host }: Wish): Result<FleetHost, Fault> {
  const found = host === undefined ? hostsWithApp(all, app, []) : hostsByName(all, [host]);
  if (!found.ok) return found;
  const [only, another] = found.value;
  if (only !== undefined && another === undefined) return ok(only);
  const names = found.value.slice(0, 10).map((one) => one.host);
  const remedy = `name one with --host: ${names.join(', ')}${found.value.length > 10 ? ', …' : ''}`;
  return err({ message: `${app} runs on ${found.value.length} hosts`, remedy });
}

function sourceOf(
  found: FleetHost,
  settings: Settings,
  tokenFile: string | undefined,
): Result<LogSource, Fault> {
  const { host, isAlive, report } = found;
  if (!isAlive) return err({ message: `${host} is ${whyLost(found)}` });
  const address = report?.http;
  if (address === undefined) {
    const message = `the agent of ${host} answers nobody but its own host`;
    const remedy =
      `run this on ${host}, or let it listen: http.listen = "ADDRESS:9102" and ` +
      'http.tokenFile = "FILE" in its supervene.toml';
    return err({ message, remedy });
  }
  const file = tokenFile ?? settings.http.tokenFile;
  if (file === undefined) {
    const remedy = `name a file with the token of ${host}: --token-file FILE`;
    return err({ message: `the agent of ${host} shows logs only for its token`, remedy });
  }
  const token = readToken(file);
  if (!token.ok) return err({ message: token.error });
  const parsed = parseIpAddress(address);
  if (parsed !== undefined) return ok({ type: 'Http', address: parsed, token: token.value });
  const message = `${host} reports no usable address: ${visible(address)}`;
  const remedy = 'let its agent listen on an address such as 10.0.0.11:9102, not on a name';
  return err({ message, remedy });
}

async function show(io: CommandIo, source: LogSource, wish: Wish): Promise<number> {
  const fetch = (from: { readonly offset?: number; readonly length: number }) =>
    fetchPiece(source, wish, from);
  const end = await readEnd(fetch, wish.lines);
  if (!end.ok) {
    tellFault(io, { message: `${wish.app}: ${describe(source, end.error)}` });
    return exitFailed;
  }
  const write = createWriter(io);
  write(end.value.bytes);
  if (!wish.isFollowing) return exitDone;
  let isOver = false;
  const ended = new Promise<void>((resolve) => {
    io.onEnd?.(() => {
      isOver = true;
      resolve();
    });
  });
  const say = (text: string): void => io.writeError(`${text}\n`);
  let told = '';
  const following = followLog({
    fetch,
    next: end.value.next,
    isOver: () => isOver,
    onBytes: write,
    onRotated: () => say('-- the log was rotated --'),
    onTrouble: (error) => {
      const text = error === undefined ? 'it answers again' : describe(source, error);
      if (text !== told) say(`-- ${text} --`);
      told = text;
    },
  });
  await Promise.race([following, ended]);
  return exitDone;
}

function describe(source: LogSource, { status, detail }: FetchError): string {
  const where = source.type === 'Socket' ? source.path : addressText(source.address);
  if (status === 0) return `the agent does not answer at ${where}: ${detail}`;
  if (status === 401) return `the agent at ${where} refuses the token: ${visible(detail)}`;
  return visible(detail);
}

/** On a terminal nothing in a log can steer it; elsewhere the bytes are as they are. */
function createWriter(io: CommandIo): (bytes: Buffer) => void {
  const { writeBytes } = io;
  if (io.isOutTerminal !== true && writeBytes !== undefined) return writeBytes;
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return (bytes) => {
    const text = decoder.decode(bytes, { stream: true });
    io.writeOut(visible(text.replaceAll('\r\n', '\n')));
  };
}
