import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  AppCondition,
  AppReport,
  HostReport,
  ProcessReport,
} from '../../../src/domain/fleet/hostReport.ts';
import {
  decodeReport,
  type EncodedReport,
  encodeReport,
  headMaxBytes,
  partMaxBytes,
} from '../../../src/domain/fleet/reportCodec.ts';
import type { AppName, ProcessState } from '../../../src/domain/types.ts';
import { rev } from '../../support/etcdValues.ts';
import { fcParams } from '../../support/seed.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

function decode({ head, parts }: Pick<EncodedReport, 'head' | 'parts'>) {
  const numbered = parts.map((part, index) => [index + 1, bytes(part)] as const);
  const decoded = decodeReport(bytes(head), new Map(numbered));
  if (!decoded.ok) throw new Error(decoded.error);
  return decoded.value;
}

/** What may be shown as it is; anything else is taken out when it is read. */
const shown = fc.string({ maxLength: 40 }).map((text) => text.replace(/[^ -~]/g, 'é'));
const revisions = fc.bigInt({ min: 0n, max: 2n ** 63n }).map((n) => rev(n));
const counts = fc.nat({ max: 2 ** 31 });
const states: readonly ProcessState[] = ['RUNNING', 'FATAL', 'UNKNOWN', 'STOPPED'];
const conditions: readonly AppCondition[] = ['converged', 'held', 'rolled-back'];

const processes: fc.Arbitrary<readonly ProcessReport[]> = fc
  .uniqueArray(
    fc.record({
      id: shown,
      state: fc.constantFrom(...states),
      pid: counts,
      startSec: counts,
    }),
    { selector: ({ id }) => id, maxLength: 4 },
  )
  .map((all) => all.toSorted((a, b) => (a.id < b.id ? -1 : 1)));

const appNames = fc.integer({ min: 0, max: 150 }).map((n) => `app${String(n)}` as AppName);

const appReports: fc.Arbitrary<AppReport> = fc.record(
  {
    app: appNames,
    condition: fc.constantFrom(...conditions),
    sinceMs: counts,
    wantedRevision: revisions,
    appliedRevision: revisions,
    code: shown,
    reason: fc.oneof(shown, fc.constant('long '.repeat(60))),
    processes,
    processesLeftOut: fc.integer({ min: 1, max: 99 }),
  },
  { requiredKeys: ['app', 'condition', 'sinceMs', 'processes'] },
);

const apps = fc
  .uniqueArray(appReports, { selector: ({ app }) => app, maxLength: 100 })
  .map((all) => all.toSorted((a, b) => (a.app < b.app ? -1 : 1)));

const reports: fc.Arbitrary<HostReport> = fc.record(
  {
    host: shown,
    instance: shown,
    version: shown,
    addresses: fc.array(shown, { maxLength: 3 }),
    hostNames: fc.array(shown, { maxLength: 3 }),
    atMs: counts,
    startedAtMs: counts,
    endedAtMs: counts,
    observedRevision: revisions,
    appliedRevision: revisions,
    problems: fc.array(shown, { maxLength: 3 }),
    http: shown,
    apps,
    others: processes,
  },
  {
    requiredKeys: [
      ...(['host', 'instance', 'version', 'addresses', 'hostNames', 'atMs'] as const),
      ...(['startedAtMs', 'observedRevision', 'appliedRevision', 'problems'] as const),
      ...(['apps', 'others'] as const),
    ],
  },
);

/** The next report of a host: some apps came, went or changed. */
const followers = (report: HostReport): fc.Arbitrary<HostReport> =>
  fc.tuple(apps, fc.array(fc.nat({ max: 99 }), { maxLength: 3 })).map(([fresh, gone]) => {
    const kept = report.apps.filter((_, index) => !gone.includes(index));
    const added = fresh.slice(0, 3).filter(({ app }) => !kept.some((one) => one.app === app));
    const all = [...kept, ...added].toSorted((a, b) => (a.app < b.app ? -1 : 1));
    return { ...report, apps: all };
  });

