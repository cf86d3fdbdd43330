import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeContent } from '../../../src/domain/content/decodeContent.ts';
import { parseProgram } from '../../../src/domain/content/parseProgram.ts';
import type { LeafValue } from '../../../src/domain/event.ts';
import type { AppName } from '../../../src/domain/types.ts';
import { contentBody } from '../../support/contentBodies.ts';
import { fcParams } from '../../support/seed.ts';

const app = 'demo1' as AppName;
const decode = (text: string) => decodeContent({ type: 'Text', text });

describe('safety: whatever stands in etcd', () => {
  const value: fc.Arbitrary<LeafValue> = fc.oneof(
    contentBody.map((text): LeafValue => ({ type: 'Text', text })),
    fc.string({ unit: 'binary' }).map((text): LeafValue => ({ type: 'Text', text })),
    fc.base64String().map((text): LeafValue => ({ type: 'Text', text })),
    fc.constant<LeafValue>({ type: 'Binary', base64: '/w==' }),
    fc.constant<LeafValue>({ type: 'Elsewhere' }),
  );

  it('becomes options or problems with a code, a line within the text and a remedy', () => {
    fc.assert(
      fc.property(value, fc.constantFrom('refuse' as const, 'warn' as const), (leaf, rule) => {
        const decoded = decodeContent(leaf);
        const parsed = decoded.ok
          ? parseProgram(app, decoded.value, { unknownOptions: rule })
          : decoded;
        const problems = parsed.ok ? parsed.value.warnings : [parsed.error].flat();
        const lines = decoded.ok ? decoded.value.split('\n').length : Infinity;
        for (const { code, line, message, remedy } of problems) {
          expect(code).toMatch(parsed.ok ? /^W_[A-Z_]+$/ : /^E_[A-Z0-9_]+$/);
          expect(line >= 0 && line <= lines && Number.isInteger(line)).toBe(true);
          expect(message.length).toBeGreaterThan(5);
          expect(message).not.toContain('\n');
          expect(remedy).toMatch(/^[A-Z].*[.]$/s);
        }
        expect(parsed.ok || problems.length > 0).toBe(true);
      }),
      fcParams(1000),
    );
  });
});

describe('decodeContent', () => {
  it('reads base64 of a text as the text, with and without line breaks', () => {
    fc.assert(
      fc.property(contentBody, fc.constantFrom(4, 7, 64, 76), (body, width) => {
        const encoded = Buffer.from(body).toString('base64');
        const broken = encoded.replace(new RegExp(`.{${String(width)}}`, 'g'), '$&\r\n');
        const decoded = decode(encoded);
        expect(decode(broken)).toEqual(decoded);
        if (decoded.ok) expect(decoded.value).toBe(body.replaceAll('\r\n', '\n'));
      }),
      fcParams(300),
    );
  });

  it('reads a program in plain text as it reads the same in base64', () => {
    fc.assert(
      fc.property(contentBody, (body) => {
        const encoded = decode(Buffer.from(body).toString('base64'));
        const isProgram =
          encoded.ok && parseProgram(app, encoded.value, { unknownOptions: 'warn' }).ok;
        if (isProgram) expect(decode(body)).toEqual(encoded);
      }),
      fcParams(500),
    );
  });
});
