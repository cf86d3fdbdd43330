/** One app on all its hosts, or one host with all its apps, for people. Pure. */
import { doubtOf } from '../../domain/fleet/doubt.ts';
import type { FleetSummary, HostSummary } from '../../domain/fleet/fleetSummary.ts';
import type { FleetView } from '../../domain/fleet/fleetView.ts';
import { placementItemTexts } from '../../domain/fleet/hostIndex.ts';
import type { HostReport } from '../../domain/fleet/hostReport.ts';
import { paint, shorten } from '../textTable.ts';
import { type Cell, screenLines, screenTable } from './screenTable.ts';
import {
  ageText,
  conditionCell,
  paceText,
  processesText,
  reasonText,
  revisionCells,
  type StatusForm,
  summaryLine,
} from './statusText.ts';

export function appLines(
  app: string,
  view: FleetView,
  summary: FleetSummary,
  form: StatusForm,
): readonly string[] {
  const wanted = view.wantedByApp.get(app);
  const items = wanted?.placement === undefined ? [] : placementItemTexts(wanted.placement);
  const where = items.length === 0 ? '(nowhere)' : items.join(', ');
  const fault = wanted?.fault;
  const head = [
    label('app', app, form),
    label('desired', wanted === undefined ? 'not in etcd' : desiredText(wanted), form),
    ...(wanted === undefined ? [] : [label('hosts', where, form)]),
    ...(wanted?.maxUnavailable === undefined
      ? []
      : [label('rollout', paceText(wanted.maxUnavailable), form)]),
    ...(fault === undefined ? [] : [label('problem', `${fault.code}: ${fault.reason}`, form)]),
    label('now', summaryLine(summary), form),
  ];
  const title = ['CONDITION', 'HOST', 'WANTED', 'APPLIED', 'SINCE', 'PROCESSES', 'REASON'];
  const rows = summary.rows.map((row) => [
    conditionCell(row.condition),
    { text: row.host ?? '-' },
    ...revisionCells(row, form.nowMs),
    { text: processesText(row.processes, row.doubt) },
    { text: reasonText(row, form.nowMs) },
  ]);
  return [...head, ...table(title, rows, form)];
}

function desiredText({
  contentRevision,
  revision,
}: {
  readonly contentRevision: string | undefined;
  readonly revision: string;
}): string {
  if (contentRevision === undefined) return 'without content';
  const placed = revision === contentRevision ? '' : `, its placement at ${revision}`;
  return `revision ${contentRevision}${placed}`;
}

/** `host` is undefined when none of that name has ever reported. */
export function hostLines(
  name: string,
  host: HostSummary | undefined,
  summary: FleetSummary,
  form: StatusForm,
): readonly string[] {
  const head = [
    label('host', name, form),
    ...(host === undefined
      ? [label('agent', 'none has ever reported under this name', form)]
      : factLines(host, form)),
    label('now', summaryLine(summary), form),
  ];
  const title = ['CONDITION', 'APP', 'WANTED', 'APPLIED', 'SINCE', 'PROCESSES', 'REASON'];
  const rows = summary.rows.map((row) => [
    conditionCell(row.condition),
    { text: row.app },
    ...revisionCells(row, form.nowMs),
    { text: processesText(row.processes, row.doubt) },
    { text: reasonText(row, form.nowMs) },
  ]);
  const others = host?.report?.others ?? [];
  const doubt = host === undefined ? undefined : doubtOf(host.isAlive, host.report);
  const beside = `beside these, supervisord has ${processesText(others, doubt)}`;
  return [
    ...head,
    ...table(title, rows, form),
    ...(others.length === 0 ? [] : ['', ...screenLines(beside, form)]),
  ];
}

function factLines(
  { isAlive, report, problems }: HostSummary,
  form: StatusForm,
): readonly string[] {
  const problemLines = problems.map((problem) => label('problem', problem, form));
  if (report === undefined) return [label('agent', 'lost', form), ...problemLines];
  const { version, startedAtMs, addresses, hostNames, observedRevision, appliedRevision } = report;
  const age = (ms: number): string => `${ageText(form.nowMs - ms)} ago`;
  return [
    label('agent', isAlive ? `answers; started ${age(startedAtMs)}` : lostText(report, age), form),
    label('version', version, form),
    label('named by', [...hostNames, ...addresses].join(', '), form),
    label('revision', `observed ${observedRevision}, applied ${appliedRevision}`, form),
    ...problemLines,
  ];
}

function lostText({ endedAtMs, atMs }: HostReport, age: (ms: number) => string): string {
  if (endedAtMs !== undefined) return `lost: was ended ${age(endedAtMs)}`;
  return `lost: does not answer; last word ${age(atMs)}, and it speaks on changes alone`;
}

function label(name: string, text: string, form: StatusForm): string {
  const room = form.columns === undefined ? undefined : Math.max(1, form.columns - 10);
  const shown = screenLines(shorten(text, 2000), { ...form, columns: room });
  return `${paint(form.hasColours, 'bold', name.padEnd(9))} ${shown.join(`\n${' '.repeat(10)}`)}`;
}

function table(
  title: readonly string[],
  rows: readonly (readonly Cell[])[],
  form: StatusForm,
): readonly string[] {
  if (rows.length === 0) return [];
  return ['', ...screenTable([title.map((text) => ({ text })), ...rows], form)];
}
