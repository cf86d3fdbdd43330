/** `supervene confirm [HOST]`: lets a held mass removal through, on this host or on another. */
import { exitDone, fail, writeJson } from './commandIo.ts';
import type { CommandInput, CommandRun } from './command.ts';
import { controlRequest, refusalText } from './controlRequest.ts';
import type { Settings } from '../settings/settings.ts';
import { whoAmI } from './whoAmI.ts';

export const runConfirm: CommandRun = async (input) => {
  const { io, args, settings, options } = input;
  const { id } = settings.host;
  const host = args[0];
  if (host === undefined) return confirmHere(input);
  const isJson = options.has('json');
  // Whose agent listens here is for the agent to say.
  if (host === id && (await agentHost(settings)) === host) return confirmHere(input);
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

/** Undefined when none answers here. */
async function agentHost(settings: Settings): Promise<string | undefined> {
  const reply = await controlRequest(settings, 'GET', '/host');
  return reply.ok ? hostIn(reply.value.body) : undefined;
}

function hostIn(body: unknown): string | undefined {
  const isNamed = typeof body === 'object' && body !== null && 'host' in body;
  return isNamed && typeof body.host === 'string' ? body.host : undefined;
}

async function confirmHere({ io, settings, options }: CommandInput): Promise<number> {
  const isJson = options.has('json');
  const fields = { by: whoAmI(io.env) };
  const reply = await controlRequest(settings, 'POST', '/confirm', fields);
  if (!reply.ok) return fail(io, isJson, { ...reply.error });
  if (reply.value.status !== 200) {
    const message = `not confirmed: ${refusalText(reply.value)}`;
    return fail(io, isJson, { message, remedy: 'see `supervene plan` for what is held' });
  }
  const { body } = reply.value;
  const result = typeof body === 'object' && body !== null && 'result' in body ? body.result : {};
  const host = hostIn(result) ?? settings.host.id;
  if (isJson) writeJson(io, { host, confirmed: true });
  else io.writeOut(`${host}: the removals that are held may happen\n`);
  return exitDone;
}
