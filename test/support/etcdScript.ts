/** Random things to do to an etcd, for two of them at once; revisions are relative to the moment. */
import * as fc from 'fast-check';
import { type RangeQuery, type TxnQuery, type WatchQuery } from '../../src/domain/etcdCalls.ts';
import { rev } from './etcdValues.ts';
import { type EtcdSide, type SeenWatch } from './etcdSides.ts';
import { waitFor } from './waitFor.ts';

/** Before now, or after it when negative; undefined: now, without a word of it. */
type Ago = number | undefined;

interface Span {
  readonly key: string;
  readonly rangeEnd?: string | undefined;
}

export type EtcdStep =
  | Readonly<{
      type: 'Txn';
      /** `isRight`: whatever the revision of the key is. */
      compares: readonly { readonly key: string; readonly isRight: boolean }[];
      writes: readonly { readonly key: string; readonly value: string | undefined }[];
    }>
  | Readonly<{ type: 'DeleteRange' } & Span>
  | Readonly<{ type: 'Compact'; ago: number }>
  | Readonly<{
      type: 'Range';
      span: Span;
      ago: Ago;
      changedAfter: Ago;
      options: Pick<RangeQuery, 'limit' | 'keysOnly' | 'countOnly'>;
    }>
  | Readonly<{ type: 'Watch'; span: Required<Span>; from: Ago | 'Compacted' | 'BeforeCompacted' }>
  | Readonly<{ type: 'CancelWatch'; index: number }>;

const keys = ['/p/a/content', '/p/a/ips', '/p/b/content', '/p/b/ips', '/q', '/p/', 'ÿ\u0000', '~'];
const key = fc.constantFrom(...keys);
const value = fc.constantFrom('', '1', 'two', 'ÿ\u0000', 'x'.repeat(300));
const end = fc.constantFrom('/p0', '/p/b', '/q\u0000', '\u0000', '/', '/p/a/ips');
const span: fc.Arbitrary<Span> = fc.record({
  key: fc.oneof({ weight: 6, arbitrary: key }, fc.constantFrom('', '\u0000', '/p/a')),
  rangeEnd: fc.option(end, { nil: undefined, freq: 3 }),
});
const ago = fc.option(fc.integer({ min: -2, max: 8 }), { nil: undefined });

export const etcdSteps: fc.Arbitrary<readonly EtcdStep[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        type: fc.constant('Txn' as const),
        compares: fc.array(fc.record({ key, isRight: fc.boolean() }), {
          maxLength: 2,
        }),
        writes: fc.array(fc.record({ key, value: fc.option(value, { nil: undefined, freq: 3 }) }), {
          maxLength: 4,
        }),
      }),
    },
    {
      weight: 1,
      arbitrary: span
        .filter((one) => one.key !== '')
        .map((one) => ({ type: 'DeleteRange' as const, ...one })),
    },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(0, 0, 1, 2, 3, 6, -1)
        .map((before) => ({ type: 'Compact' as const, ago: before })),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        type: fc.constant('Range' as const),
        span,
        ago,
        changedAfter: ago,
        options: fc.record(
          {
            limit: fc.integer({ min: 0, max: 5 }),
            keysOnly: fc.boolean(),
            countOnly: fc.boolean(),
          },
          { requiredKeys: [] },
        ),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('Watch' as const),
        span: fc.record({ key, rangeEnd: end }),
        from: fc.oneof(
          ago,
          fc.constantFrom('Compacted' as const, 'Compacted' as const, 'BeforeCompacted' as const),
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.nat(5).map((index) => ({ type: 'CancelWatch' as const, index })),
    },
  ),
  { maxLength: 40, size: 'max' },
);

/** Keys and values are one byte for each character. */
const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

interface Sides {
  readonly real: EtcdSide;
  readonly model: EtcdSide;
}

