/** The history of an app: records as JSON, what is kept of them, and both sources laid together. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemAt, mergeHistory, type SeenChange } from '../../../src/domain/fleet/appHistory.ts';
import {
  type AppTexts,
  historySizeMaxBytes,
  isSameTexts,
  type Publication,
  publicationsMax,
} from '../../../src/domain/fleet/publication.ts';
import {
  formatPublication,
  parsePublication,
  textsBefore,
} from '../../../src/domain/fleet/publicationCodec.ts';
import {
  type KeptRecord,
  nextRecord,
  readRecords,
} from '../../../src/domain/fleet/publicationRecords.ts';
import type { AppName, Revision } from '../../../src/domain/types.ts';
import { fcParams } from '../../support/seed.ts';

const web = 'web' as AppName;
const line = fc.string({ unit: 'binary', maxLength: 20 });
const texts: fc.Arbitrary<AppTexts> = fc.record({
  ips: fc.option(line, { nil: undefined }),
  content: fc.option(line, { nil: undefined }),
});
const publications = fc
  .record({
    action: fc.constantFrom('publish', 'unpublish', 'rollback', 'apply' as const),
    by: fc.string({ maxLength: 64 }),
    from: fc.string({ maxLength: 64 }),
    atMs: fc.maxSafeNat(),
    message: fc.option(fc.string({ minLength: 1, maxLength: 100 }), { nil: undefined }),
    to: fc.option(fc.maxSafeNat().map(revision), { nil: undefined }),
    before: fc.oneof(texts, fc.constant('Absent' as const)),
    after: fc.option(texts, { nil: undefined }),
  })
  .map(({ message, to, ...rest }) => ({
    ...rest,
    app: web,
    ...(message === undefined ? {} : { message }),
    ...(to === undefined ? {} : { to }),
  }));

function revision(value: number): Revision {
  return String(value) as Revision;
}

describe('parsePublication', () => {
  it('reads back what was written, with and without the record before', () => {
    fc.assert(
      fc.property(publications, publications, fc.boolean(), (first, second, isChained) => {
        const last: Publication = { ...first, seq: 1 };
        const before = isChained ? (last.after ?? ('Absent' as const)) : second.before;
        const publication: Publication = { ...second, before, seq: 2 };
        const text = formatPublication(publication, last);
        expect(parsePublication(web, 2, text, last)).toEqual(publication);
        const isLeftOut = isSameTexts(last.after, textsBefore(before));
        const alone = parsePublication(web, 2, text);
        expect(alone?.before).toEqual(isLeftOut ? 'Forgotten' : before);
        // Another one than the one before is no help.
        expect(parsePublication(web, 3, text, last)?.before).toEqual(alone?.before);
      }),
      fcParams(300),
    );
  });

  it('passes over what a later version adds, and takes no junk for a record', () => {
    fc.assert(
      fc.property(publications, fc.jsonValue(), (given, junk) => {
        const publication: Publication = { ...given, seq: 1 };
        const fields = JSON.parse(formatPublication(publication)) as Record<string, unknown>;
        const later = { ...fields, v: 9, news: junk, action: 'mend' };
        expect(parsePublication(web, 1, JSON.stringify(later))).toEqual({
          ...publication,
          action: 'other',
        });
        for (const field of ['by', 'from', 'at', 'after']) {
          const { [field]: _, ...rest } = fields;
          expect(parsePublication(web, 1, JSON.stringify(rest))).toBeUndefined();
        }
        const read = parsePublication(web, 1, JSON.stringify(junk));
        expect(read === undefined || typeof junk === 'object').toBe(true);
      }),
      fcParams(300),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        parsePublication(web, 1, text);
      }),
      fcParams(500),
    );
  });
});

describe('nextRecord', () => {
  const big = fc.integer({ min: 50_000, max: 200_000 }).map((size) => 'x'.repeat(size));

  it('keeps the newest within both bounds, numbers them on, and loses no text in between', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(publications, big), { maxLength: 70 }),
        fc.nat(5),
        (changes, junkSeq) => {
          let kept: readonly KeptRecord[] = junkSeq === 0 ? [] : [{ seq: junkSeq, text: '{' }];
          for (const change of changes) {
            const given =
              typeof change === 'string'
                ? { ...fixed, after: { ips: 'h', content: change } }
                : change;
            const next = nextRecord(given, kept);
            if (next === undefined) throw new Error('no number');
            expect(next.seq).toBe((kept.at(-1)?.seq ?? 0) + 1);
            const stays = kept.filter(({ seq }) => !next.dropped.includes(seq));
            // The oldest go.
            expect(kept.slice(0, next.dropped.length).map(({ seq }) => seq)).toEqual(next.dropped);
            kept = [...stays, next];
            expect(kept.length).toBeLessThanOrEqual(publicationsMax);
            const size = kept.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
            expect(size <= historySizeMaxBytes || kept.length === 1).toBe(true);
            const read = readRecords(web, kept).at(-1)?.publication;
            expect(read?.after).toEqual(given.after);
            const isFirst = kept.length === 1;
            if (!isFirst || read?.before !== 'Forgotten')
              expect(read?.before).toEqual(given.before);
          }
        },
      ),
      fcParams(20),
    );
  });

  it('has no number after the last one', () => {
    const kept = [{ seq: 9_999_999_999, text: '' }];
    expect(nextRecord(fixed, kept)).toBeUndefined();
  });
});

const fixed = {
  app: web,
  action: 'publish',
  by: 'a',
  from: 'b',
  atMs: 1,
  before: 'Absent',
  after: { ips: 'h', content: 'c' },
} as const;

describe('mergeHistory', () => {
  /** A true history; some changes by this program, the rest by others. */
  const truth = fc.array(fc.tuple(fc.option(texts, { nil: undefined }), fc.boolean()), {
    minLength: 1,
    maxLength: 12,
  });

  it('has every change that etcd or a record knows of, and says nothing untrue', () => {
    fc.assert(
      fc.property(truth, fc.nat(14), fc.nat(14), (states, memoryFrom, keptFrom) => {
        const at = (index: number) => states[index]?.[0];
        const all = states.map((_, index) => ({
          revision: revision(index + 2),
          before: index === 0 ? ('Absent' as const) : (at(index - 1) ?? ('Absent' as const)),
          after: at(index) ?? ('Absent' as const),
          isOurs: states[index]?.[1] === true,
        }));
        let kept: readonly KeptRecord[] = [];
        const revisions: Revision[] = [];
        for (const { revision: changed, before, after, isOurs } of all) {
          if (!isOurs) continue;
          const given = { ...fixed, before, after: after === 'Absent' ? undefined : after };
          const next = nextRecord(given, kept);
          if (next !== undefined) kept = [...kept, next];
          revisions.push(changed);
        }
        const dropped = Math.min(keptFrom, kept.length);
        const records = readRecords(web, kept.slice(dropped)).map(({ publication }, index) => ({
          revision: revisions[index + dropped] ?? revision(0),
          publication,
        }));
        const seen: SeenChange[] = all
          .filter((change) => Number(change.revision) >= memoryFrom)
          .map(({ revision: changed, before, after }, index) => ({
            revision: changed,
            before: index === 0 ? 'Forgotten' : before,
            after,
          }));
        const items = mergeHistory(records, seen);
        const known = new Set([...records, ...seen].map((change) => change.revision));
        const named = items.flatMap((item) => item.revision ?? []);
        expect(new Set(named)).toEqual(known);
        expect(named.map(Number)).toEqual(named.map(Number).sort((a, b) => b - a));
        for (const item of items) {
          const change = all.find((one) => one.revision === item.revision);
          if (change === undefined) continue;
          expect(item.publication !== undefined).toBe(
            change.isOurs && records.some((one) => one.revision === change.revision),
          );
          if (item.before !== 'Forgotten') expect(item.before).toEqual(change.before);
          expect(item.after).toEqual(change.after);
        }
        for (const change of all) {
          const found = itemAt(items, change.revision, revision(memoryFrom));
          if (found !== 'Unknown' && found.after !== 'Forgotten') {
            expect(found.after).toEqual(change.after);
          }
        }
      }),
      fcParams(500),
    );
  });
});
