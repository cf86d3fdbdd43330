/** `supervene ps [APP]`: every process of the fleet, from what the hosts report. */
import type { FleetHost } from '../../domain/fleet/fleetRow.ts';
import {
  type ProcessRow,
  processRows,
  type ProcessSelection,
  uptimeSec,
} from '../../domain/fleet/processRows.ts';
import type { ProcessState } from '../../domain/types.ts';
import type { CommandRun } from '../command.ts';
import { type CommandIo, exitDone, fail, writeJson } from '../commandIo.ts';
import { hostsByName, hostsWithApp, namedHosts } from './chooseHosts.ts';
import { readHosts } from './order.ts';
import { type Cell, screenTable } from './screenTable.ts';

export const runPs: CommandRun = async ({ io, args, options, settings }) => {
  const isJson = options.has('json');
  const all = await readHosts(settings);
  if (!all.ok) return fail(io, isJson, { ...all.error });
  const selection = { apps: args.slice(0, 1), hosts: namedHosts(options.text('host')) };
  const fault = faultOf(all.value, selection);
  if (fault !== undefined) return fail(io, isJson, { ...fault });
  const rows = processRows(all.value, selection);
  if (isJson) writeJson(io, { processes: rows.map(document) });
  else tell(io, rows, all.value.length);
  return exitDone;
};

/** Undefined when each name is of something. */
function faultOf(hosts: readonly FleetHost[], selection: ProcessSelection) {
  const named = hostsByName(hosts, selection.hosts);
  if (!named.ok) return named.error;
  const [app] = selection.apps;
  if (app === undefined || processRows(hosts, { apps: [app], hosts: [] }).length > 0)
    return undefined;
  const found = hostsWithApp(hosts, app, []);
  return found.ok ? undefined : found.error;
}

function document({ isAlive, app, ...row }: ProcessRow) {
  const seconds = uptimeSec(row, Date.now());
  return {
    ...row,
    app: app ?? null,
    isManaged: app !== undefined,
    isLost: !isAlive,
    uptimeSec: seconds ?? null,
  };
}

function tell(io: CommandIo, rows: readonly ProcessRow[], hostCount: number): void {
  if (rows.length === 0) {
    const why = hostCount === 0 ? 'no host has reported yet' : 'no process is reported';
    io.writeError(`${why}\n`);
    return;
  }
  const head = ['HOST', 'PROCESS', 'STATE', 'PID', 'UPTIME', ''].map((text): Cell => ({ text }));
  const form = { columns: io.terminal?.columns(), hasColours: io.outHasColours };
  const lines = screenTable([head, ...rows.map(cells)], form);
  io.writeOut(`${lines.map((line) => line.trimEnd()).join('\n')}\n`);
}

function cells(row: ProcessRow): readonly Cell[] {
  const { host, id, state, pid, isAlive } = row;
  const seconds = isAlive ? uptimeSec(row, Date.now()) : undefined;
  return [
    { text: host },
    { text: id },
    { text: state, colour: isAlive ? (colours.get(state) ?? 'red') : 'yellow' },
    { text: pid === 0 ? '-' : String(pid) },
    { text: seconds === undefined ? '-' : duration(seconds) },
    { text: note(row) },
  ];
}

const colours: ReadonlyMap<ProcessState, Cell['colour'] & string> = new Map([
  ['RUNNING', 'green'],
  ['STARTING', 'cyan'],
  ['STOPPING', 'yellow'],
  ['STOPPED', 'yellow'],
]);

function note({ isAlive, app, state, reason }: ProcessRow): string {
  const notes = [
    ...(isAlive ? [] : ['last known: its agent is lost']),
    ...(app === undefined ? ['not managed by supervene'] : []),
    ...(state === 'RUNNING' || reason === undefined ? [] : [reason]),
  ];
  return notes.join('; ');
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes === 0) return `${seconds} s`;
  if (hours === 0) return `${minutes} min`;
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
