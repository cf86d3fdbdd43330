/** `supervene apps`: every app in etcd, and what is wrong with it. */
import { type HostWord, askAgent, withAgentView } from './agentView.ts';
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
  const view = await askAgent(settings);
  const listing = await store.value.list(
    (entry) => withAgentView(withoutContent(assessApp(entry, identity)), view),
    options.has('all'),
  );
  store.value.close();
  if (!listing.ok) return fail(io, isJson, { ...listing.error });
  const { rows: apps, revision, ignoredKeys } = listing.value;
  const { prefix } = settings.etcd;
  if (isJson) {
    const host = { id: identity.hostId, hasAgent: view !== undefined };
    writeJson(io, { prefix, revision, host, ignoredKeys, apps });
  } else {
    tell(io, apps, `no apps below ${prefix} (revision ${revision})\n`);
    if (ignoredKeys > 0) io.writeError(`${ignoredKeys} other keys below ${prefix} are ignored\n`);
  }
  return exitDone;
};

interface AppRow extends Omit<AppReport, 'content'> {
  readonly onThisHost: HostWord | null;
}

function withoutContent(report: AppReport): Omit<AppReport, 'content'> {
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
  const { state, problems, warnings, onThisHost } = report;
  const first = problems[0] ?? warnings[0];
  const label = paint(hasColours, colours[state], state);
  if (problems.length === 0 && onThisHost !== null) {
    const what = state === 'quarantined' ? `${label} here` : `${label}, held here`;
    return `${what}: ${onThisHost.code} ${shorten(onThisHost.reason, 200)}`;
  }
  if (first === undefined) return label;
  const place = first.line > 0 ? `line ${first.line}: ` : '';
  return `${label}: ${first.code} ${place}${shorten(first.message, 200)}`;
}

const colours = {
  ok: 'green',
  pending: 'yellow',
  quarantined: 'red',
  refused: 'red',
  removed: 'dim',
} as const;
