/** What nobody sees is found, and escaped without being lost. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeUnseen, hasUnseen } from '../../../src/domain/unseen.ts';
import { fcParams } from '../../support/seed.ts';

describe('hasUnseen', () => {
  it.each([
    '\u0000',
    '\n',
    '\u007f',
    '\u009b',
    '\u061c',
    '\u200b',
    '\u202e',
    '\u2069',
    '\u{e0041}',
  ])('finds %j', (char) => {
    expect(hasUnseen(`a${char}b`)).toBe(true);
  });

  it.each(['why', '发布新版本', 'naïve — “quoted”', '👩‍🚒 fixes it', 'می‌خواهم', 'a\u00a0b'])(
    'lets %j pass',
    (text) => {
      expect(hasUnseen(text)).toBe(false);
    },
  );
});

describe('escapeUnseen', () => {
  it('leaves none of them, and the same value', () => {
    const text = fc.string({
      unit: fc
        .oneof(fc.nat(0x2100), fc.constant(0xe0041))
        .map((point) => String.fromCodePoint(point)),
    });
    fc.assert(
      fc.property(text, (value) => {
        const escaped = escapeUnseen(JSON.stringify({ value }));
        expect(hasUnseen(escaped)).toBe(false);
        expect(JSON.parse(escaped)).toEqual({ value });
      }),
      fcParams(300),
    );
  });
});