/** What an agent may say of an app the next time, right or wrong: one thing is another. */
const strays: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc.oneof(
  fc.record({ condition: fc.constantFrom('converged', 'held', 'odd', null) }),
  fc.record({ sinceMs: fc.constantFrom(1, '1', null) }),
  fc.record({ wantedRevision: fc.constantFrom('7', 'x', 7, null) }),
  fc.record({ appliedRevision: fc.constantFrom('7', 'x', null) }),
  fc.record({ code: fc.constantFrom('Code', 'a\u0000b', 3) }),
  fc.record({ reason: fc.constantFrom('because', 'a\u202eb', null) }),
  fc.record({ processesLeftOut: fc.constantFrom(0, 3, -1) }),
);
const strayProcess: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc.oneof(
  fc.record({ id: fc.constantFrom('a:a', 5) }),
  fc.record({ state: fc.constantFrom('STOPPING', 'ODD') }),
  fc.record({ pid: fc.constantFrom(-1, 7) }),
  fc.record({ startSec: fc.constantFrom(-1, 8) }),
);
const change = fc.record({
  app: fc.nat(),
  stray: fc.option(strays),
  process: fc.option(fc.tuple(fc.nat(), fc.option(strayProcess))),
  isOneMore: fc.boolean(),
});

describe('safety', () => {
  it('what is written is read as it was', () => {
    fc.assert(
      fc.property(reports, (report) => {
        expect(decode(encodeReport(report))).toEqual({ report, faults: [] });
      }),
      fcParams(200),
    );
  });

  it('a report that follows another is read as it was, and no part is too large', () => {
    fc.assert(
      fc.property(
        reports.chain((first) => fc.tuple(fc.constant(first), followers(first), reports)),
        (sequence) => {
          let packing: EncodedReport['packing'] | undefined;
          for (const report of sequence) {
            const encoded = encodeReport(report, packing);
            packing = encoded.packing;
            expect(decode(encoded)).toEqual({ report, faults: [] });
            for (const part of encoded.parts) {
              expect(bytes(part).length).toBeLessThanOrEqual(partMaxBytes);
            }
          }
        },
      ),
      fcParams(200),
    );
  });

  it('a report read after another is read as it is alone, and keeps what is said again', () => {
    fc.assert(
      fc.property(reports, fc.array(change, { maxLength: 3 }), (first, changes) => {
        const before = decode(encodeReport(first)).report;
        const next: Record<string, unknown>[] = before.apps.map((app) => ({ ...app }));
        for (const { app, stray, process, isOneMore } of changes) {
          const one = next[app % Math.max(1, next.length)];
          if (one === undefined) continue;
          Object.assign(one, stray);
          const all = one['processes'] as readonly ProcessReport[];
          if (isOneMore) one['processes'] = [...all, { ...all[0], id: 'one more' }];
          if (process === null || isOneMore) continue;
          const [at, other] = process;
          one['processes'] = all.flatMap((said, index) => {
            if (index !== at % all.length) return [said];
            return other === null ? [] : [{ ...said, ...other }];
          });
        }
        const head = bytes(JSON.stringify({ ...first, format: 1, parts: 0, apps: next }));
        const after = decodeReport(head, new Map(), before);
        expect(after).toEqual(decodeReport(head, new Map()));
        if (!after.ok) throw new Error(after.error);
        for (const [index, was] of before.apps.entries()) {
          const isSame = JSON.stringify(was) === JSON.stringify(next[index]);
          if (isSame) expect(after.value.report.apps[index]).toBe(was);
        }
      }),
      fcParams(200),
    );
  });

  it('the head has the apps of a small host, and is not too large', () => {
    fc.assert(
      fc.property(reports, (report) => {
        const small = { ...report, apps: report.apps.slice(0, 5), others: [] };
        const { head, parts } = encodeReport(small);
        const inHead = JSON.parse(head) as { readonly apps: readonly AppReport[] };
        const itemsBytes = bytes(JSON.stringify(small.apps)).length;
        if (itemsBytes < headMaxBytes / 2) {
          expect(parts).toEqual([]);
          expect(inHead.apps).toHaveLength(small.apps.length);
        }
        const bare = bytes(encodeReport({ ...report, apps: [], others: [] }).head).length;
        const whole = bytes(encodeReport(report).head).length;
        const largest = Math.max(0, ...report.apps.map((app) => bytes(JSON.stringify(app)).length));
        expect(whole).toBeLessThanOrEqual(bare + Math.max(headMaxBytes, largest + 200));
      }),
      fcParams(200),
    );
  });

  it('an app that changes rewrites its part and at most one more', () => {
    fc.assert(
      fc.property(reports, fc.nat(), appReports, (report, at, change) => {
        fc.pre(report.apps.length > 0);
        const index = at % report.apps.length;
        const next = report.apps.map((app, one) =>
          one === index ? { ...change, app: app.app } : app,
        );
        const before = encodeReport(report);
        const after = encodeReport({ ...report, apps: next }, before.packing);
        const both = Math.max(before.parts.length, after.parts.length);
        const rewritten = Array.from({ length: both }, (_, part) => part).filter(
          (part) => before.parts[part] !== after.parts[part],
        );
        expect(rewritten.length).toBeLessThanOrEqual(2);
      }),
      fcParams(200),
    );
  });

  it('an app that comes or goes leaves the others where they are', () => {
    fc.assert(
      fc.property(reports, fc.nat(), (report, at) => {
        fc.pre(report.apps.length > 0);
        const gone = at % report.apps.length;
        const fewer = { ...report, apps: report.apps.filter((_, index) => index !== gone) };
        const [all, less] = [encodeReport(report), encodeReport(fewer)];
        for (const [from, to] of [
          [all, encodeReport(fewer, all.packing)],
          [less, encodeReport(report, less.packing)],
        ] as const) {
          const changed = from.parts.filter((part, index) => {
            return to.parts[index] !== undefined && to.parts[index] !== part;
          });
          expect(changed.length).toBeLessThanOrEqual(1);
        }
      }),
      fcParams(200),
    );
  });

  it('whatever stands in etcd is read without a throw, and what is whole counts', () => {
    fc.assert(
      fc.property(
        reports,
        fc.array(fc.tuple(fc.nat(), fc.oneof(fc.string(), fc.json())), { maxLength: 3 }),
        (report, damages) => {
          const { head, parts } = encodeReport(report);
          const stored = new Map(parts.map((part, index) => [index + 1, bytes(part)]));
          const damaged = new Set<number>();
          for (const [at, junk] of damages) {
            const part = 1 + (at % (parts.length + 1));
            stored.set(part, bytes(junk));
            if (part <= parts.length) damaged.add(part);
          }
          const decoded = decodeReport(bytes(head), stored);
          if (!decoded.ok) throw new Error(decoded.error);
          const read = new Set(decoded.value.report.apps.map(({ app }) => app));
          for (const [index, part] of parts.entries()) {
            if (damaged.has(index + 1)) continue;
            const inIt = JSON.parse(part) as { readonly apps: readonly AppReport[] };
            for (const { app } of inIt.apps) expect(read.has(app)).toBe(true);
          }
          expect(decoded.value.faults.length > 0).toBe(damaged.size > 0);
        },
      ),
      fcParams(200),
    );
  });

  it('junk in place of the head is no report', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytes)), (junk) => {
        const decoded = decodeReport(junk, new Map());
        if (decoded.ok) expect(JSON.parse(Buffer.from(junk).toString())).toHaveProperty('host');
      }),
      fcParams(200),
    );
  });
});
