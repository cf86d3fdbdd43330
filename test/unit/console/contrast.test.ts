/** The colours of the page against what they stand on: WCAG 2.2 AA, in both themes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProjectRoot } from '../../support/findProjectRoot.ts';

const css = readFileSync(join(findProjectRoot(), 'src/console/page/style.css'), 'utf8');
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }],
  ),
);
const tones = ['good', 'info', 'warn', 'bad', 'odd', 'idle'];
const grounds = ['ground', 'surface', 'raised', 'hover', 'chosen'];
/** What stands on what, and by how much it must differ. */
const pairs: readonly (readonly [string, string, number])[] = [
  ...['text', 'muted', 'accent'].flatMap((name) => on(name, grounds, 4.5)),
  ...tones.flatMap((tone) =>
    on(tone, [`${tone}-soft`, 'surface', 'raised', 'ground', 'hover'], 4.5),
  ),
  ...tones.flatMap((tone) => on('surface', [tone], 4.5)),
  ...tones.flatMap((tone) => on('text', [`${tone}-soft`], 4.5)),
  ...tones.flatMap((tone) => on('muted', [`${tone}-soft`], 4.5)),
  ...['name', 'text', 'number', 'comment'].flatMap((name) =>
    on(`code-${name}`, ['surface', 'added', 'removed'], 4.5),
  ),
  ...on('text', ['added', 'removed', 'code-mark', 'sunken'], 4.5),
  ...on('on-accent', ['accent', 'accent-hover'], 4.5),
  ...on('on-danger', ['danger-solid'], 4.5),
  // What is no text: the edge of a field, the ring around what has the focus.
  ...on('line-strong', ['surface', 'raised', 'ground'], 3),
  ...on('focus', grounds, 3),
];

function on(name: string, others: readonly string[], least: number) {
  return others.map((ground) => [name, ground, least] as const);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((from) => {
    const part = Number.parseInt(colour.slice(from, from + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

describe.each(['light', 'dark'] as const)('the colours of the page, %s', (theme) => {
  it('are legible on what they stand on', () => {
    const poor = pairs.flatMap(([name, ground, least]) => {
      const ratio = contrast(tokens.get(name)?.[theme] ?? '', tokens.get(ground)?.[theme] ?? '');
      return ratio >= least
        ? []
        : [`--${name} on --${ground}: ${ratio.toFixed(2)} of ${String(least)}`];
    });
    expect(poor).toEqual([]);
  });
});
