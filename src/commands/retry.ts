/** `supervene retry APP`: lifts the quarantine of an app, on this host or on others. */
import { parseAppName } from '../domain/appName.ts';
import type { AppName } from '../domain/types.ts';
import { exitDone, fail, misuse, writeJson } from './commandIo.ts';
import type { CommandInput, CommandRun } from './command.ts';
import { controlRequest, refusalText } from './controlRequest.ts';
import { whoAmI } from './whoAmI.ts';

export const runRetry: CommandRun = async (input) => {
  const { io, args, options, settings } = input;
  const app = parseAppName(args[0] ?? '');
  if (!app.ok) return misuse(io, app.error);
  const { hostsWithApp, namedHosts } = await import('./fleet/chooseHosts.ts');
  const names = namedHosts(options.text('host'));
  const isElsewhere = names.length !== 1 || names[0] !== settings.host.id;
  if (!options.has('all-hosts') && (!options.has('host') || !isElsewhere)) {
    return retryHere(input, app.value);
  }
  if (options.has('all-hosts') && names.length > 0) {
    const remedy = 'give one of the two';
    return misuse(io, { message: '--all-hosts and --host exclude each other', remedy });
  }
  const isJson = options.has('json');
  const { order, readHosts } = await import('./fleet/order.ts');
  const all = await readHosts(settings);
  if (!all.ok) return fail(io, isJson, { ...all.error });
  const hosts = hostsWithApp(all.value, app.value, names);
  if (!hosts.ok) return fail(io, isJson, { ...hosts.error });
  const wanted = { type: 'Retry', app: app.value } as const;
  return order(io, settings, { order: wanted, hosts: hosts.value, isJson });
};

async function retryHere({ io, options, settings }: CommandInput, app: AppName): Promise<number> {
  const isJson = options.has('json');
  const fields = { app, by: whoAmI(io.env) };
  const reply = await controlRequest(settings, 'POST', '/retry', fields);
  const elsewhere = 'for other hosts: --host HOST, or --all-hosts';
  if (!reply.ok) {
    const remedy = [reply.error.remedy, elsewhere].filter(Boolean).join('; ');
    return fail(io, isJson, { ...reply.error, remedy });
  }
  if (reply.value.status !== 200) {
    const remedy = `see \`supervene apps\` for what there is, \`supervene plan\` for what is held; ${elsewhere}`;
    return fail(io, isJson, { message: `${app}: ${refusalText(reply.value)}`, remedy });
  }
  if (isJson) writeJson(io, { app, host: settings.host.id, retried: true });
  else io.writeOut(`${app}: the agent of ${settings.host.id} tries again\n`);
  return exitDone;
}
