/**
 * D1: an agent that is killed at any of its system calls ends where it would have ended anyway.
 *
 * `npm test` takes a few of the points, drawn from the seed; SUPERVENE_CRASH_POINTS=all takes all of
 * them, which takes an hour, and SUPERVENE_CRASH_POINTS=N so many of each operation. A point that
 * was found wanting is named, and can be asked for: SUPERVENE_CRASH_POINTS=files:fsync:2,main:clone:1.
 */
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRng } from '../../../src/simulate/kernel/rng.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { fcParams } from '../../support/seed.ts';
import { whyNoStrace } from '../support/strace.ts';
import { type CrashHost, startCrashHost } from './crashHost.ts';
import type { CallCounts, CrashPoint, Thread } from './killAtCall.ts';
import { operations } from './operations.ts';

const wanted = process.env['SUPERVENE_CRASH_POINTS'] ?? '2';
const isAll = wanted === 'all';
const isSample = /^\d$/.test(wanted);
const hoursMs = 3 * 3_600_000;

export function describeCrashPoints(driver: 'supervisorctl' | 'rpc'): void {
  describe(`by ${driver}`, () => {
    let etcd: Etcd;
    beforeAll(async () => {
      etcd = await startEtcd();
    });
    afterAll(() => etcd.stop());

    it.for(operations.map((operation) => [operation.name, operation] as const))(
      'D1: a %s in which the agent is killed at any call ends like any other',
      { timeout: isSample ? 120_000 : hoursMs },
      async ([name, operation], ctx) => {
        const whyNot = whyNoStrace();
        if (whyNot !== undefined) return ctx.skip(whyNot);
        const host = await startCrashHost(etcd, operation, driver);
        try {
          const rows = rowsOf(await host.count(), `${String(fcParams().seed)}/${name}/${driver}`);
          const { hits, violations } = await crashAtAll(host, rows);
          violations.push(...(await host.verifyJournal()));
          const found = `${String(hits)} points, ${String(violations.length)} violations`;
          console.log(`${name} by ${driver}: ${found}`);
          expect(violations).toEqual([]);
          expect(hits).toBeGreaterThan(0);
        } finally {
          await host.stop();
        }
      },
    );
  });
}

/** Calls that change nothing. */
const looks: ReadonlySet<string> = new Set([
  ...['read', 'pread64', 'statx', 'fstat', 'newfstatat', 'getdents64', 'close'],
]);

/** Points of one kind: all of them until three in a row are missed, or only the first that is hit. */
interface Row {
  readonly points: readonly CrashPoint[];
  readonly isWhole: boolean;
}

function rowsOf(counts: CallCounts, seed: string): readonly Row[] {
  const kinds = [...counts].map(([key, count]) => {
    const [thread, call] = key.split(':') as [Thread, string];
    return { call, count, point: (n: number): CrashPoint => ({ thread, call, n }) };
  });
  if (wanted.includes(':')) {
    return wanted.split(',').map((text) => {
      const [thread, call, n] = text.split(':') as [Thread, string, string];
      return { points: [{ thread, call, n: Number(n) }], isWhole: false };
    });
  }
  // More than were counted: no two runs make quite the same calls.
  if (isAll) {
    // What changes the world first, in case that somebody cannot wait for the end.
    const rank = ({ call }: { readonly call: string }): number => Number(looks.has(call));
    return kinds
      .toSorted((a, b) => rank(a) - rank(b))
      .map(({ count, point }) => ({
        points: numbers(count * 2 + 5).map(point),
        isWhole: true,
      }));
  }
  // The kind first: there is one rename among a hundred reads.
  const rng = createRng(seed);
  return Array.from({ length: Number(wanted) }, () => {
    const { count, point } = rng.pick(kinds);
    // Should it be missed: one that comes earlier.
    const ns = numbers(rng.below(count) + 1).toReversed();
    return { points: ns.map(point), isWhole: false };
  });
}

async function crashAtAll(host: CrashHost, rows: readonly Row[]) {
  const violations: string[] = [];
  let hits = 0;
  for (const { points, isWhole } of rows) {
    let misses = 0;
    if (isWhole) console.log(`${String(hits)} points; ${kindOf(points[0])}`);
    for (const point of points) {
      const wrong = await host.crashAt(point);
      if (wrong === 'Missed') {
        misses += 1;
        if (isWhole && misses === 3) break;
        continue;
      }
      misses = 0;
      hits += 1;
      if (wrong.length > 0) {
        violations.push(`${kindOf(point)}:${String(point.n)}: ${wrong.join('; ')}`);
        console.log(violations.at(-1));
      }
      if (!isWhole) break;
    }
  }
  return { hits, violations };
}

function kindOf(point: CrashPoint | undefined): string {
  return `${point?.thread ?? ''}:${point?.call ?? ''}`;
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
