import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HaltRecord, TurnRecord } from '../../../src/domain/rollout/turn.ts';
import {
  formatBegun,
  formatDrain,
  formatHalt,
  formatRender,
  formatTurn,
  parseBegun,
  parseDrain,
  parseHalt,
  parseRender,
  parseTurn,
  turnRecordMaxBytes,
} from '../../../src/domain/rollout/turnCodec.ts';
import type { Revision } from '../../../src/domain/types.ts';
import { fcParams } from '../../support/seed.ts';

const host = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$/);
const time = fc.nat();
const revision = fc.bigInt(0n, 2n ** 70n).map((number) => String(number) as Revision);
const turn: fc.Arbitrary<TurnRecord> = fc.record({
  ...{ host, revision },
  instance: fc.uuid(),
  sinceMs: time,
});
const line = fc.stringMatching(/^[ -~äöü€😀]{0,80}$/u);
const halt: fc.Arbitrary<HaltRecord> = fc
  .tuple(revision, fc.option(host, { nil: undefined }), line, line, time)
  .map(([of, where, reason, by, atMs]) => ({
    revision: of,
    ...(where === undefined ? {} : { host: where }),
    ...{ code: 'E_UNHEALTHY', reason, by, atMs },
  }));

const anything = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      host: fc.oneof(host, fc.string({ unit: 'binary' }), fc.constant('a/b'), fc.jsonValue()),
      instance: fc.oneof(fc.uuid(), fc.jsonValue()),
      revision: fc.oneof(revision, fc.constantFrom('-1', '01', '1e3', ''), fc.jsonValue()),
      sinceMs: fc.oneof(time, fc.double(), fc.jsonValue()),
      atMs: fc.oneof(time, fc.constantFrom(-1, 1.5), fc.jsonValue()),
      code: fc.oneof(fc.constantFrom('E_X', 'e x', '\u001b[2J'), fc.jsonValue()),
      reason: fc.oneof(fc.string({ unit: 'binary', maxLength: 3_000 }), fc.jsonValue()),
      by: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
    },
    { requiredKeys: [] },
  ),
);
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.uint8Array({ minLength: turnRecordMaxBytes, maxLength: turnRecordMaxBytes + 9, size: 'max' }),
  anything.map((value): Uint8Array => Buffer.from(JSON.stringify(value) ?? '')),
);

function isHarmless(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isHarmless);
  return typeof value !== 'string' || !/[\p{C}\p{Zl}\p{Zp}]/u.test(value);
}

describe('records of turns', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(turn, halt, (one, stop) => {
        const drain = { host: one.host, sinceMs: one.sinceMs };
        const render = { revision: one.revision };
        expect(parseTurn(formatTurn(one))).toEqual(one);
        expect(parseBegun(formatBegun(one))).toEqual(one);
        expect(parseDrain(formatDrain(drain))).toEqual(drain);
        expect(parseRender(formatRender(render))).toEqual(render);
        expect(parseHalt(formatHalt(stop))).toEqual(stop);
      }),
      fcParams(500),
    );
  });

  it('are none where anything else stands, and what is read is harmless', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const all = [parseTurn, parseBegun, parseDrain, parseHalt, parseRender];
        for (const parse of all) {
          const record = parse(bytes);
          expect(isHarmless(record)).toBe(true);
          if (record !== undefined && 'host' in record) expect(record.host).not.toContain('/');
          if (record !== undefined && 'revision' in record) {
            expect(record.revision).toMatch(/^(?:0|[1-9]\d*)$/);
          }
        }
      }),
      fcParams(2_000),
    );
  });

  it('of a halt can be read whatever its reason is', () => {
    const text = fc.string({ unit: 'binary', maxLength: 4_000 });
    fc.assert(
      fc.property(halt, text, text, text, (given, reason, by, code) => {
        const bytes = formatHalt({ ...given, reason, by, code });
        expect(bytes.length).toBeLessThanOrEqual(turnRecordMaxBytes);
        expect(parseHalt(bytes)?.revision).toBe(given.revision);
      }),
      fcParams(500),
    );
  });
});
