/** What the agent needs of the machine itself: Node, tools, its directory, its port, who it is. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { findProgram } from '../../../effects/drivers/findProgram.ts';
import type { Identity } from '../../domain/types.ts';
import { httpToken } from '../../settings/connections.ts';
import { formatListen } from '../../settings/listenAddress.ts';
import type { Settings } from '../../settings/settings.ts';
import { controlRequest } from '../controlRequest.ts';
import { type Check, checkerFor } from './check.ts';
import { fetchText } from './fetchText.ts';

const check = checkerFor('host');

export async function checkHost(settings: Settings, identity: Identity): Promise<readonly Check[]> {
  const isAgentHere = (await controlRequest(settings, 'GET', '/state')).ok;
  return [
    check.ok(`settings from ${settings.configPath ?? 'flags, environment and defaults'}`),
    checkNode(),
    checkUser(),
    checkIdentity(settings, identity),
    await checkTool('flock', 'install util-linux'),
    ...(await checkJournal(settings.journal.dir)),
    check.ok(isAgentHere ? 'an agent runs here' : 'no agent runs here now'),
    ...(await checkPort(settings)),
    ...checkClock(),
  ];
}

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNewEnough = major > 20 || (major === 20 && minor >= 19);
  const message = `Node.js ${process.versions.node}`;
  return isNewEnough ? check.ok(message) : check.problem(message, 'install 20.19 or later');
}

function checkUser(): Check {
  const uid = process.getuid?.();
  if (uid === 0) return check.ok('runs as root');
  const message = `runs as user id ${uid ?? 'unknown'}, not as root`;
  const remedy = 'the agent needs the socket of supervisord, the conf directory and its journal';
  return check.warning(message, remedy);
}

function checkIdentity(settings: Settings, identity: Identity): Check {
  const addresses = identity.addresses.join(', ');
  if (addresses !== '') return check.ok(`host ${identity.hostId}, addresses ${addresses}`);
  const message = `host ${settings.host.id} has no address but loopback`;
  return check.warning(message, 'placements reach it by name only; or give --addresses');
}

async function checkTool(tool: string, remedy: string): Promise<Check> {
  const found = await findProgram(tool, process.env);
  return found.ok ? check.ok(`${tool} is ${found.value.path}`) : check.problem(found.error, remedy);
}

async function checkJournal(dir: string): Promise<readonly Check[]> {
  const remedy = 'run the agent as root, or name another directory with --journal';
  try {
    const found = await stat(dir);
    if (!found.isDirectory()) return [check.problem(`${dir} is not a directory`, remedy)];
    await access(dir, constants.R_OK | constants.W_OK | constants.X_OK);
    if ((found.mode & 0o077) === 0) return [check.ok(`${dir} can be written, and is private`)];
    const message = `${dir} is open to others, and the journal holds secrets`;
    return [check.warning(message, `chmod 700 ${dir}`)];
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOENT') return [check.problem(`${dir}: ${String(code)}`, remedy)];
    if (await canBeMade(dir)) return [check.ok(`${dir} will be made`)];
    return [check.problem(`${dir} is missing and cannot be made`, remedy)];
  }
}

/** The nearest directory that exists decides. */
async function canBeMade(dir: string): Promise<boolean> {
  const parent = dirname(dir);
  try {
    await access(parent, constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isMissing && parent !== dir && canBeMade(parent);
  }
}

async function checkPort(settings: Settings): Promise<readonly Check[]> {
  const { listen } = settings.http;
  const token = httpToken(settings);
  if (!token.ok) return [check.problem(token.error, 'the agent does not start without it')];
  if (listen === undefined) return [];
  if ('path' in listen) return [await checkSocket(listen.path)];
  if (listen.port === 0) return [];
  const address = formatListen(listen);
  const fetched = await fetchText(`http://${address}/healthz`);
  const isOurs = fetched.ok && /"reasons":\[/.test(fetched.value.body);
  if (isOurs) return [check.ok(`the agent answers on ${address}`)];
  if (!fetched.ok && fetched.error.includes('ECONNREFUSED')) {
    return [check.ok(`${address} is free`)];
  }
  const detail = fetched.ok ? 'another program answers there' : fetched.error;
  const remedy = 'choose another with --listen, or --listen off';
  return [check.problem(`${address}: ${detail}`, remedy)];
}

async function checkSocket(path: string): Promise<Check> {
  const found = await stat(path).catch(() => undefined);
  const remedy = 'remove it, or choose another with --listen';
  if (found?.isSocket() === false) return check.problem(`${path} is not a socket`, remedy);
  return check.ok(found === undefined ? `${path} will be made` : `${path} is there`);
}

/** A clock that was never set makes a journal that nobody can read by time. */
function checkClock(): readonly Check[] {
  const year = new Date().getUTCFullYear();
  if (year >= 2025 && year < 2100) return [];
  return [check.warning(`the clock says it is the year ${year}`, 'set it: timedatectl')];
}
