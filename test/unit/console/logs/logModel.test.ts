/** Lines from pieces of a log that grows, is rotated, and is read backwards. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  appendPiece,
  canLoadEarlier,
  countSince,
  earlierRange,
  emptyLog,
  lineMaxBytes,
  linesMax,
  type Log,
  prependPiece,
} from '../../../../src/console/page/logs/logModel.ts';
import { fcParams } from '../../../support/seed.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function piece(offset: number, text: string, isRestarted = false) {
  const bytes = bytesOf(text);
  return { offset, bytes, size: offset + bytes.length, isRestarted };
}

const textsOf = ({ lines }: Log): readonly string[] =>
  lines.map(({ type, text }) => (type === 'Line' ? text : `${type} ${text}`.trim()));

const fold = (...pieces: readonly ReturnType<typeof piece>[]): Log =>
  pieces.reduce(appendPiece, emptyLog);

describe('appendPiece', () => {
  it('gives the same lines however the file is cut into pieces', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r', 'ä', '\u4e2d', '\x1b[31m') });
    fc.assert(
      fc.property(text, fc.array(fc.nat(60)), (all, cuts) => {
        const bytes = bytesOf(all);
        const edges = [...new Set([0, ...cuts, bytes.length])]
          .filter((at) => at <= bytes.length)
          .sort((a, b) => a - b);
        const pieces = edges.slice(1).map((end, index) => {
          const offset = edges[index] ?? 0;
          const part = bytes.slice(offset, end);
          return { offset, bytes: part, size: bytes.length, isRestarted: false };
        });
        const whole = appendPiece(emptyLog, piece(0, all));
        const cut = pieces.reduce(appendPiece, emptyLog);
        expect(cut.lines).toEqual(whole.lines);
      }),
      fcParams(500),
    );
  });

  it('passes over what was seen already, and says what was missed', () => {
    const log = fold(piece(0, 'a\nb\n'), piece(2, 'b\nc\n'), piece(10, 'd\n'));
    expect(textsOf(log)).toEqual(['a', 'b', 'c', 'Gap 4', 'd']);
    expect(log.nextOffset).toBe(12);
    expect(fold(piece(0, 'a\n'), piece(0, 'a\n')).lines).toHaveLength(1);
  });

  it('goes on from the beginning of a file that was rotated', () => {
    const log = fold(piece(0, 'a\nhalf'), piece(0, 'new\n', true));
    expect(textsOf(log)).toEqual(['a', 'half', 'Restart', 'new']);
    expect(canLoadEarlier(log)).toBe(false);
    expect(log.nextOffset).toBe(4);
  });

  it('begins at the beginning of a line', () => {
    const log = fold(piece(100, 'tail\nwhole\n'));
    expect(textsOf(log)).toEqual(['whole']);
    expect(log.firstOffset).toBe(105);
    expect(canLoadEarlier(log)).toBe(true);
  });

  it('shows a line without an end, and makes it longer', () => {
    const half = fold(piece(0, 'ab'));
    expect(textsOf(half)).toEqual(['ab']);
    const whole = appendPiece(half, piece(2, 'cd\n'));
    expect(textsOf(whole)).toEqual(['abcd']);
    expect(whole.lines[0]?.id).toBe(half.lines[0]?.id);
  });

  it('shows a line that is too long as several, and cuts no character', () => {
    const text = '\u4e2d'.repeat(lineMaxBytes);
    const { lines } = fold(piece(0, `${text}\n`));
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.map((line) => line.text).join('')).toBe(text);
    expect(lines.map(({ isContinued }) => isContinued).slice(0, 2)).toEqual([false, true]);
  });

  it('keeps the newest lines, and knows where the first of them begins', () => {
    const text = Array.from({ length: linesMax + 10 }, (_, n) => `${String(n)}\n`).join('');
    const log = fold(piece(0, text));
    expect(log.lines).toHaveLength(linesMax);
    expect(log.lines[0]?.text).toBe('10');
    expect(log.firstOffset).toBe(20);
    expect(log.dropped).toBe(10);
    expect(canLoadEarlier(log)).toBe(false);
  });

  it('holds no more text than it may, whatever the lines', () => {
    const line = `${'x'.repeat(lineMaxBytes)}\n`;
    const log = fold(
      ...Array.from({ length: 9 }, (_, n) => piece(n * 4097 * 1000, line.repeat(1000))),
    );
    expect(log.textSize).toBeLessThanOrEqual(24 * 1024 * 1024);
    expect(log.textSize).toBe(log.lines.reduce((size, { text }) => size + text.length, 0));
  });
});

describe('prependPiece', () => {
  it('gives the lines of the file when all of it was loaded', () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'ä', 'b'), maxLength: 12 });
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1 }),
        fc.integer({ min: 1, max: 40 }),
        (all, step) => {
          const bytes = bytesOf(all.map((one) => `${one}\n`).join(''));
          const read = (offset: number, end: number) => {
            const part = bytes.slice(offset, end);
            return { offset, bytes: part, size: bytes.length, isRestarted: false };
          };
          let log = appendPiece(emptyLog, read(Math.max(0, bytes.length - step), bytes.length));
          for (let length = step; canLoadEarlier(log); length *= 2) {
            const { offset } = earlierRange(log, length);
            log = prependPiece(log, read(offset, log.firstOffset));
          }
          expect(textsOf(log).join('')).toBe(all.join(''));
          const ids = log.lines.map(({ id }) => id);
          expect(ids).toEqual(ids.map((_, index) => (ids[0] ?? 0) + index));
        },
      ),
      fcParams(500),
    );
  });

  it('changes nothing when it does not reach what is there', () => {
    const log = fold(piece(100, 'x\ny\n'));
    expect(prependPiece(log, piece(10, 'a\n'))).toBe(log);
  });
});

describe('countSince', () => {
  it('counts what came after a line', () => {
    const log = fold(piece(0, 'a\nb\n'));
    expect(countSince(appendPiece(log, piece(4, 'c\nd\n')), log.nextId)).toBe(2);
    expect(countSince(log, log.nextId)).toBe(0);
  });
});
