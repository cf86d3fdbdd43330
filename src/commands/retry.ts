/** `supervene retry APP`: lifts the quarantine of an app on this host. */
import { parseAppName } from '../domain/appName.ts';
import { exitDone, fail, misuse, writeJson } from './commandIo.ts';
import type { CommandRun } from './command.ts';
import { controlRequest, refusalText } from './controlRequest.ts';
import { whoAmI } from './whoAmI.ts';

export const runRetry: CommandRun = async ({ io, args, settings, options }) => {
  const app = parseAppName(args[0] ?? '');
  if (!app.ok) return misuse(io, app.error);
  const isJson = options.has('json');
  const fields = { app: app.value, by: whoAmI(io.env) };
  const reply = await controlRequest(settings, 'POST', '/retry', fields);
  if (!reply.ok) return fail(io, isJson, { ...reply.error });
  if (reply.value.status !== 200) {
    const remedy = 'see `supervene apps` for what there is, `supervene plan` for what is held';
    return fail(io, isJson, { message: `${app.value}: ${refusalText(reply.value)}`, remedy });
  }
  if (isJson) writeJson(io, { app: app.value, host: settings.host.id, retried: true });
  else io.writeOut(`${app.value}: the agent of ${settings.host.id} tries again\n`);
  return exitDone;
};