/** Throws at the first step whose outcome is not the same on both. */
export async function runOnBoth(
  { real, model }: Sides,
  steps: readonly EtcdStep[],
  startRevision: bigint,
): Promise<void> {
  let now = startRevision;
  let compacted = startRevision;
  let watches: { readonly real: SeenWatch; readonly model: SeenWatch }[] = [];

  const both = async (what: string, ask: (side: EtcdSide) => Promise<string>): Promise<string> => {
    const [ofReal, ofModel] = [await ask(real), await ask(model)];
    if (ofReal !== ofModel) throw new Error(`${what}\nreal:  ${ofReal}\nmodel: ${ofModel}`);
    const revision = /(?:done at |^revision |"revision":")(\d+)/.exec(ofReal)?.[1];
    if (revision !== undefined) now = BigInt(revision);
    return ofReal;
  };

  const revisionOf = (before: Ago): { revision?: ReturnType<typeof rev> } => {
    if (before === undefined) return {};
    const revision = now - BigInt(before);
    return { revision: rev(revision > 0n ? revision : 0n) };
  };

  async function compareWatches(): Promise<void> {
    await model.pass(250);
    for (const watch of watches) {
      const expected = watch.model.seen();
      try {
        await waitFor('the same', () => watch.real.seen() === expected, {
          timeoutMs: 5_000,
          intervalMs: 2,
        });
      } catch {
        throw new Error(`a watch saw\nreal:  ${watch.real.seen()}\nmodel: ${expected}`);
      }
    }
  }

  async function run(step: EtcdStep): Promise<void> {
    const what = JSON.stringify(step);
    switch (step.type) {
      case 'Txn': {
        const query: TxnQuery = {
          compares: await Promise.all(
            step.compares.map(async (one) => {
              const read = await both(what, (side) => side.range({ key: bytes(one.key) }));
              const found = /@(\d+)"/.exec(read)?.[1] ?? '0';
              const modRevision = rev(BigInt(found) + (one.isRight ? 0n : 1n));
              return { key: bytes(one.key), modRevision };
            }),
          ),
          writes: step.writes.map((one) => ({
            key: bytes(one.key),
            value: one.value === undefined ? undefined : bytes(one.value),
          })),
        };
        await both(what, (side) => side.txn(query));
        return;
      }
      case 'DeleteRange': {
        const rangeEnd = step.rangeEnd === undefined ? undefined : bytes(step.rangeEnd);
        await both(what, (side) => side.deleteRange(bytes(step.key), rangeEnd));
        return;
      }
      case 'Compact': {
        // A real watch that is still being caught up might be cancelled by it, or not.
        await compareWatches();
        await waitFor('the watches', real.isCaughtUp, { intervalMs: 5 });
        const at = now - BigInt(step.ago);
        const answer = await both(what, (side) => side.compact(at));
        if (answer === 'compacted') compacted = at;
        return;
      }
      case 'Range': {
        const { key: first, rangeEnd } = step.span;
        const ends = rangeEnd === undefined ? {} : { rangeEnd: bytes(rangeEnd) };
        const changedAfter = revisionOf(step.changedAfter).revision;
        const query = {
          ...{ key: bytes(first), ...ends, ...revisionOf(step.ago), ...step.options },
          ...(changedAfter === undefined ? {} : { changedAfter }),
        };
        await both(what, (side) => side.range(query));
        return;
      }
      case 'Watch': {
        const { from } = step;
        const [first, rangeEnd] = [bytes(step.span.key), bytes(step.span.rangeEnd ?? '')];
        const startRevision =
          from === 'Compacted'
            ? rev(compacted)
            : from === 'BeforeCompacted'
              ? rev(compacted > 2n ? compacted - 1n : 1n)
              : (revisionOf(from).revision ?? rev(0));
        const query: WatchQuery = { key: first, rangeEnd, startRevision };
        const watch = { real: real.watch(query), model: model.watch(query) };
        watches.push(watch);
        await model.pass(10);
        // What is written meanwhile, the one might see and the other not.
        await waitFor('the watch', () => watch.real.signals.length > 0, { intervalMs: 1 });
        return;
      }
      case 'CancelWatch': {
        const watch = watches[step.index];
        watch?.real.handle.cancel();
        watch?.model.handle.cancel();
        watches = watches.filter((other) => other !== watch);
        return;
      }
    }
  }

  try {
    for (const step of steps) await run(step);
    await compareWatches();
    // Had one of them more to say, it would have come before this answer.
    await both('at the end', (side) => side.range({ key: bytes('/'), rangeEnd: bytes('\u0000') }));
    await compareWatches();
  } finally {
    for (const watch of watches) {
      watch.real.handle.cancel();
      watch.model.handle.cancel();
    }
  }
}
