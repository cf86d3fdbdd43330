/** Two texts beside each other. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countChanges,
  type DiffRow,
  type DiffSide,
  diffRows,
  foldRows,
} from '../../../../src/console/page/history/diffModel.ts';
import { fcParams } from '../../../support/seed.ts';

const lines = fc.array(fc.constantFrom('a=1', 'a=2', 'b', 'c c', ''), { maxLength: 12 });

function sideOf(rows: readonly DiffRow[], of: 'before' | 'after'): readonly string[] {
  const sides: readonly DiffSide[] = rows.flatMap((row) => row[of] ?? []);
  expect(sides.map(({ line }) => line)).toEqual(sides.map((_, index) => index + 1));
  return sides.map(({ parts }) => parts.map(({ text }) => text).join(''));
}

describe('diffRows', () => {
  it('has all lines of both, numbered, whatever they are', () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const text = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');
        const rows = diffRows(text(before), text(after));
        expect(sideOf(rows, 'before')).toEqual(before);
        expect(sideOf(rows, 'after')).toEqual(after);
        for (const { type, before: left, after: right } of rows) {
          if (type === 'Same') expect(left?.parts).toEqual(right?.parts);
        }
      }),
      fcParams(500),
    );
  });

  it('tells which words of a line are others', () => {
    const [row] = diffRows('command=/serve --port 8080', 'command=/serve --port 9000');
    expect(row?.type).toBe('Changed');
    expect(row?.before?.parts.filter(({ isChanged }) => isChanged)).toEqual([
      { text: '8080', isChanged: true },
    ]);
    expect(row?.after?.parts.filter(({ isChanged }) => isChanged)).toEqual([
      { text: '9000', isChanged: true },
    ]);
  });

  it('takes no notice of how lines end', () => {
    expect(diffRows('a\r\nb\r\n', 'a\nb').every(({ type }) => type === 'Same')).toBe(true);
    expect(diffRows('', '')).toEqual([]);
  });

  it('counts what came and what went', () => {
    expect(countChanges(diffRows('a\nb\n', 'a\nc\nd\n'))).toEqual({ added: 2, removed: 1 });
  });
});

describe('foldRows', () => {
  it('folds what is far from any change, and loses nothing', () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const rows = diffRows(before.join('\n'), after.join('\n'));
        const blocks = foldRows(rows, 1);
        expect(blocks.flatMap((block) => block.rows)).toEqual(rows);
        for (const block of blocks) {
          if (block.type === 'Folded') expect(block.rows.length).toBeGreaterThan(1);
          if (block.type === 'Folded') expect(countChanges(block.rows).added).toBe(0);
        }
      }),
      fcParams(300),
    );
    const many = Array.from({ length: 9 }, (_, n) => String(n)).join('\n');
    expect(foldRows(diffRows(many, `${many}\nx`)).map(({ type }) => type)).toEqual([
      ...['Folded', 'Rows'],
    ]);
  });
});
