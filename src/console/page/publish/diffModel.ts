/** A change of texts as lines that are there before, after or both. Pure. */
import { structuredPatch } from 'diff';
import { placementItemTexts } from '../../../domain/fleet/hostIndex.ts';
import { parsePlacement } from '../../../domain/placement.ts';
import type { KeyName } from './threeWay.ts';

export interface DiffLine {
  readonly sign: '+' | '-' | ' ' | '…';
  readonly text: string;
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** With three lines around each change; `…` where lines are left out. Empty when nothing changes. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const { hunks } = structuredPatch('a', 'b', before, after, '', '', { context: 3 });
  const lines: DiffLine[] = [];
  for (const hunk of hunks) {
    let [left, right] = [hunk.oldStart, hunk.newStart];
    if (left > 1 || right > 1 || lines.length > 0) lines.push(gap);
    for (const line of hunk.lines) {
      const [sign, text] = [line[0], line.slice(1)];
      if (sign === '-') lines.push({ sign, text, before: left++, after: undefined });
      else if (sign === '+') lines.push({ sign, text, before: undefined, after: right++ });
      else if (sign === ' ') lines.push({ sign, text, before: left++, after: right++ });
    }
  }
  return lines;
}

const gap: DiffLine = { sign: '…', text: '', before: undefined, after: undefined };

/** As people compare it: a placement item by item, a rollout field by field. */
export function readable(key: KeyName, text: string | undefined): string {
  if (text === undefined) return '';
  if (key === 'content') return text;
  if (key === 'ips') {
    const items = text.split(/[\s,]+/).filter((item) => item !== '');
    const known = placementItemTexts(parsePlacement(text));
    return (items.length === known.length ? known : items).map((item) => `${item}\n`).join('');
  }
  try {
    return `${JSON.stringify(JSON.parse(text), null, 2)}\n`;
  } catch {
    return `${text}\n`;
  }
}
