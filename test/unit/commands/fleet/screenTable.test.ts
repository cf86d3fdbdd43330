/** What goes to a terminal: as wide as it is and no wider, and nothing in it that it would obey. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cutToWidth,
  displayWidth,
  wrapToWidth,
} from '../../../../src/commands/fleet/displayWidth.ts';
import { createLiveBlock } from '../../../../src/commands/fleet/liveBlock.ts';
import { openScreen } from '../../../../src/commands/fleet/liveScreen.ts';
import { screenTable } from '../../../../src/commands/fleet/screenTable.ts';
import { fcParams } from '../../../support/seed.ts';

describe('displayWidth', () => {
  it.each([
    ['web', 3],
    ['', 0],
    ['é', 1],
    ['e\u0301', 1],
    ['日本', 4],
    ['ｗｅｂ', 6],
    ['한국', 4],
    ['👍', 2],
    ['👩‍👩‍👧', 2],
    ['\u200b', 0],
    ['…', 1],
  ])('%j takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('cutToWidth', () => {
  it('leaves what fits, and marks what it cuts', () => {
    expect(cutToWidth('web', 3)).toBe('web');
    expect(cutToWidth('webs', 3)).toBe('we…');
    expect(cutToWidth('日本語', 4)).toBe('日…');
    expect(cutToWidth('web', 0)).toBe('');
  });
});

describe('wrapToWidth', () => {
  it('leaves nothing out, and no line is too wide', () => {
    const texts = fc.string({ unit: 'grapheme', maxLength: 60 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 30 }), (text, columns) => {
        const lines = wrapToWidth(text, columns);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      }),
      fcParams(200),
    );
  });

  it('breaks at blanks, and where there are none anywhere', () => {
    expect(wrapToWidth('is FATAL: abcdefghijkl x', 8)).toEqual([
      'is',
      'FATAL:',
      'abcdefgh',
      'ijkl x',
    ]);
    expect(wrapToWidth('', 8)).toEqual(['']);
  });
});

describe('screenTable', () => {
  const cell = (text: string) => ({ text });

  it('has columns as wide as they look', () => {
    const rows = [
      ['日本', 'x', 'a'],
      ['web', 'yy', 'b'],
    ].map((row) => row.map(cell));
    expect(screenTable(rows, { columns: undefined, hasColours: false })).toEqual([
      '日本  x   a',
      'web   yy  b',
    ]);
  });

  it('wraps the last column where asked to, below the others where it has no room', () => {
    const rows = [['web', 'a reason that is longer than the terminal is wide']].map((row) =>
      row.map(cell),
    );
    const form = { hasColours: false, isWrapped: true };
    expect(screenTable(rows, { ...form, columns: 30 })).toEqual([
      'web  a reason that is longer',
      '     than the terminal is wide',
    ]);
    expect(screenTable(rows, { ...form, columns: 24 })).toEqual([
      'web',
      '    a reason that is',
      '    longer than the',
      '    terminal is wide',
    ]);
    expect(screenTable(rows, { ...form, columns: undefined })).toHaveLength(1);
  });

  it('cuts the lines, not the table', () => {
    const rows = [
      ['web', 'a long reason of somebody'],
      ['database', 'x'],
    ].map((row) => row.map(cell));
    expect(screenTable(rows, { columns: 16, hasColours: false })).toEqual([
      'web       a lon…',
      'database  x',
    ]);
  });

  it('never is wider than the terminal, whatever stands in it', () => {
    const texts = fc.array(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { maxLength: 5 }),
    );
    fc.assert(
      fc.property(
        texts,
        fc.integer({ min: 1, max: 60 }),
        fc.boolean(),
        (rows, columns, hasColours) => {
          const cells = rows.map((row) => row.map((text) => ({ text, colour: 'red' as const })));
          for (const line of screenTable(cells, { columns, hasColours })) {
            const plain = line.replaceAll(/\u001b\[\d+m/g, '');
            expect(displayWidth(plain)).toBeLessThanOrEqual(columns);
          }
        },
      ),
      fcParams(200),
    );
  });

  it('shows control characters instead of sending them', () => {
    const [line] = screenTable([[cell('a\u001b[2Jb\nc\u202e'), cell('\u0007')]], {
      columns: undefined,
      hasColours: false,
    });
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(line).toContain('\\u001b[2Jb c\\u202e');
  });
});

describe('openScreen', () => {
  it('draws what has changed, at once, and puts the terminal back once', () => {
    const written: string[] = [];
    const screen = openScreen({ rows: () => 2 }, (text) => written.push(text));
    screen.draw(['a', 'b', 'c']);
    screen.draw(['a', 'b', 'c']);
    expect(written).toHaveLength(2);
    expect(written[0]).toContain('\u001b[?1049h');
    expect(written[1]).toBe('\u001b[Ha\u001b[K\r\nb\u001b[K\u001b[J');
    screen.close();
    screen.close();
    screen.draw(['d']);
    expect(written.slice(2)).toEqual(['\u001b[?7h\u001b[?25h\u001b[?1049l']);
  });
});

describe('createLiveBlock', () => {
  const terminal = { columns: () => 10, rows: () => 4, onResize: () => () => undefined };

  it('says lines above what is redrawn', () => {
    let output = '';
    const block = createLiveBlock(terminal, (text) => (output += text));
    block.show(['one', 'two and more']);
    block.say('said');
    block.show(['three']);
    block.show([]);
    expect(output).toBe(
      'one\ntwo and …' +
        '\r\u001b[1A\u001b[Jsaid\none\ntwo and …' +
        '\r\u001b[1A\u001b[Jthree' +
        '\r\u001b[J',
    );
  });

  it('erases what a terminal made narrower has wrapped', () => {
    let [output, columns] = ['', 10];
    const narrowing = { ...terminal, columns: () => columns };
    const block = createLiveBlock(narrowing, (text) => (output += text));
    block.show(['one', 'two and', 'three for']);
    columns = 4;
    output = '';
    block.show([]);
    // 1, 2 and 3 lines on the screen.
    expect(output).toBe('\r\u001b[5A\u001b[J');
  });

  it('says its lines and nothing else where there is no terminal', () => {
    let output = '';
    const block = createLiveBlock(undefined, (text) => (output += text));
    block.show(['one']);
    block.say('said');
    block.show([]);
    expect(output).toBe('said\n');
  });
});
