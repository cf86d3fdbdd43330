/** The fleet for people: a line that sums it up, and what needs somebody first. Pure. */
import type { Doubt } from '../../domain/fleet/doubt.ts';
import {
  compareText,
  conditions,
  type FleetCondition,
  type FleetRow,
} from '../../domain/fleet/fleetRow.ts';
import type { FleetSummary, HostSummary } from '../../domain/fleet/fleetSummary.ts';
import type { ProcessReport } from '../../domain/fleet/hostReport.ts';
import { paint, shorten } from '../textTable.ts';
import { type Cell, screenLine, screenTable, type TableForm } from './screenTable.ts';

export interface StatusForm extends TableForm {
  readonly nowMs: number;
  /** Nothing is folded. */
  readonly isWhole: boolean;
}

/** More converged rows than this are told as a number. */
const convergedMax = 20;
/** More apps of one lost host than this are told as a number. */
const lostOfHostMax = 3;

/** Without line breaks at their ends. */
export function statusLines(summary: FleetSummary, form: StatusForm): readonly string[] {
  const head = screenLine(summaryLine(summary), form);
  if (summary.rows.length === 0 && summary.hosts.length === 0) return [head];
  const { lines, folded } = foldLines(summary, form);
  const rows = lines.map((line) => lineCells(line, form.nowMs));
  const title = ['CONDITION', 'APP', 'HOST', 'WANTED', 'APPLIED', 'SINCE', 'REASON'];
  const table =
    rows.length === 0 ? [] : screenTable([title.map((text) => ({ text })), ...rows], form);
  const tail = folded === undefined ? [] : [screenLine(folded, form)];
  return [head, ...(rows.length === 0 ? [] : ['']), ...table, ...tail];
}

export function summaryLine({
  hosts,
  rows,
  counts,
  appCount,
  haltedCount,
  all,
  conditions: wanted,
}: FleetSummary): string {
  if (rows.length === 0 && all.appCount > 0) {
    const places = `${counted(all.hostCount, 'host')}, ${counted(all.appCount, 'app')}`;
    return `nothing is ${wanted.join(' or ')} (of ${places})`;
  }
  const away = hosts.filter(({ isAlive }) => !isAlive).length;
  const hostText = counted(hosts.length, 'host') + (away === 0 ? '' : ` (${String(away)} lost)`);
  const parts = conditions
    .filter((condition) => counts[condition] > 0)
    .map((condition) => `${String(counts[condition])} ${condition}`);
  const what = rows.length === 0 ? 'nothing to run' : parts.join(', ');
  const halted = haltedCount === 0 ? '' : `; ${counted(haltedCount, 'rollout')} halted`;
  return `${hostText}, ${counted(appCount, 'app')}: ${what}${halted}`;
}

export function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Of an app that goes through its hosts so many at a time. */
export function paceText(maxUnavailable: number): string {
  return `${counted(maxUnavailable, 'host')} at a time`;
}

/** A row, or several of them, or a host by itself. */
interface StatusLine {
  readonly condition: FleetCondition;
  readonly app: string;
  readonly host: string;
  readonly row: Pick<FleetRow, 'desiredRevision' | 'appliedRevision' | 'sinceMs'> | undefined;
  readonly reason: string;
}

function foldLines(
  summary: FleetSummary,
  { isWhole, nowMs }: StatusForm,
): { readonly lines: readonly StatusLine[]; readonly folded: string | undefined } {
  const { rows, hosts, counts } = summary;
  const isFolded = !isWhole && counts.converged > convergedMax;
  const lostHosts = isWhole ? new Set<string>() : hostsWithManyLost(rows);
  const lines = [
    ...hosts.flatMap((host) => hostLines(host, lostHosts.has(host.host), nowMs)),
    ...rows
      .filter(({ condition }) => !(isFolded && condition === 'converged'))
      .filter(({ condition, host = '' }) => !(condition === 'lost' && lostHosts.has(host)))
      .map((row) => rowLine(row, nowMs)),
  ].sort(compareLines);
  if (!isFolded) return { lines, folded: undefined };
  const converged = rows.filter(({ condition }) => condition === 'converged');
  const onHosts = new Set(converged.map(({ host }) => host)).size;
  const apps = new Set(converged.map(({ app }) => app)).size;
  const places = `${counted(apps, 'app')} on ${counted(onHosts, 'host')}`;
  return { lines, folded: `converged: ${places}; --all shows each` };
}

function hostsWithManyLost(rows: readonly FleetRow[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { condition, host } of rows) {
    if (condition === 'lost' && host !== undefined) counts.set(host, (counts.get(host) ?? 0) + 1);
  }
  return new Set([...counts].filter(([, count]) => count > lostOfHostMax).map(([host]) => host));
}

/** What is the matter with a host that no row of it tells. */
function hostLines(summary: HostSummary, isFolded: boolean, nowMs: number): readonly StatusLine[] {
  const { host, isAlive, report, problems, counts } = summary;
  if (isAlive) {
    return problems.map((reason) => ({ ...own, condition: 'held', host, reason }));
  }
  if (counts.lost > 0 && !isFolded) return [];
  const sinceMs = report?.endedAtMs;
  const apps = counts.lost === 0 ? 'nothing ran there' : counted(counts.lost, 'app');
  const why = sinceMs === undefined ? 'does not answer' : 'was ended';
  const row = { desiredRevision: undefined, appliedRevision: undefined, sinceMs };
  const lastWord = sinceMs === undefined ? lastWordText(report?.atMs, nowMs) : '';
  return [
    { condition: 'lost', app: '-', host, row, reason: `${lastWord}its agent ${why}: ${apps}` },
  ];
}

