/** Keys as texts: whatever their bytes, there and back. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatKeyText, parseKeyText } from '../../../src/domain/console/keyText.ts';
import { fcParams } from '../../support/seed.ts';

const keys = fc.oneof(
  fc.uint8Array({ maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Uint8Array.from(Buffer.from(text))),
  fc.string({ unit: fc.constantFrom('\\', 'x', '0', 'f', '/', 'é') }).map((text) => {
    return Uint8Array.from(Buffer.from(text));
  }),
);

describe('key texts', () => {
  it('give the same bytes back', () => {
    fc.assert(
      fc.property(keys, (key) => {
        expect(parseKeyText(formatKeyText(key))).toEqual(Uint8Array.from(key));
      }),
      fcParams(1000),
    );
  });

  it('are of one spelling: a text that is read back is the one that is written', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('\\', 'x', '4', '1', 'c', '3', 'a') }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const key = parseKeyText(text);
        if (key !== undefined) expect(formatKeyText(key)).toBe(text);
      }),
      fcParams(1000),
    );
  });

  it('show nothing that cannot be seen', () => {
    fc.assert(
      fc.property(keys, (key) => {
        expect(formatKeyText(key)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      }),
      fcParams(1000),
    );
  });

  it('are the key itself for what people write', () => {
    expect(formatKeyText(Buffer.from('/services/apps/web/ips'))).toBe('/services/apps/web/ips');
    expect(formatKeyText(Buffer.from([0x61, 0xff, 0x5c]))).toBe('a\\xff\\\\');
  });
});
