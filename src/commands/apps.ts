/** `supervene apps`: every app in etcd, and what is wrong with it. */
import { type AppReport, assessApp } from './assessApp.ts';
import type { CommandRun } from './command.ts';
import { type CommandIo, exitDone, fail, writeJson } from './commandIo.ts';
import { hostIdentity } from './hostIdentity.ts';
import { openAppStore } from './openAppStore.ts';
import { paint, shorten, textTable } from './textTable.ts';

export const runApps: CommandRun = async ({ io, options, settings }) => {
  const isJson = options.has('json');
  const store = await openAppStore(settings);
  if (!store.ok) return fail(io, isJson, { ...store.error });
  const identity = hostIdentity(settings, io.hostName);
  const listing = await store.value.list((entry) => withoutContent(assessApp(entry, identity)));
  store.value.close();
  if (!listing.ok) return fail(io, isJson, { ...listing.error });
  const { rows: apps, revision, ignoredKeys } = listing.value;
  const { prefix } = settings.etcd;
  if (isJson) writeJson(io, { prefix, revision, host: identity.hostId, ignoredKeys, apps });
  else {
    tell(io, apps, `no apps below ${prefix} (revision ${revision})\n`);
    if (ignoredKeys > 0) io.writeError(`${ignoredKeys} other keys below ${prefix} are ignored\n`);
  }
  return exitDone;
};

type AppRow = Omit<AppReport, 'content'>;

function withoutContent(report: AppReport): AppRow {
  const { content: _content, ...rest } = report;
  return rest;
}

function tell(io: CommandIo, reports: readonly AppRow[], none: string): void {
  if (reports.length === 0) {
    io.writeOut(none);
    return;
  }
  const rows = reports.map((report) => [
    shorten(report.app, 63),
    placementCell(report),
    report.isPlacedHere ? 'yes' : '-',
    report.revision,
    stateCell(report, io.outHasColours),
  ]);
  io.writeOut(textTable([['APP', 'HOSTS', 'HERE', 'REVISION', 'STATE'], ...rows]));
}

function placementCell({ hosts, ips }: AppRow): string {
  if (ips === null) return '-';
  const text = hosts.length === 0 ? '(nowhere)' : hosts.join(',');
  return text.length > 48 ? `${shorten(text, 34)} (${hosts.length} items)` : shorten(text, 48);
}

function stateCell(report: AppRow, hasColours: boolean): string {
  const { state, problems, warnings } = report;
  const first = problems[0] ?? warnings[0];
  if (first === undefined) return paint(hasColours, 'green', state);
  const colour = state === 'refused' ? 'red' : 'yellow';
  const place = first.line > 0 ? `line ${first.line}: ` : '';
  return `${paint(hasColours, colour, state)}: ${first.code} ${place}${shorten(first.message, 200)}`;
}
