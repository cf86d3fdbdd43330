/** `supervene confirm [HOST]`: lets a held mass removal through on this host. */
import { exitDone, fail, misuse, writeJson } from './commandIo.ts';
import type { CommandRun } from './command.ts';
import { controlRequest, refusalText } from './controlRequest.ts';
import { whoAmI } from './whoAmI.ts';

export const runConfirm: CommandRun = async ({ io, args, settings, options }) => {
  const { id } = settings.host;
  const host = args[0] ?? id;
  if (host !== id) {
    return misuse(io, {
      message: `${host} is not this host, which is ${id}`,
      remedy: `run it on ${host}: confirming for other hosts comes with the fleet`,
    });
  }
  const isJson = options.has('json');
  const fields = { by: whoAmI(io.env) };
  const reply = await controlRequest(settings, 'POST', '/confirm', fields);
  if (!reply.ok) return fail(io, isJson, { ...reply.error });
  if (reply.value.status !== 200) {
    const message = `not confirmed: ${refusalText(reply.value)}`;
    return fail(io, isJson, { message, remedy: 'see `supervene plan` for what is held' });
  }
  if (isJson) writeJson(io, { host: id, confirmed: true });
  else io.writeOut(`${id}: the removals that are held may happen\n`);
  return exitDone;
};
