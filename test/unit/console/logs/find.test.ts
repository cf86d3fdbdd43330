/** Where a text stands in a log, and how a line is cut up to be drawn. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findHits, firstFrom, hitsOf, partsOf } from '../../../../src/console/page/logs/find.ts';
import { appendPiece, emptyLog } from '../../../../src/console/page/logs/logModel.ts';
import { fcParams } from '../../../support/seed.ts';

function linesOf(text: string) {
  const bytes = new TextEncoder().encode(text);
  return appendPiece(emptyLog, { offset: 0, bytes, size: bytes.length, isRestarted: false }).lines;
}

describe('findHits', () => {
  it('finds whatever the capitals, unless capitals are looked for', () => {
    const lines = linesOf('An Error\nno error\nfine\n');
    expect(findHits(lines, 'error').map(({ line }) => line)).toEqual([0, 1]);
    expect(findHits(lines, 'Error').map(({ line }) => line)).toEqual([0]);
    expect(findHits(lines, '')).toEqual([]);
  });

  it('takes what is looked for as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', minLength: 1 }), (wanted) => {
        const [hit] = findHits(linesOf(`<${wanted}>\n`), wanted);
        expect(hit).toBeDefined();
      }),
      fcParams(500),
    );
  });

  it('finds those of one line', () => {
    const hits = findHits(linesOf('aa\nb\na\n'), 'a');
    expect(hitsOf(hits, 0)).toHaveLength(2);
    expect(hitsOf(hits, 1)).toEqual([]);
    expect(firstFrom(hits, 1)).toBe(2);
    expect(firstFrom(hits, 3)).toBe(3);
  });
});

describe('partsOf', () => {
  it('gives the whole text, with hits and colours across one another', () => {
    const [line] = linesOf('ab\x1b[31mcd\x1b[0mef\n');
    if (line === undefined) throw new Error('no line');
    const parts = partsOf(line, findHits([line], 'bcde'));
    expect(parts.map(({ text, hit }) => `${hit === undefined ? '' : '!'}${text}`)).toEqual([
      ...['a', '!b', '!cd', '!e', 'f'],
    ]);
    expect(parts.map(({ look }) => look !== undefined)).toEqual([false, false, true, false, false]);
  });

  it('begins where it is told to', () => {
    const [line] = linesOf('10%\r20%\n');
    if (line === undefined) throw new Error('no line');
    const parts = partsOf(line, [], line.shownFrom);
    expect(parts.map(({ text }) => text).join('')).toBe('20%');
  });
});
