import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differOnlyInTime } from '../../../src/clients/sameReply.ts';
import { pythonReply, type Raw, rawProcess } from '../../support/processReply.ts';
import { fcParams } from '../../support/seed.ts';

const raw: fc.Arbitrary<Raw> = fc
  .record({
    name: fc.constantFrom('web', 'db', 'now', 'description', '<name>now'),
    now: fc.integer({ min: 8, max: 12 }),
    description: fc.constantFrom('', 'a', 'ab', 'pid 1, uptime 0:00:09', 'x</member>'),
    state: fc.constantFrom(0, 10, 20),
    pid: fc.constantFrom(1, 12, 123),
    spawnerr: fc.constantFrom('', 'a', 'Bad exit code 1'),
  })
  .map(rawProcess);

const timeless = (processes: readonly Raw[]): unknown =>
  processes.map((process) => ({ ...process, now: 0, description: '' }));

describe('differOnlyInTime', () => {
  it('says yes exactly when nothing but now and description differs', () => {
    fc.assert(
      fc.property(
        fc.array(raw, { maxLength: 4 }),
        fc.array(raw, { maxLength: 4 }),
        fc.boolean(),
        (some, others, isKin) => {
          // Kin differ little: the case that matters.
          const b = isKin
            ? some.map((process, at) => ({
                ...process,
                now: others[at]?.['now'] ?? 7,
                description: others[at]?.['description'] ?? 'longer than before',
              }))
            : others;
          const isSame = JSON.stringify(timeless(some)) === JSON.stringify(timeless(b));
          expect(differOnlyInTime(pythonReply(some), pythonReply(b))).toBe(isSame);
        },
      ),
      fcParams(1_000),
    );
  });
});