const own = { app: '-', row: undefined };

function rowLine(row: FleetRow, nowMs: number): StatusLine {
  const { condition, app, host = '-' } = row;
  return { condition, app, host, row, reason: reasonText(row, nowMs) };
}

/** Without the time there is nothing in it that changes by itself, or with a process that bounces. */
export function reasonText(row: FleetRow, nowMs?: number): string {
  const { code, reason, sinceMs, lastWordMs } = row;
  const age = sinceMs === undefined && nowMs !== undefined ? lastWordText(lastWordMs, nowMs) : '';
  const said = `${age}${reason ?? ''}`;
  const why = code === undefined || said === '' ? (code ?? said) : `${code}: ${said}`;
  return `${why}${insteadText(row, nowMs !== undefined)}`;
}

/** Its report is written on changes alone: that is not since when it is lost. */
function lastWordText(atMs: number | undefined, nowMs: number): string {
  return atMs === undefined ? '' : `last word ${ageText(nowMs - atMs)} ago; `;
}

/** What a host has that took back what etcd wants, or never took it. */
function insteadText(row: FleetRow, isOfNow: boolean): string {
  const { condition, desiredRevision, appliedRevision, processes, doubt } = row;
  if (condition !== 'rolled-back') return '';
  if (appliedRevision === undefined || appliedRevision === desiredRevision) {
    return '; the version before is put back';
  }
  const isKnown = isOfNow && doubt === undefined;
  const doesRun = isKnown && processes.some(({ state }) => state === 'RUNNING');
  return `; revision ${appliedRevision} ${doesRun ? 'runs' : 'is there'} instead`;
}

function compareLines(a: StatusLine, b: StatusLine): number {
  return (
    conditions.indexOf(a.condition) - conditions.indexOf(b.condition) ||
    compareText(a.app, b.app) ||
    compareText(a.host, b.host)
  );
}

function lineCells(
  { condition, app, host, row, reason }: StatusLine,
  nowMs: number,
): readonly Cell[] {
  return [
    conditionCell(condition),
    { text: app },
    { text: host },
    ...revisionCells(row, nowMs),
    { text: reason },
  ];
}

/** Wanted, applied, since. */
export function revisionCells(row: StatusLine['row'], nowMs: number): readonly Cell[] {
  if (row === undefined) return [{ text: '-' }, { text: '-' }, { text: '-' }];
  const { desiredRevision = '-', appliedRevision = '-', sinceMs } = row;
  const since = sinceMs === undefined ? '-' : ageText(nowMs - sinceMs);
  return [{ text: desiredRevision }, { text: appliedRevision }, { text: since }];
}

export function conditionCell(condition: FleetCondition): Cell {
  return { text: condition, colour: conditionColours[condition] };
}

export const conditionColours = {
  quarantined: 'red',
  'rolled-back': 'red',
  lost: 'red',
  held: 'yellow',
  converging: 'cyan',
  converged: 'green',
} as const;

export function paintedCondition(condition: FleetCondition, hasColours: boolean): string {
  return paint(hasColours, conditionColours[condition], condition);
}

/** `12s`, `5m`, `7h`, `3d`; clocks that disagree make it no less than nothing. */
export function ageText(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1000));
  if (seconds < 60) return `${String(seconds)}s`;
  if (seconds < 3600) return `${String(Math.floor(seconds / 60))}m`;
  if (seconds < 48 * 3600) return `${String(Math.floor(seconds / 3600))}h`;
  return `${String(Math.floor(seconds / 86_400))}d`;
}

/** `RUNNING`, or `2 RUNNING, 1 FATAL`; what is not known to be so now says that. */
export function processesText(processes: readonly ProcessReport[], doubt?: Doubt): string {
  const text = countedStates(processes);
  return doubt === undefined || processes.length === 0 ? text : `last known: ${text}`;
}

function countedStates(processes: readonly ProcessReport[]): string {
  const counts = new Map<string, number>();
  for (const { state } of processes) counts.set(state, (counts.get(state) ?? 0) + 1);
  const [only, ...others] = [...counts];
  if (only === undefined) return '-';
  if (others.length === 0 && only[1] === 1) return only[0];
  return [...counts].map(([state, count]) => `${String(count)} ${state}`).join(', ');
}

/** A line by itself, whatever the width: what has become of one row. */
export function rowSentence(row: FleetRow): string {
  const { condition, appliedRevision } = row;
  const why = condition === 'converged' ? revisionText(appliedRevision) : reasonText(row);
  return `${placeText(row)}: ${condition}${why === '' ? '' : `: ${shorten(why, 500)}`}`;
}

export function placeText({ app, host }: Pick<FleetRow, 'app' | 'host'>): string {
  return shorten(app, 80) + (host === undefined ? '' : ` on ${shorten(host, 80)}`);
}

function revisionText(revision: string | undefined): string {
  return revision === undefined ? '' : `revision ${revision}`;
}
