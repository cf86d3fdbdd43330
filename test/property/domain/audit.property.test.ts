/** The audit trail: a chain in which whatever was done to it afterwards is found. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../src/domain/console/api.ts';
import {
  auditKey,
  type AuditNote,
  auditStart,
  checkEntry,
  checkStart,
  formatEntry,
  auditTextMax,
  formatHead,
  nextEntries,
  parseAuditKey,
  partsOf,
  parseEntry,
  parseHead,
  verdictOf,
  type AuditHead,
  type AuditWish,
} from '../../../src/domain/console/audit.ts';
import { fcParams } from '../../support/seed.ts';

const text = fc.string({ unit: 'binary', maxLength: 12 });
const wishes: fc.Arbitrary<AuditWish> = fc.record({
  atMs: fc.maxSafeNat(),
  ...{ user: text, from: text, action: text, target: text, before: text, after: text },
  outcome: fc.constantFrom('asked', 'done', 'failed', 'refused' as const),
  of: fc.option(fc.maxSafeNat(), { nil: null }),
  detail: text,
});
/** Of a wish that one entry has room for. */
function nextEntry(last: AuditHead, { atMs, ...note }: AuditWish): AuditEntry {
  const [entry, more] = nextEntries(last, partsOf(note), atMs);
  if (entry === undefined || more !== undefined) throw new Error('it is one entry');
  return entry;
}

const trails = fc.array(wishes, { minLength: 1, maxLength: 12 }).map(trailOf);

/** As it stands in etcd: by key, in their order. */
interface Stored {
  readonly seq: number;
  readonly text: string;
}

interface Trail {
  readonly stored: readonly Stored[];
  readonly head: AuditHead;
}

function trailOf(all: readonly AuditWish[]): Trail {
  const stored: Stored[] = [];
  let head = auditStart;
  for (const wish of all) {
    const entry = nextEntry(head, wish);
    head = entry;
    stored.push({ seq: entry.seq, text: formatEntry(entry) });
  }
  return { stored, head: { seq: head.seq, hash: head.hash } };
}

function verdict(stored: readonly Stored[], head: AuditHead | undefined) {
  const inOrder = [...stored].sort((a, b) => a.seq - b.seq);
  const check = inOrder.reduce((at, { seq, text: said }) => checkEntry(at, seq, said), checkStart);
  return verdictOf(check, head);
}

