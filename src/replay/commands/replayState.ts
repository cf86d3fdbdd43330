/** `--state`: what was known at a moment. */
import { didYouMean } from '../../domain/nearest.ts';
import { mapGet, mapKeysSorted } from '../../../reducers/persistentMap.ts';
import { decideApp } from '../../../reducers/decide.ts';
import type { AppState } from '../../../reducers/appState.ts';
import type { State } from '../../../reducers/state.ts';
import { exitDone, fail, writeJson } from '../../commands/commandIo.ts';
import { paint, textTable, visible } from '../../commands/textTable.ts';
import type { Held } from '../../domain/plan.ts';
import { describeKnown, type Known } from '../describeKnown.ts';
import { clockText, momentText, zoneText } from '../moments.ts';
import { count } from '../narrate/desiredRemarks.ts';
import { isWorthSaying } from '../narrate/heldRemarks.ts';
import { readMoments, type ReplayInput, tellTorn } from '../replayInput.ts';
import { stateAt } from '../stateAt.ts';

export async function replayState(input: ReplayInput): Promise<number> {
  const { io, isJson, text } = input;
  const given = readMoments(input, 'at', 'until');
  if (typeof given === 'number') return given;
  const known = await stateAt(input, given.at ?? given.until);
  if (typeof known === 'number') return known;
  const app = text('app');
  if (app !== undefined && mapGet(known.state.appsByName, app) === undefined) {
    return fail(io, isJson, noSuchApp(app, known.state));
  }
  if (isJson) writeJson(io, app === undefined ? describeKnown(known) : ofApp(known, app));
  else io.writeOut(stateText(known, app, io.outHasColours));
  tellTorn(input, known.torn);
  return exitDone;
}

export function noSuchApp(app: string, state: State | undefined) {
  const names = state === undefined ? [] : mapKeysSorted(state.appsByName);
  const some = names.slice(0, 10).join(', ');
  const had =
    names.length === 0 ? 'it had none' : `it had ${some}${names.length > 10 ? ', …' : ''}`;
  return {
    message: `${JSON.stringify(app)} is no app of this host at that moment`,
    remedy: didYouMean(app, names, had),
  };
}

function ofApp(known: Known, app: string) {
  const { desired, actual, held, quarantined, ...rest } = describeKnown(known);
  return {
    ...{ host: rest.host, supervene: rest.supervene, at: rest.at, atMs: rest.atMs, seq: rest.seq },
    app,
    desired: desired.apps.find((item) => item.app === app),
    actual: actual.apps.find((item) => item.app === app),
    held: held.filter((item) => item.app === app),
    quarantined: quarantined.filter((item) => item.app === app),
  };
}

function stateText(known: Known, only: string | undefined, hasColours: boolean): string {
  const { state, plan, header } = known;
  const when = `${momentText(state.atMs)} ${zoneText(state.atMs)}`;
  const bold = (text: string): string => paint(hasColours, 'bold', text);
  const lines = [
    `${bold(header.host)} after event ${String(state.seq)}, ${when}, supervene ${header.supervene}`,
    '',
    ...hostLines(state, plan.held).map(([word, text]) => `${bold(word.padEnd(11))}  ${text}`),
    `${bold('plan'.padEnd(11))}  ${planText(known)}`,
    '',
  ];
  return `${lines.join('\n')}\n${appsTable(known, only)}`;
}

function hostLines({ source, supervisor, confDir }: State, held: readonly Held[]) {
  const since = (atMs: number): string => (atMs === 0 ? '' : ` since ${clockText(atMs)}`);
  const lost = source.lost === undefined ? '' : `: ${visible(source.lost.detail)}`;
  const doubt = source.doubt === undefined ? '' : `; doubted: ${source.doubt}`;
  const version = supervisor.version === undefined ? '' : `, version ${supervisor.version}`;
  const error = supervisor.error === undefined ? '' : `: ${visible(supervisor.error.detail)}`;
  const revision = `, revision ${source.revision}, ${String(source.elsewhere)} apps elsewhere`;
  const status = (text: string): string => text.toLowerCase();
  return [
    ['etcd', `${status(source.status)}${since(source.sinceMs)}${revision}${lost}${doubt}`],
    ['supervisord', `${status(supervisor.status)}${since(supervisor.sinceMs)}${version}${error}`],
    ['files', `${status(confDir.status)} ${visible(confDir.detail)}`.trim()],
    ...held
      .filter(({ app }) => app === undefined)
      .map(({ code, reason }) => ['held', `${code}: ${visible(reason)}`] as const),
  ] as const;
}

function planText({ state, plan }: Known): string {
  if (state.running !== undefined) return `${state.running} is being carried out`;
  const { steps, wakeAtMs } = plan;
  const wake = wakeAtMs === undefined ? '' : `; looked at again at ${clockText(wakeAtMs)}`;
  if (steps.length === 0) return `nothing to do${wake}`;
  return `${count(steps.length, 'step')}: ${steps.map(({ type }) => type).join(', ')} (--plans shows them)`;
}

function appsTable({ state, plan }: Known, only: string | undefined): string {
  const names = mapKeysSorted(state.appsByName).filter(
    (name) => only === undefined || name === only,
  );
  if (names.length === 0) return 'no apps\n';
  const heldByApp = new Map<string, Held>();
  for (const held of plan.held) {
    if (held.app !== undefined && isWorthSaying(held)) heldByApp.set(held.app, held);
  }
  const rows = names.flatMap((name) => {
    const app = mapGet(state.appsByName, name);
    return app === undefined ? [] : [appRow(state, app, heldByApp.get(name))];
  });
  return textTable([['APP', 'STATUS', 'WANTED', 'LOADED', 'PROCESSES', 'WHY'], ...rows]);
}

function appRow(state: State, app: AppState, held: Held | undefined): readonly string[] {
  const processes = mapGet(state.groups, app.name) ?? [];
  const counts = new Map<string, number>();
  for (const process of processes) {
    counts.set(process.state, (counts.get(process.state) ?? 0) + 1);
  }
  const shown = [...counts].map(([name, n]) =>
    processes.length === 1 ? name : `${String(n)} ${name}`,
  );
  const why = held === undefined ? (app.failure ?? '') : `${held.code}: ${held.reason}`;
  return [
    visible(app.name),
    decideApp(state, app, state.atMs).status,
    wantedText(app),
    loadedText(app),
    shown.join(', ') || 'none',
    visible(why).replaceAll('\n', ' '),
  ];
}

function wantedText({ desired }: AppState): string {
  return desired.type === 'Wanted' ? desired.version.revision : desired.type.toLowerCase();
}

export function loadedText({ loaded, written, lastGood, desired }: AppState): string {
  if (loaded === undefined) return '-';
  const wanted = desired.type === 'Wanted' ? desired.version : undefined;
  const version = [wanted, written, lastGood].find((each) => each?.sha256 === loaded.versionSha256);
  return version?.revision ?? 'another';
}
