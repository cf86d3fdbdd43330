import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FleetAnswer, type FleetRequest } from '../../../src/domain/fleet/fleetRequest.ts';
import {
  formatAnswer,
  formatRequest,
  parseAnswer,
  parseRequest,
  requestMaxBytes,
  whoAsks,
} from '../../../src/domain/fleet/requestCodec.ts';
import { type AppName } from '../../../src/domain/types.ts';
import { fcParams } from '../../support/seed.ts';

const app = fc.constantFrom('web', 'demo1', 'a.b-c_d').map((name) => name as AppName);
const process = fc.option(fc.constantFrom('web', 'p-0', 'ä'), { nil: undefined });

const order: fc.Arbitrary<FleetRequest['order']> = fc.oneof(
  fc.constant({ type: 'Confirm' } as const),
  app.map((name) => ({ type: 'Retry', app: name }) as const),
  fc
    .tuple(fc.constantFrom('Start', 'Stop', 'Restart'), app, process)
    .map(([type, name, member]) =>
      member === undefined
        ? { type, app: name }
        : { type, app: name, process: `${name}:${member}` },
    ),
);

const word = fc.stringMatching(/^[A-Za-z0-9._@-]{1,64}$/);
const id = fc.uuid();
const request = fc.record({ id, order, by: word, from: word, atMs: fc.nat() });

/** What a program, or somebody who means harm, may put there. */
const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      id: fc.constantFrom('i', 'j', '__proto__', 1),
      order: fc.oneof(
        fc.jsonValue(),
        fc.record(
          {
            type: fc.constantFrom('Start', 'Stop', 'Confirm', 'toString', '__proto__', 'Shutdown'),
            app: fc.oneof(
              fc.constantFrom('web', '../../etc', 'all', 'web:*', '/', 'supervisord', ''),
              fc.string({ unit: 'binary' }),
              fc.jsonValue(),
            ),
            process: fc.oneof(
              fc.constantFrom('web:*', 'other:web', 'web:', 'web', { toString: 1 }),
              fc.string({ unit: 'binary' }),
              fc.jsonValue(),
            ),
          },
          { requiredKeys: [] },
        ),
      ),
      by: fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.jsonValue()),
      from: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
      atMs: fc.oneof(fc.double(), fc.nat(), fc.jsonValue()),
    },
    { requiredKeys: [] },
  ),
);

const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value) ?? '');

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.uint8Array({ minLength: requestMaxBytes, maxLength: requestMaxBytes + 10, size: 'max' }),
  hostile.map(bytesOf),
);

const isPrintable = (text: string): boolean => !/[\p{C}\p{Zl}\p{Zp}]/u.test(text);

describe('parseRequest', () => {
  it('gives back every request that was formatted', () => {
    fc.assert(
      fc.property(request, (given) => {
        expect(parseRequest(given.id, formatRequest(given))).toEqual({ ok: true, value: given });
      }),
      fcParams(500),
    );
  });

  it('is total: whatever stands there is a harmless request or refused in a printable line', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const parsed = parseRequest('i', bytes);
        if (!parsed.ok) {
          expect(parsed.error.length).toBeLessThan(600);
          expect(isPrintable(parsed.error)).toBe(true);
          return;
        }
        const { value } = parsed;
        expect(value.id).toBe('i');
        expect(whoAsks(value)).toMatch(/^[^\s\p{C}]{1,64}@[^\s\p{C}]{1,64}$/u);
        if (value.order.type === 'Confirm') return;
        expect(value.order.app).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/);
        const member = 'process' in value.order ? value.order.process : undefined;
        if (member === undefined) return;
        expect(member.startsWith(`${value.order.app}:`)).toBe(true);
        expect(isPrintable(member)).toBe(true);
        expect(member.endsWith(':*')).toBe(false);
      }),
      fcParams(2_000),
    );
  });
});

describe('formatRequest', () => {
  it('stays within what is accepted, whatever the names are', () => {
    fc.assert(
      fc.property(
        request,
        fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }),
        (given, name) => {
          const bytes = formatRequest({ ...given, by: name, from: name });
          expect(bytes.length).toBeLessThanOrEqual(requestMaxBytes);
          expect(parseRequest(given.id, bytes).ok).toBe(true);
        },
      ),
      fcParams(500),
    );
  });
});

const answer: fc.Arbitrary<FleetAnswer> = fc
  .tuple(
    id,
    fc.constantFrom('Accepted', 'Done', 'Failed', 'Refused'),
    fc.string({ unit: 'binary', maxLength: 4_000 }),
    fc.option(fc.nat(86_400), { nil: undefined }),
  )
  .map(([of, state, detail, withinSec]) => ({
    ...{ id: of, state, detail },
    ...(withinSec === undefined ? {} : { withinSec }),
  }));

describe('parseAnswer', () => {
  it('gives back every answer, its words printable and bounded', () => {
    fc.assert(
      fc.property(answer, (given) => {
        const parsed = parseAnswer(given.id, formatAnswer(given));
        expect(parsed).toEqual({ ...given, detail: parsed?.detail });
        expect(isPrintable(parsed?.detail ?? '\n')).toBe(true);
        expect(parsed?.detail.length).toBeLessThanOrEqual(1_500);
      }),
      fcParams(500),
    );
  });

  it('is total', () => {
    fc.assert(
      fc.property(fc.oneof(anyBytes, hostile.map(bytesOf)), (bytes) => {
        const parsed = parseAnswer('i', bytes);
        expect(parsed === undefined || isPrintable(parsed.detail)).toBe(true);
      }),
      fcParams(1_000),
    );
  });
});
