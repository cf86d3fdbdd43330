/** `supervene ps [APP]`: every process of the fleet, from what the hosts report. */
import type { FleetHost } from '../../domain/fleet/fleetRow.ts';
import type { Doubt } from '../../domain/fleet/doubt.ts';
import {
  processlessApps,
  type ProcesslessApp,
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
import { shorten } from '../textTable.ts';
import { type Cell, screenTable, type TableForm } from './screenTable.ts';

export const runPs: CommandRun = async ({ io, args, options, settings }) => {
  const isJson = options.has('json');
  const all = await readHosts(settings);
  if (!all.ok) return fail(io, isJson, { ...all.error });
  const selection = { apps: args.slice(0, 1), hosts: namedHosts(options.text('host')) };
  const fault = faultOf(all.value, selection);
  if (fault !== undefined) return fail(io, isJson, { ...fault });
  const rows = processRows(all.value, selection);
  if (isJson) writeJson(io, { processes: rows.map(document) });
  else {
    const form = { columns: io.terminal?.columns(), hasColours: io.outHasColours };
    const lines = processLines(rows, { ...form, nowMs: Date.now() });
    if (lines.length > 0) io.writeOut(`${lines.join('\n')}\n`);
    tellMissing(io, rows, processlessApps(all.value, selection), all.value.length);
  }
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

function document({ doubt, app, ...row }: ProcessRow) {
  const seconds = uptimeSec({ ...row, doubt }, Date.now());
  return {
    ...row,
    app: app ?? null,
    isManaged: app !== undefined,
    isLost: doubt === 'AgentLost',
    isCurrent: doubt === undefined,
    uptimeSec: seconds ?? null,
  };
}

/** Without line breaks at their ends. */
export function processLines(
  rows: readonly ProcessRow[],
  form: TableForm & { readonly nowMs: number },
): readonly string[] {
  if (rows.length === 0) return [];
  const head = ['HOST', 'PROCESS', 'STATE', 'PID', 'UPTIME', ''].map((text): Cell => ({ text }));
  const cells = rows.map((row) => rowCells(row, form.nowMs));
  return screenTable([head, ...cells], { ...form, isWrapped: true }).map((line) => line.trimEnd());
}

function tellMissing(
  io: CommandIo,
  rows: readonly ProcessRow[],
  missing: readonly ProcesslessApp[],
  hostCount: number,
): void {
  const whys = missing.map(missingText);
  const none = hostCount === 0 ? 'no host has reported yet' : 'no process is reported';
  if (whys.length > 0) io.writeError(`${whys.join('\n')}\n`);
  else if (rows.length === 0) io.writeError(`${none}\n`);
}

/** Why an app has no process on a host. */
export function missingText({
  host,
  isAlive,
  app,
  condition,
  code,
  reason,
}: ProcesslessApp): string {
  const words = isAlive ? condition : `${doubts.AgentLost}, which said ${condition}`;
  const why = [words, code, reason].filter((part) => part !== undefined).join(': ');
  return shorten(`${host}: no process of ${app}: ${why}`, 500);
}

function rowCells(row: ProcessRow, nowMs: number): readonly Cell[] {
  const { host, id, state, pid, doubt } = row;
  const seconds = uptimeSec(row, nowMs);
  return [
    { text: host },
    { text: id },
    { text: state, colour: doubt === undefined ? (colours.get(state) ?? 'red') : 'yellow' },
    { text: pid === 0 ? '-' : String(pid) },
    { text: seconds === undefined ? '-' : duration(seconds) },
    { text: note(row) },
  ];
}

const doubts: Readonly<Record<Doubt, string>> = {
  AgentLost: 'last known: its agent is lost',
  SupervisorSilent: 'last known: supervisord does not answer',
};

const colours: ReadonlyMap<ProcessState, Cell['colour'] & string> = new Map([
  ['RUNNING', 'green'],
  ['STARTING', 'cyan'],
  ['STOPPING', 'yellow'],
  ['STOPPED', 'yellow'],
]);

function note({ doubt, app, state, reason }: ProcessRow): string {
  const notes = [
    ...(doubt === undefined ? [] : [doubts[doubt]]),
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
