/** The history of an app: records as JSON, what is kept of them, and both sources laid together. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isVouchedFor,
  itemAt,
  mergeHistory,
  type SeenChange,
} from '../../../src/domain/fleet/appHistory.ts';
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
const texts: fc.Arbitrary<AppTexts> = fc.record(
  {
    ips: fc.option(line, { nil: undefined }),
    content: fc.option(line, { nil: undefined }),
    rollout: line,
  },
  { requiredKeys: ['ips', 'content'] },
);
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
        // Another one than the one before is no help, nor one that was written again since.
        expect(parsePublication(web, 3, text, last)?.before).toEqual(alone?.before);
        const forged = { ...last, after: { ips: '*', content: 'forged' } };
        expect(parsePublication(web, 2, text, forged)?.before).toEqual(alone?.before);
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
  /** After which change, whose text goes over it, and whether it is a new one instead. */
  const forgeries = fc.array(fc.tuple(fc.nat(12), fc.nat(12), fc.boolean()), { maxLength: 4 });
  const evil = { ips: '*', content: 'evil' };
  const forgedText = formatPublication({ ...fixed, seq: 1, before: evil, after: evil });

  /** Changes have even revisions, what is forged has odd ones. */
  function play(
    states: readonly (readonly [AppTexts | undefined, boolean])[],
    forged: readonly (readonly [number, number, boolean])[],
  ) {
    const textsAt = (index: number) => states[index]?.[0] ?? ('Absent' as const);
    let kept: readonly (KeptRecord & { readonly revision: Revision })[] = [];
    const changes = states.map(([, isOurs], index) => {
      const before = textsAt(index - 1);
      const after = textsAt(index);
      const change = { revision: revision(2 * index + 2), before, after, isOurs };
      const given = { ...fixed, before, after: after === 'Absent' ? undefined : after };
      const next = isOurs ? nextRecord(given, kept) : undefined;
      if (next !== undefined) kept = [...kept, { ...next, revision: change.revision }];
      for (const [, over, isNew] of forged.filter(([when]) => when === index)) {
        const seq = isNew ? (kept.at(-1)?.seq ?? 0) + 1 : kept[over % kept.length]?.seq;
        const others = kept.filter((record) => record.seq !== seq);
        const fake = { seq: seq ?? 1, text: forgedText, revision: revision(2 * index + 3) };
        kept = [...others, fake].sort((a, b) => a.seq - b.seq);
      }
      return change;
    });
    const revisions = new Map(kept.map((record) => [record.seq, record.revision]));
    const records = readRecords(web, kept).map(({ seq, publication }) => ({
      revision: revisions.get(seq) ?? revision(0),
      publication,
    }));
    return { changes, records };
  }

  function seenFrom(
    changes: ReturnType<typeof play>['changes'],
    memoryFrom: number,
  ): readonly SeenChange[] {
    const [newest] = changes.slice(-1);
    // What stands there has the revision of its change, however old that is. Of a removal at the
    // oldest revision that can be read nothing is seen.
    const isSeen = (change: typeof newest): boolean =>
      change?.after === 'Absent'
        ? Number(change.revision) > memoryFrom
        : Number(change?.revision) >= memoryFrom || change === newest;
    return changes.filter(isSeen).map(({ revision: changed, before, after }) => ({
      revision: changed,
      before: Number(changed) - 1 < memoryFrom ? 'Forgotten' : before,
      after,
      rewritten: undefined,
    }));
  }

  it('has every change that etcd or a record knows of, and says nothing untrue', () => {
    fc.assert(
      fc.property(truth, fc.nat(26), (states, memoryFrom) => {
        const { changes, records } = play(states, []);
        const seen = seenFrom(changes, memoryFrom);
        const oldest = Number(seen[0]?.revision ?? memoryFrom);
        const knownFrom = revision(Math.min(memoryFrom, oldest));
        const { items, falseRecords } = mergeHistory(records, seen, knownFrom);
        expect(falseRecords).toEqual([]);
        const known = new Set([...records, ...seen].map((change) => change.revision));
        const named = items.flatMap((item) => item.revision ?? []);
        expect(new Set(named)).toEqual(known);
        expect(named.map(Number)).toEqual(named.map(Number).sort((a, b) => b - a));
        for (const item of items) {
          const change = changes.find((one) => one.revision === item.revision);
          if (change === undefined) continue;
          expect(item.publication !== undefined).toBe(change.isOurs);
          if (item.before !== 'Forgotten') expect(item.before).toEqual(change.before);
          expect(item.after).toEqual(change.after);
        }
        for (const change of changes) {
          const found = itemAt(items, change.revision, revision(memoryFrom));
          if (typeof found !== 'string' && found.after !== 'Forgotten') {
            expect(found.after).toEqual(change.after);
          }
        }
      }),
      fcParams(500),
    );
  });

  it('does not believe who writes records alone: never where etcd can tell, never without saying so', () => {
    fc.assert(
      fc.property(truth, forgeries, fc.nat(26), (states, forged, memoryFrom) => {
        const { changes, records } = play(states, forged);
        const seen = seenFrom(changes, memoryFrom);
        const oldest = Number(seen[0]?.revision ?? memoryFrom);
        const knownFrom = Math.min(memoryFrom, oldest);
        const { items, falseRecords } = mergeHistory(records, seen, revision(knownFrom));
        for (const item of items) {
          if (item.revision === undefined) continue;
          const isForged = Number(item.revision) % 2 === 1;
          if (isForged) expect(Number(item.revision)).toBeLessThan(knownFrom);
          if (!isForged && item.isInEtcd) {
            expect([item.before, item.after]).not.toContainEqual(evil);
          }
        }
        expect(falseRecords.every((at) => Number(at) % 2 === 1)).toBe(true);
        expect(isVouchedFor(items, evil)).toBe(false);
      }),
      fcParams(500),
    );
  });
});
