/** docs/pictures: drawn from what a terminal showed, and shown by a page. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawTerminal } from '../../pictures/drawTerminal.ts';
import { terminalText } from '../../pictures/terminalText.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';

const root = findProjectRoot();
const names = readdirSync(join(root, 'docs/pictures'));
const read = (name: string): Buffer => readFileSync(join(root, 'docs/pictures', name));
const drawn = names.filter((name) => name.endsWith('.svg'));
const pictures = drawn.map((name) => [name, read(name).toString('utf8')]);
const taken = names.filter((name) => !drawn.includes(name));

/** Line by line, without styles. */
const textOf = (output: string, columns = 20): readonly string[] =>
  terminalText(output, columns).map((line) =>
    line.reduce((text, piece) => text.padEnd(piece.column) + piece.text, ''),
  );

describe('terminalText', () => {
  it('is what stands there in the end: lines drawn over, cleared, wrapped, tabs', () => {
    expect(textOf('one\r\ntwo\r\n\u001b[2A\u001b[Jx\ty\r\n')).toEqual(['x       y']);
    expect(textOf('a longer one\rshort\u001b[K\n')).toEqual(['short']);
    expect(textOf('12345678', 5)).toEqual(['12345', '678']);
    expect(textOf('\n\nlow\n\n')).toEqual(['', '', 'low']);
  });

  it('knows colours, and cuts lines where they change', () => {
    const [line = []] = terminalText('\u001b[1;31merror:\u001b[0m \u001b[90mno\u001b[39m', 20);
    expect(line).toEqual([
      { text: 'error:', column: 0, style: { colour: 31, isBold: true, isFaint: false } },
      { text: 'no', column: 7, style: { colour: 90, isBold: false, isFaint: false } },
    ]);
  });
});

describe('drawTerminal', () => {
  it('is as large as its lines and columns, whatever stands in them', () => {
    const size = (text: string): string =>
      /width="\d+" height="\d+"/.exec(drawTerminal('x', terminalText(text, 40), 40))?.[0] ?? '';
    expect(size('a\nb')).toBe(size('aaaaaaaaa\n<&>'));
    expect(size('a\nb\nc')).not.toBe(size('a\nb'));
  });

  it('shows what means something to XML as it is', () => {
    expect(drawTerminal('<x>', terminalText('a <b> & c', 40), 40)).toContain(
      '>a &lt;b&gt; &amp; c<',
    );
  });
});

describe('docs/pictures', () => {
  it('has what the README and the pages show, and nothing else', () => {
    const pages = [
      'README.md',
      ...readdirSync(join(root, 'docs')).map((name) => join('docs', name)),
    ]
      .filter((name) => name.endsWith('.md'))
      .map((name) => readFileSync(join(root, name), 'utf8'))
      .join('\n');
    expect(drawn.length).toBeGreaterThanOrEqual(3);
    expect(taken.length).toBeGreaterThanOrEqual(3);
    for (const name of names) expect(pages).toContain(`pictures/${name})`);
  });

  it.each(pictures)(
    '%s is text alone: nothing fetched, no path of a machine',
    (_name, text = '') => {
      expect(text).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
      expect(text.replace('http://www.w3.org/2000/svg', '')).not.toMatch(
        /href|url\(|<script|\/tmp\/|\/root\//,
      );
      expect(text.match(/<text /g)?.length).toBeGreaterThan(4);
    },
  );

  it.each(taken)('%s is a picture of the console that loads quickly', (name) => {
    expect(name).toMatch(/^console-[a-z-]+\.png$/);
    const bytes = read(name);
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    expect(bytes.length).toBeLessThanOrEqual(150 * 1024);
  });
});
