/** One order to some hosts, told as their answers come: what all commands that ask have in common. */
import type { FleetHost } from '../../domain/fleet/fleetRow.ts';
import type { FleetOrder } from '../../domain/fleet/fleetRequest.ts';
import { ok, type Result } from '../../domain/result.ts';
import type { Settings } from '../../settings/settings.ts';
import { type CommandIo, exitDone, exitFailed, fail, type Fault, writeJson } from '../commandIo.ts';
import { paint, visible } from '../textTable.ts';
import { askHosts, type HostOutcome } from './askHosts.ts';
import { whyLost } from './chooseHosts.ts';
import { openFleet } from './openFleet.ts';

/** Every host that has ever reported. */
export async function readHosts(settings: Settings): Promise<Result<readonly FleetHost[], Fault>> {
  const fleet = await openFleet(settings);
  if (!fleet.ok) return fleet;
  try {
    const reading = await fleet.value.read('HostsOnly');
    return reading.ok ? ok(reading.value.view.hosts) : reading;
  } finally {
    fleet.value.close();
  }
}

export interface Asking {
  readonly order: FleetOrder;
  readonly hosts: readonly FleetHost[];
  readonly isJson: boolean;
}

/** A line for each host, or one document in the end; exit code 1 when any did not do it. */
export async function order(
  io: CommandIo,
  settings: Settings,
  { order: wanted, hosts, isJson }: Asking,
): Promise<number> {
  const outcomes: HostOutcome[] = [];
  const width = Math.max(0, ...hosts.map(({ host }) => host.length));
  const app = 'app' in wanted ? [wanted.app] : [];
  const tell = (outcome: HostOutcome): void => {
    outcomes.push(outcome);
    if (isJson) return;
    const line = [visible(outcome.host).padEnd(width), ...app, outcomeText(io, outcome)].join('  ');
    io.writeOut(`${line}\n`);
  };
  for (const host of hosts.filter(({ isAlive }) => !isAlive)) {
    tell({ host: host.host, state: 'Lost', detail: whyLost(host) });
  }
  const alive = hosts.filter(({ isAlive }) => isAlive);
  const asked = await askHosts(io, settings, { order: wanted, hosts: alive }, tell);
  if (!asked.ok) return fail(io, isJson, { ...asked.error });
  if (isJson) {
    outcomes.sort((a, b) => (a.host < b.host ? -1 : 1));
    writeJson(io, { order: wanted, hosts: outcomes });
  }
  return outcomes.every(({ state }) => state === 'Done') ? exitDone : exitFailed;
}

function outcomeText(io: CommandIo, { state, detail }: HostOutcome): string {
  const text = visible(detail);
  switch (state) {
    case 'Done':
      return paint(io.outHasColours, 'green', text);
    case 'Failed':
      return paint(io.outHasColours, 'red', `failed: ${text}`);
    case 'Refused':
      return paint(io.outHasColours, 'red', `refused: ${text}`);
    case 'Unanswered':
      return paint(io.outHasColours, 'red', `no answer: ${text}`);
    case 'Expired':
    case 'Lost':
      return paint(io.outHasColours, 'yellow', text);
    default:
      return state satisfies never;
  }
}
