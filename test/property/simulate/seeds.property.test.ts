/**
 * Whole clusters from seeds, with every invariant watched: some that are always the same, and some
 * from the seed of this run of the tests. `npm run soak` does nothing else.
 */
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../src/simulate/run/failure.ts';
import { commandOf, type Size } from '../../../src/simulate/run/request.ts';
import { simulate } from '../../../src/simulate/run/simulate.ts';
import { faultNames } from '../../../src/simulate/script/faults.ts';
import { fcParams } from '../../support/seed.ts';

const { seed: fresh } = fcParams();
const all = { events: 600, faults: faultNames };

const sizes: readonly Size[] = [
  { seed: '1', hosts: 2, apps: 8, ...all, faults: [] },
  ...numbered('', 1, 14).map((seed) => ({ seed, hosts: 2, apps: 8, ...all })),
  ...numbered('', 21, 4).map((seed) => ({ seed, hosts: 4, apps: 4, ...all })),
  ...numbered('', 31, 2).map((seed) => ({ seed, hosts: 1, apps: 30, ...all })),
  // A hole in the journal after a power cut.
  { seed: '3133993-1', hosts: 2, apps: 8, ...all },
  ...numbered(`${String(fresh)}-`, 1, 6).map((seed) => ({ seed, hosts: 2, apps: 8, ...all })),
];

describe('a simulated cluster', () => {
  it.each(sizes.map((size) => [commandOf({ ...size, keep: undefined }), size] as const))(
    'keeps every promise: %s',
    async (command, size) => {
      const result = await simulate({ ...size, version: '1.2.3' });
      expect(failureOf(result), `to see it again: ${command}`).toBeUndefined();
      expect(result.events).toBeGreaterThanOrEqual(size.events);
    },
  );
});

describe('Determinism', () => {
  it('gives the same events, steps and journals for the same seed, byte for byte', async () => {
    const options = { seed: String(fresh), hosts: 2, apps: 6, ...all, version: '1.2.3' };
    const first = await simulate({ ...options, keepsJournal: true });
    const second = await simulate({ ...options, keepsJournal: true });
    const told = ({ events, steps, elapsedMs, digest, script, violations }: typeof first) => {
      return { events, steps, elapsedMs, digest, script, violations };
    };
    expect(told(second)).toEqual(told(first));
    const plain = ({ journals }: typeof first) =>
      [...journals].map(([host, files]) => [
        host,
        [...files].map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
      ]);
    expect(plain(first).length).toBe(2);
    expect(plain(second)).toEqual(plain(first));
  });

  it('is the same with and without the journals kept, and for the script that was performed', async () => {
    const options = { seed: `${String(fresh)}-1`, hosts: 2, apps: 6, ...all, version: '1.2.3' };
    const first = await simulate(options);
    expect((await simulate({ ...options, keepsJournal: true })).digest).toBe(first.digest);
    expect((await simulate({ ...options, script: first.script })).digest).toBe(first.digest);
  });

  it('gives another history for another seed', async () => {
    const options = { hosts: 1, apps: 4, events: 60, faults: faultNames, version: '1.2.3' };
    const [a, b] = [
      await simulate({ ...options, seed: 'a' }),
      await simulate({ ...options, seed: 'b' }),
    ];
    expect(a.digest).not.toBe(b.digest);
  });
});

function numbered(start: string, first: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${start}${String(first + index)}`);
}
