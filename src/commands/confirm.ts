/** `supervene confirm [HOST]`: lets a held mass removal through, on this host or on another. */
import { exitDone, fail, writeJson } from './commandIo.ts';
import type { CommandInput, CommandRun } from './command.ts';
import { controlRequest, refusalText } from './controlRequest.ts';
import { whoAmI } from './whoAmI.ts';

export const runConfirm: CommandRun = async (input) => {
  const { io, args, settings, options } = input;
  const { id } = settings.host;
  const host = args[0] ?? id;
  if (host === id) return confirmHere(input);
  const isJson = options.has('json');
  const { hostsByName } = await import('./fleet/chooseHosts.ts');
  const { order, readHosts } = await import('./fleet/order.ts');
  const all = await readHosts(settings);
  if (!all.ok) return fail(io, isJson, { ...all.error });
  const hosts = hostsByName(all.value, [host]);
  if (!hosts.ok) {
    const message = `${host} is not this host, which is ${id}, and ${hosts.error.message}`;
    return fail(io, isJson, { ...hosts.error, message });
  }
  return order(io, settings, { order: { type: 'Confirm' }, hosts: hosts.value, isJson });
};

async function confirmHere({ io, settings, options }: CommandInput): Promise<number> {
  const { id } = settings.host;
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
}
