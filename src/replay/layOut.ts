/** Tellings as lines for people: time, seq, what kind of thing it is, the sentence. */
import { paint, visible } from '../commands/textTable.ts';
import { clockText, dayText, durationText, zoneText } from './moments.ts';
import type { Remark, RemarkKind, Telling } from './narrate/remark.ts';

export interface Layout {
  /** The lines of one event, each with its line break; says the day when it is another one. */
  readonly telling: (telling: Telling) => string;
  /** Between two events that are told. */
  readonly quiet: (events: number, ms: number) => string;
}

const colours: Readonly<Record<RemarkKind, 'cyan' | 'bold' | 'green' | 'red' | 'yellow' | 'dim'>> =
  {
    learned: 'cyan',
    decided: 'bold',
    done: 'green',
    failed: 'red',
    held: 'yellow',
    freed: 'green',
    journal: 'dim',
  };

const seqWidth = 7;
const blank = ' '.repeat('03:07:12.120'.length + 2 + seqWidth);
/** More names than this are counted. */
const namesMax = 4;

export function createLayout(hasColours: boolean): Layout {
  let day = '';
  const dim = (text: string): string => paint(hasColours, 'dim', text);
  const row = (head: string, { kind, text, because }: Remark, label: string): string => {
    const word = paint(hasColours, colours[kind], kind.padEnd(7));
    const subject = paint(hasColours, 'bold', visible(label));
    const sentence = label === '' ? oneLine(text) : `${subject}${joined(label, oneLine(text))}`;
    const why = because === undefined ? '' : dim(` — ${visible(because)}`);
    return `${head}  ${word}  ${sentence}${why}\n`;
  };
  return {
    telling: ({ seq, atMs, remarks }) => {
      let lines = '';
      const today = `${dayText(atMs)} ${zoneText(atMs)}`;
      if (today !== day) lines += `${day === '' ? '' : '\n'}${dim(today)}\n`;
      day = today;
      const head = `${dim(clockText(atMs))}  ${String(seq).padStart(seqWidth)}`;
      for (const [index, { remark, label }] of together(remarks).entries()) {
        lines += row(index === 0 ? head : blank, remark, label);
      }
      return lines;
    },
    quiet: (events, ms) => {
      const what = events === 1 ? '1 event' : `${String(events)} events`;
      const indent = `${' '.repeat(14)}${'·'.padStart(seqWidth)}`;
      return `${dim(`${indent}  ${durationText(ms)}, ${what} without news`)}\n`;
    },
  };
}

/** A sentence as it is shown, and of which apps it is; empty for the whole host. */
export interface Sentence {
  readonly remark: Remark;
  readonly apps: readonly string[];
  readonly text: string;
}

/** What an event says, in one line each. */
export function sentencesOf(remarks: readonly Remark[]): readonly Sentence[] {
  return together(remarks).map(({ remark, label, apps }) => {
    const text = oneLine(remark.text);
    return { remark, apps, text: label === '' ? text : `${visible(label)}${joined(label, text)}` };
  });
}

/** Apps of which the same is to be said are told in one line. */
function together(remarks: readonly Remark[]) {
  const groups: { remark: Remark; names: string[]; apps: Set<string> }[] = [];
  const byText = new Map<string, (typeof groups)[number]>();
  for (const remark of remarks) {
    const name = remark.subject ?? remark.app ?? '';
    const key = JSON.stringify([
      remark.kind,
      remark.text,
      remark.because,
      remark.app === undefined,
    ]);
    const known = byText.get(key);
    const group = known ?? { remark, names: [], apps: new Set<string>() };
    if (known === undefined) {
      byText.set(key, group);
      groups.push(group);
    }
    group.names.push(name);
    if (remark.app !== undefined) group.apps.add(remark.app);
  }
  return groups.map(({ remark, names, apps }) => {
    return { remark, label: labelOf(names), apps: [...apps] };
  });
}

function labelOf(names: readonly string[]): string {
  const shown = names.slice(0, namesMax).join(', ');
  const more = names.length - namesMax;
  return more > 0 ? `${shown} and ${String(more)} more` : shown;
}

const verbs: ReadonlyMap<string, string> = new Map([
  ['is', 'are'],
  ['has', 'have'],
  ['was', 'were'],
  ['runs', 'run'],
  ['did', 'did'],
]);

/** A sentence goes on where it begins with a verb; everything else stands behind a colon. */
function joined(label: string, text: string): string {
  const [first = '', ...rest] = text.split(' ');
  const plural = verbs.get(first);
  if (plural === undefined) return `: ${text}`;
  return ` ${[label.includes(', ') ? plural : first, ...rest].join(' ')}`;
}

/** Text from outside must not break the columns. */
function oneLine(text: string): string {
  return visible(text).replaceAll(/\s*\n\s*/g, ' ');
}
