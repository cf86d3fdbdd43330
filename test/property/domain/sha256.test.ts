import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/domain/sha256.ts';
import { decodeUtf8, encodeUtf8Into, utf8SizeBytes } from '../../../src/domain/utf8.ts';
import { fcParams } from '../../support/seed.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  // Lone surrogates too.
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 }).map((units) => {
    return String.fromCharCode(...units);
  }),
  // Around the ends of blocks, where the padding spills over.
  fc.integer({ min: 0, max: 260 }).map((length) => 'a'.repeat(length)),
);

describe('sha256', () => {
  it('equals that of node:crypto for any text', () => {
    fc.assert(
      fc.property(text, (each) => {
        expect(sha256(each)).toBe(createHash('sha256').update(each, 'utf8').digest('hex'));
      }),
      fcParams(500),
    );
  });
});

describe('utf8', () => {
  it('encodes as node does, and knows the size beforehand', () => {
    fc.assert(
      fc.property(text, (each) => {
        const out = new Uint8Array(each.length * 3);
        const sizeBytes = encodeUtf8Into(each, out);
        expect(Buffer.from(out.subarray(0, sizeBytes))).toEqual(Buffer.from(each));
        expect(utf8SizeBytes(each)).toBe(sizeBytes);
      }),
      fcParams(500),
    );
  });

  it('decodes what is well-formed, and refuses what node would replace', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      // Mostly text, with a byte changed.
      fc
        .tuple(fc.string({ unit: 'binary', maxLength: 20 }), fc.nat(), fc.nat(255))
        .map(([each, at, byte]) => {
          const changed = new Uint8Array(Buffer.from(each));
          if (changed.length > 0) changed[at % changed.length] = byte;
          return changed;
        }),
    );
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    fc.assert(
      fc.property(bytes, (each) => {
        let expected: string | undefined;
        try {
          expected = strict.decode(each);
        } catch {
          expected = undefined;
        }
        const decoded = decodeUtf8(each);
        expect('text' in decoded ? decoded.text : undefined).toBe(expected);
      }),
      fcParams(2000),
    );
  });
});