describe('safety', () => {
  it('finds a trail whole that nobody touched', () => {
    fc.assert(
      fc.property(trails, ({ stored, head }) => {
        expect(verdict(stored, head)).toEqual({ isWhole: true, from: 1, to: stored.length });
      }),
      fcParams(200),
    );
  });

  it('reads an entry back as it was written', () => {
    fc.assert(
      fc.property(wishes, (wish) => {
        const entry = nextEntry(auditStart, wish);
        expect(parseEntry(formatEntry(entry))).toEqual(entry);
        expect(parseHead(formatHead(entry))).toEqual({ seq: 1, hash: entry.hash });
      }),
      fcParams(300),
    );
  });

  it('finds an entry in which any one field is another, whoever also makes its own hash fit', () => {
    const changes = fc.tuple(trails, fc.nat(), wishes, fc.boolean());
    fc.assert(
      fc.property(changes, ({ 0: { stored, head }, 1: at, 2: other, 3: isRehashed }) => {
        const index = at % stored.length;
        const seq = index + 1;
        const entry = parseEntry(stored[index]?.text ?? '');
        expect(entry).toBeDefined();
        if (entry === undefined) return;
        for (const field of Object.keys(other) as (keyof AuditWish)[]) {
          if (other[field] === entry[field]) continue;
          const changed = { ...entry, [field]: other[field] } as AuditEntry;
          const last = { seq: seq - 1, hash: entry.previous };
          const written = isRehashed ? nextEntry(last, changed) : changed;
          const forged = stored.map((one) => {
            return one.seq === seq ? { seq, text: formatEntry(written) } : one;
          });
          expect(verdict(forged, head)).toMatchObject({ isWhole: false });
        }
      }),
      fcParams(100),
    );
  });

  it('finds each byte of an entry that is another one', () => {
    fc.assert(
      fc.property(trails, fc.nat(), fc.nat(), text, ({ stored, head }, at, place, put) => {
        const index = at % stored.length;
        const old = stored[index]?.text ?? '';
        const from = place % (old.length + 1);
        const changed = old.slice(0, from) + put + old.slice(from + put.length);
        fc.pre(changed !== old);
        const forged = stored.map((one, each) =>
          each === index ? { ...one, text: changed } : one,
        );
        expect(verdict(forged, head)).toMatchObject({ isWhole: false });
      }),
      fcParams(500),
    );
  });

  it('finds entries that are taken out, wherever', () => {
    const cuts = fc.tuple(trails, fc.infiniteStream(fc.boolean()));
    fc.assert(
      fc.property(cuts, ([{ stored, head }, stream]) => {
        const left = stored.filter(() => stream.next().value !== true);
        fc.pre(left.length < stored.length);
        expect(verdict(left, head)).toMatchObject({ isWhole: false });
      }),
      fcParams(300),
    );
  });

  it('finds an entry that was put in, and those behind it moved on', () => {
    fc.assert(
      fc.property(trails, fc.nat(), wishes, ({ stored, head }, at, wish) => {
        const index = at % (stored.length + 1);
        const hash = parseEntry(stored[index - 1]?.text ?? '')?.hash ?? auditStart.hash;
        const put = nextEntry({ seq: index, hash }, wish);
        const behind = stored.slice(index).map((one) => ({ ...one, seq: one.seq + 1 }));
        const forged = [
          ...stored.slice(0, index),
          { seq: put.seq, text: formatEntry(put) },
          ...behind,
        ];
        expect(verdict(forged, head)).toMatchObject({ isWhole: false });
      }),
      fcParams(300),
    );
  });

  it('says all of what is long, over several entries that follow one another', () => {
    const unit = fc.constantFrom('a', '"', '\\', '; ', '字', '😀', '\u0000');
    const long = fc
      .tuple(fc.array(unit, { minLength: 1, maxLength: 9 }), fc.nat({ max: 9_000 }))
      .map(([units, length]) => units.join('').repeat(length).slice(0, length));
    const notes: fc.Arbitrary<AuditNote> = wishes.chain(({ atMs: _atMs, ...wish }) =>
      fc.record({
        ...{ before: long, after: long, detail: long },
        ...{ user: fc.constant(wish.user), from: fc.constant(wish.from) },
        ...{ action: fc.constant(wish.action), target: fc.constant(wish.target) },
        ...{ outcome: fc.constant(wish.outcome), of: fc.constant(wish.of) },
      }),
    );
    fc.assert(
      fc.property(notes, notes, fc.nat(), (one, other, atMs) => {
        const parts = [...partsOf(one), ...partsOf(other)];
        const entries = nextEntries(auditStart, parts, atMs);
        const head = entries.at(-1) ?? auditStart;
        const stored = entries.map((entry) => ({ seq: entry.seq, text: formatEntry(entry) }));
        expect(verdict(stored, head)).toEqual({ isWhole: true, from: 1, to: entries.length });
        const begins = parts.findIndex((part, at) => at > 0 && !part.isMore);
        const both = [
          [one, entries.slice(0, begins)],
          [other, entries.slice(begins)],
        ] as const;
        for (const [note, its] of both) {
          const said = (field: 'before' | 'after' | 'detail'): string =>
            its.map((entry) => entry[field].replace(/^\[\d+\/\d+\] /, '')).join('');
          expect(said('before')).toBe(note.before);
          expect(said('after')).toBe(note.after);
          if (its.length > 1) expect(said('detail')).toBe(note.detail);
          for (const { target, of } of its.slice(1)) {
            expect(target).toBe(note.target);
            expect(of).toBe(note.of ?? its[0]?.seq);
          }
          for (const { text: said2 } of stored) expect(said2.length).toBeLessThan(80_000);
        }
      }),
      fcParams(60),
    );
  });

  it('cuts nothing without its digest and its length', () => {
    const most = auditTextMax;
    const noteOf = (after: string, target: string): AuditNote => ({
      ...{ user: 'u', from: 'f', action: 'a', before: '', detail: '', outcome: 'asked', of: null },
      ...{ after, target },
    });
    const all = 'x'.repeat(most - 1);
    const saidOf = (note: AuditNote): string =>
      partsOf(note)
        .map((part) => part.note.after)
        .join('');
    expect(saidOf(noteOf(`${all}y`, 't'))).toBe(`${all}y`);
    const [one, other] = [saidOf(noteOf(`${all}yy`, 't')), saidOf(noteOf(`${all}yz`, 't'))];
    expect(one).not.toBe(other);
    expect(one).toContain(`of ${String(most + 1)} characters`);
    const targets = ['a', 'b'].map((end) => partsOf(noteOf('', `${all}${end}`))[0]?.note.target);
    expect(targets[0]).not.toBe(targets[1]);
    expect(targets[0]).toMatch(/sha256:[0-9a-f]{64} of 64000 characters/);
  });

  it('finds two entries that changed places', () => {
    fc.assert(
      fc.property(trails, fc.nat(), fc.nat(), ({ stored, head }, a, b) => {
        const [one, other] = [stored[a % stored.length], stored[b % stored.length]];
        fc.pre(one !== undefined && other !== undefined && one !== other);
        const forged = stored.map((each) => {
          if (each === one) return { seq: each.seq, text: other?.text ?? '' };
          return each === other ? { seq: each.seq, text: one?.text ?? '' } : each;
        });
        expect(verdict(forged, head)).toMatchObject({ isWhole: false });
      }),
      fcParams(300),
    );
  });

  it('finds a head that is gone', () => {
    fc.assert(
      fc.property(trails, ({ stored }) => {
        expect(verdict(stored, undefined)).toMatchObject({ isWhole: false });
      }),
      fcParams(50),
    );
  });

  it('keys sort as their numbers, and are read back', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        const [one, other] = [auditKey('/fleet', a), auditKey('/fleet/', b)];
        expect(one < other).toBe(a < b);
        expect(parseAuditKey('/fleet', one)).toBe(a);
      }),
      fcParams(100),
    );
  });
});
