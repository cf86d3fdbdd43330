/** `supervene forget HOST`: a host that is gone for good is no longer told of. */
import { assertNever } from '../../domain/assertNever.ts';
import { reportKey } from '../../domain/fleet/fleetKeys.ts';
import { quote } from '../../domain/quote.ts';
import { nearest } from '../../domain/nearest.ts';
import type { CommandRun } from '../command.ts';
import { type CommandIo, exitDone, fail, misuse, writeJson } from '../commandIo.ts';
import { visible } from '../textTable.ts';
import type { ForgottenTurn } from './forgetHost.ts';
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
    const { fleetPrefix } = settings.etcd;
    return await forget(io, fleet.value, { host, isJson, fleetPrefix });
  } finally {
    fleet.value.close();
  }
};

interface Wish {
  readonly host: string;
  readonly isJson: boolean;
  readonly fleetPrefix: string;
}

async function forget(
  io: CommandIo,
  fleet: FleetAccess,
  { host, isJson, fleetPrefix }: Wish,
): Promise<number> {
  const outcome = await fleet.forget(host);
  if (!outcome.ok) return fail(io, isJson, { ...outcome.error });
  const { value } = outcome;
  switch (value.type) {
    case 'Leased':
      return fail(
        io,
        isJson,
        stillThere(host, reportKey(fleetPrefix, 'hosts', host, 0), value.turns),
      );
    case 'Unknown':
      return tellUnknown(io, fleet, host, isJson);
    case 'Forgotten':
      if (isJson) writeJson(io, { host, forgotten: true, turns: value.turns });
      else io.writeOut(forgottenText(host, value.turns));
      return exitDone;
    default:
      return assertNever(value);
  }
}

function forgottenText(host: string, turns: readonly ForgottenTurn[]): string {
  const lines = [
    `${quote(host)}: forgotten; if its agent comes back, so does the host`,
    ...turns.map(({ app }) => `${visible(app)}: the turn it was lost in is free for others`),
  ];
  return `${lines.join('\n')}\n`;
}

async function tellUnknown(
  io: CommandIo,
  fleet: FleetAccess,
  host: string,
  isJson: boolean,
): Promise<number> {
  const reading = await fleet.read('HostsOnly');
  if (!reading.ok) return fail(io, isJson, { ...reading.error });
  const names = reading.value.view.hosts.map((one) => one.host);
  const best = nearest(host, names);
  const remedy =
    best === undefined ? '`supervene status` lists them' : `did you mean ${quote(best)}?`;
  return fail(io, isJson, { message: `nothing is known of a host ${quote(host)}`, remedy });
}

/** That it has a lease is all that is known: who keeps that alive is not. */
function stillThere(host: string, key: string, turns: readonly ForgottenTurn[]) {
  const message = `${quote(host)} is not lost: its key ${key} has a lease, or was just written`;
  const remedy =
    'end the agent there first; the key goes with it. Where no agent runs, somebody else wrote it: ' +
    `etcdctl del ${shellWord(key)}`;
  const apps = [...new Set(turns.map(({ app }) => visible(app)))];
  if (apps.length === 0) return { message, remedy };
  const resumed = apps.map((app) => `\`supervene rollout resume ${app}\``).join(', ');
  return {
    message,
    remedy: `${resumed} frees the turn that another agent of it left; or ${remedy}`,
  };
}

function shellWord(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
