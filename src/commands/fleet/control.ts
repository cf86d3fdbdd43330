/** `supervene start|stop|restart APP`: an operator's hand on every host that has the app. */
import { parseAppName } from '../../domain/appName.ts';
import type { FleetOrder } from '../../domain/fleet/fleetRequest.ts';
import { quote } from '../../domain/quote.ts';
import type { CommandRun } from '../command.ts';
import { fail, misuse } from '../commandIo.ts';
import { hostsWithApp, namedHosts } from './chooseHosts.ts';
import { order, readHosts } from './order.ts';

type Verb = Extract<FleetOrder, { process?: string }>['type'];

export const runStart: CommandRun = (input) => run(input, 'Start');
export const runStop: CommandRun = (input) => run(input, 'Stop');
export const runRestart: CommandRun = (input) => run(input, 'Restart');

async function run(
  { io, args, options, settings }: Parameters<CommandRun>[0],
  type: Verb,
): Promise<number> {
  const app = parseAppName(args[0] ?? '');
  if (!app.ok) return misuse(io, app.error);
  const given = options.text('process');
  const process = given === undefined || given.includes(':') ? given : `${app.value}:${given}`;
  if (process?.startsWith(`${app.value}:`) === false) {
    const message = `${quote(process)} is no process of ${app.value}`;
    return misuse(io, { message, remedy: '`supervene ps` shows what there is' });
  }
  const isJson = options.has('json');
  const all = await readHosts(settings);
  if (!all.ok) return fail(io, isJson, { ...all.error });
  const hosts = hostsWithApp(all.value, app.value, namedHosts(options.text('host')));
  if (!hosts.ok) return fail(io, isJson, { ...hosts.error });
  const member = process === undefined ? {} : { process };
  const wanted = { type, app: app.value, ...member };
  return order(io, settings, { order: wanted, hosts: hosts.value, isJson });
}
