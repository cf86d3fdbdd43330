/** `--explain APP`: why it is as it is, newest first. */
import { mapGet } from '../../../reducers/persistentMap.ts';
import type { Held } from '../../domain/plan.ts';
import type { AppState } from '../../../reducers/appState.ts';
import type { State } from '../../../reducers/state.ts';
import { exitDone, fail, writeJson } from '../../commands/commandIo.ts';
import { paint, visible } from '../../commands/textTable.ts';
import { type Chain, createChainBuilder, describeChain } from '../explainApp.ts';
import { foldJournal, type Torn } from '../foldJournal.ts';
import { createLayout } from '../layOut.ts';
import { clockText, isAfter, momentText } from '../moments.ts';
import { subjectOf } from '../narrate/actualRemarks.ts';
import { readMoments, refuse, type ReplayInput, tellTorn } from '../replayInput.ts';
import { loadedText, noSuchApp } from './replayState.ts';

export async function replayExplain(input: ReplayInput): Promise<number> {
  const { io, replay, isJson, text } = input;
  const name = text('explain') ?? '';
  const given = readMoments(input, 'at', 'until');
  if (typeof given === 'number') return given;
  const until = given.at ?? given.until;
  const builder = createChainBuilder(name);
  let torn: Torn | undefined;
  let hasBegun = false;
  const { state, refusal } = await foldJournal(replay.read(), {
    checkpoints: 'adopt',
    segment: (beginning) => {
      if (!hasBegun || beginning.gap !== undefined) builder.begin(beginning.state);
      hasBegun = true;
    },
    before: ({ seq, atMs }) => until === undefined || !isAfter(until, seq, atMs),
    after: builder.add,
    torn: (found) => {
      torn = found;
    },
  });
  replay.clearProgress();
  if (refusal !== undefined) return refuse(input, refusal);
  const chain = builder.chain();
  if (state === undefined || !chain.isKnown) {
    return fail(io, isJson, noSuchApp(name, state));
  }
  const document = describeChain(name, state, chain);
  if (isJson) {
    writeJson(io, document);
  } else {
    const pager = io.openPager?.();
    const writeOut = pager?.write ?? io.writeOut;
    const summary = { name, state, held: document.held, hasColours: io.outHasColours };
    writeOut(`${summaryText(summary, chain)}\n${chainText(chain, io.outHasColours)}`);
    await pager?.close();
  }
  tellTorn(input, torn);
  return exitDone;
}

interface Summary {
  readonly name: string;
  readonly state: State;
  readonly held: readonly Held[];
  readonly hasColours: boolean;
}

function summaryText({ name, state, held, hasColours }: Summary, chain: Chain): string {
  const bold = (text: string): string => paint(hasColours, 'bold', text);
  const app = mapGet(state.appsByName, name);
  const { status, statusSeq, statusMs } = chain;
  const word = app === undefined ? 'gone' : status;
  const since = statusMs === 0 ? '' : ` since ${momentText(statusMs)} (event ${String(statusSeq)})`;
  const host = state.settings?.hostId ?? 'this host';
  const lines = [`${bold(visible(name))} on ${host} is ${bold(word)}${since}`];
  for (const { app: about, code, reason, untilMs } of held) {
    const label = paint(hasColours, 'yellow', about === undefined ? 'host held' : 'held');
    const until = untilMs === undefined ? '' : `; looked at again at ${clockText(untilMs)}`;
    lines.push(`  ${label}: ${code}: ${visible(reason)}${until}`);
  }
  if (app?.hold !== undefined) {
    const stopped = app.hold.processes.map(visible).join(', ');
    lines.push(`  an operator stopped ${stopped} at ${momentText(app.hold.sinceMs)}`);
  }
  if (app !== undefined) lines.push(`  ${wantedText(app)}; loaded: ${loadedWords(app)}`);
  const processes = mapGet(state.groups, name) ?? [];
  for (const process of processes) {
    const pid = process.pid === 0 ? '' : `, process ${String(process.pid)}`;
    lines.push(`  ${subjectOf(process)} is ${process.state}${pid}`);
  }
  if (processes.length === 0) lines.push('  it has no processes');
  return `${lines.join('\n')}\n`;
}

function wantedText({ desired }: AppState): string {
  if (desired.type === 'Wanted') return `wanted: revision ${desired.version.revision}`;
  return `wanted: ${desired.type.toLowerCase()}`;
}

function loadedWords(app: AppState): string {
  const revision = loadedText(app);
  if (revision === '-') return 'nothing';
  return revision === 'another' ? 'another version' : `revision ${revision}`;
}

/** Within an event, too, the last comes first. */
function chainText({ tellings, omitted, omittedAt }: Chain, hasColours: boolean): string {
  if (tellings.length === 0) return 'nothing has happened to it in this journal\n';
  const layout = createLayout(hasColours);
  let text = 'how it came to be so, newest first:\n';
  for (const [index, telling] of [...tellings.entries()].reverse()) {
    text += layout.telling({ ...telling, remarks: telling.remarks.toReversed() });
    if (omitted > 0 && index === omittedAt) {
      text += `          … ${String(omitted)} events in between are left out; --app shows them\n`;
    }
  }
  return text;
}
