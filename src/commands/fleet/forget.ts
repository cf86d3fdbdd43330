/** `supervene forget HOST`: a host that is gone for good is no longer told of. */
import { quote } from '../../domain/quote.ts';
import { nearest } from '../../domain/nearest.ts';
import type { CommandRun } from '../command.ts';
import { type CommandIo, exitDone, fail, misuse, writeJson } from '../commandIo.ts';
import { type FleetAccess, openFleet } from './openFleet.ts';

export const runForget: CommandRun = async ({ io, args, options, settings }) => {
  const [host = ''] = args;
  if (host === '' || host.includes('/')) {
    return misuse(io, { message: `${quote(host)} cannot be a host: it is no single key` });
  }
  const isJson = options.has('json');
  const fleet = await openFleet(settings);
  if (!fleet.ok) return fail(io, isJson, { ...fleet.error });
  try {
    return await forget(io, fleet.value, host, isJson);
  } finally {
    fleet.value.close();
  }
};

async function forget(
  io: CommandIo,
  fleet: FleetAccess,
  host: string,
  isJson: boolean,
): Promise<number> {
  const reading = await fleet.read('HostsOnly');
  if (!reading.ok) return fail(io, isJson, { ...reading.error });
  const { hosts } = reading.value.view;
  const found = hosts.find((one) => one.host === host);
  if (found === undefined) {
    const best = nearest(
      host,
      hosts.map((one) => one.host),
    );
    const remedy =
      best === undefined ? '`supervene status` lists them' : `did you mean ${quote(best)}?`;
    return fail(io, isJson, { message: `nothing is known of a host ${quote(host)}`, remedy });
  }
  if (found.isAlive) return fail(io, isJson, stillThere(host));
  const outcome = await fleet.forget(host);
  if (!outcome.ok) return fail(io, isJson, { ...outcome.error });
  if (!outcome.value) return fail(io, isJson, stillThere(host));
  if (isJson) writeJson(io, { host, forgotten: true });
  else io.writeOut(`${quote(host)}: forgotten; if its agent comes back, so does the host\n`);
  return exitDone;
}

function stillThere(host: string) {
  const message = `${quote(host)} is not lost: its agent answers`;
  return { message, remedy: 'end the agent there first; its lease goes with it' };
}
