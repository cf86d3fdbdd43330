/** `--diff A B`: what differs between what was known at two moments. */
import { exitDifferent, exitDone, misuse, writeJson } from '../../commands/commandIo.ts';
import { paint, visible } from '../../commands/textTable.ts';
import { clockText, momentText } from '../moments.ts';
import { describeKnown } from '../describeKnown.ts';
import { diffDocuments, type Change } from '../diffDocuments.ts';
import type { ReplayInput } from '../replayInput.ts';
import { stateAt } from '../stateAt.ts';

export async function replayDiff(input: ReplayInput): Promise<number> {
  const { io, replay, between, isJson, text } = input;
  if (replay.sources.some(({ path }) => path === undefined)) {
    return misuse(io, {
      message: '--diff reads the journal twice: give a file, not standard input',
    });
  }
  const [from, to] = between.map((moment) => replay.moment('--diff', moment));
  if (from === undefined || to === undefined) return misuse(io, { message: 'two moments' });
  if (!from.ok) return misuse(io, { message: from.error });
  if (!to.ok) return misuse(io, { message: to.error });
  const a = await stateAt(input, from.value);
  if (typeof a === 'number') return a;
  const b = await stateAt(input, to.value);
  if (typeof b === 'number') return b;
  const only = text('app');
  const changes = diffDocuments(describeKnown(a), describeKnown(b)).filter(
    ({ about }) => only === undefined || about === only,
  );
  const [start, end] = [a, b].map(({ state }) => ({ seq: state.seq, atMs: state.atMs }));
  if (isJson) writeJson(io, { from: start, to: end, changes });
  else {
    const name = ({ seq, atMs } = { seq: 0, atMs: 0 }): string =>
      `event ${String(seq)} (${momentText(atMs)})`;
    io.writeOut(`from ${name(start)} to ${name(end)}\n`);
    io.writeOut(changes.length === 0 ? 'nothing differs\n' : layOut(changes, io.outHasColours));
  }
  return changes.length === 0 ? exitDone : exitDifferent;
}

function layOut(changes: readonly Change[], hasColours: boolean): string {
  let text = '';
  let about: string | undefined;
  const width = Math.max(...changes.map(({ what }) => what.length));
  for (const change of changes) {
    if (change.about !== about) {
      text += `\n${paint(hasColours, 'bold', visible(change.about ?? 'this host'))}\n`;
      ({ about } = change);
    }
    const before = paint(hasColours, 'red', valueText(change.what, change.before));
    const after = paint(hasColours, 'green', valueText(change.what, change.after));
    text += `  ${change.what.padEnd(width)}  ${before} → ${after}\n`;
  }
  return text;
}

function valueText(what: string, value: unknown): string {
  if (value === undefined) return 'none';
  if (typeof value === 'number' && /Ms$/.test(what))
    return value === 0 ? 'never' : clockText(value);
  if (typeof value === 'string' && /sha256$/i.test(what)) return value.slice(0, 12);
  return visible(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('\n', ' ');
}
