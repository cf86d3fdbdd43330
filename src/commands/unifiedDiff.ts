/** What changes about an app, as unified diffs people know from elsewhere. */
import { createTwoFilesPatch } from 'diff';
import { paint } from './textTable.ts';

/** Empty when nothing differs. Texts need no line break at their end. */
export function unifiedDiff(
  name: string,
  before: string,
  after: string,
  [from, to]: readonly [string, string] = ['in etcd', 'wanted'],
): string {
  if (before === after) return '';
  const patch = createTwoFilesPatch(name, name, endLine(before), endLine(after), from, to, {
    context: 3,
  });
  return patch.replace(/^(?:Index: .*\n)?=+\n/, '');
}

export function colourDiff(diff: string, hasColours: boolean): string {
  if (!hasColours) return diff;
  return diff
    .split('\n')
    .map((line) => {
      if (/^(?:---|\+\+\+) /.test(line)) return paint(true, 'bold', line);
      if (line.startsWith('@@')) return paint(true, 'cyan', line);
      if (line.startsWith('-')) return paint(true, 'red', line);
      return line.startsWith('+') ? paint(true, 'green', line) : line;
    })
    .join('\n');
}

function endLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
