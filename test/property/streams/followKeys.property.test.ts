import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeyChange } from '../../../src/domain/etcdCalls.ts';
import { followKeys, type KeysEvent } from '../../../streams/followKeys.ts';
import { createFakeEtcd, etcdError, type FakeEtcd } from '../../support/fakeEtcd.ts';
import { createHandScheduler, type HandScheduler } from '../../support/handScheduler.ts';
import { fcParams } from '../../support/seed.ts';

/** What may happen, in any order; each leaves etcd as etcd may be. */
type Step =
  | Readonly<{ type: 'Write'; keys: readonly string[]; value: string | undefined }>
  /** So many of the changes that wait are sent as one answer. */
  | Readonly<{ type: 'Deliver'; count: number }>
  | Readonly<{ type: 'Break' | 'Compact' | 'Restore' | 'Refuse' | 'Allow' }>
  | Readonly<{ type: 'Wait'; ms: number }>;

const key = fc.constantFrom('/f/a', '/f/b', '/f/c/1', '/f2/x', '/f');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('Write' as const),
      keys: fc.uniqueArray(key, { minLength: 1, maxLength: 3 }),
      value: fc.option(fc.constantFrom('1', '2', '3'), { nil: undefined }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('Deliver' as const),
      count: fc.integer({ min: 1, max: 5 }),
    }),
  },
  fc.constantFrom('Break', 'Compact', 'Restore', 'Refuse', 'Allow').map((type) => ({ type })),
  fc.record({ type: fc.constant('Wait' as const), ms: fc.integer({ min: 0, max: 2_000 }) }),
);

interface Run {
  readonly etcd: FakeEtcd;
  readonly scheduler: HandScheduler;
  /** Not yet sent to the watch. */
  waiting: KeyChange[];
}

const isFollowed = ({ key: bytes }: KeyChange): boolean =>
  Buffer.from(bytes).toString().startsWith('/f/');

async function take(run: Run, one: Step): Promise<void> {
  const { etcd, scheduler } = run;
  switch (one.type) {
    case 'Write':
      run.waiting.push(
        ...etcd
          .write(Object.fromEntries(one.keys.map((name) => [name, one.value])))
          .filter(isFollowed),
      );
      return;
    case 'Deliver': {
      const sent = run.waiting.splice(0, one.count);
      // A revision may be cut in two, and is then said to be.
      const isCut = run.waiting[0]?.modRevision === sent.at(-1)?.modRevision;
      etcd.deliver(sent, isCut && sent.length > 0);
      return;
    }
    case 'Break':
      etcd.break(etcdError('Unreachable'));
      return;
    case 'Compact':
      etcd.compact(etcd.revision());
      etcd.break(etcdError('Compacted'));
      return;
    case 'Restore':
      etcd.restore(Math.max(1, etcd.revision() - 3));
      etcd.compact(0);
      run.waiting = [];
      etcd.break(etcdError('Unreachable'));
      return;
    case 'Refuse':
      etcd.fail = () => etcdError('NoLeader');
      return;
    case 'Allow':
      etcd.fail = undefined;
      return;
    case 'Wait':
      await scheduler.advance(one.ms);
      etcd.created();
  }
}

/** The keys as somebody knows them who heard all this. */
function picture(events: readonly KeysEvent[]): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const event of events) {
    if (event.type === 'Listed') known.clear();
    if (event.type === 'Lost') continue;
    const items = event.type === 'Listed' ? event.kvs : event.changes;
    for (const item of items) {
      const name = Buffer.from(item.key).toString();
      if ('type' in item && item.type === 'Delete') known.delete(name);
      else known.set(name, Buffer.from(item.value).toString());
    }
  }
  return known;
}

async function actual({ range }: FakeEtcd): Promise<ReadonlyMap<string, string>> {
  const all = await range({ key: Buffer.from('/f/'), rangeEnd: Buffer.from('/f0') });
  const kvs = all.ok ? all.value.kvs : [];
  return new Map(
    kvs.map((item) => [Buffer.from(item.key).toString(), Buffer.from(item.value).toString()]),
  );
}

describe('followKeys', () => {
  it('safety: between two listings revisions only grow, and none is told in two', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        let last = 0n;
        for (const event of await tell(steps, false)) {
          if (event.type === 'Lost') continue;
          if (event.type === 'Changed') expect(BigInt(event.revision)).toBeGreaterThan(last);
          last = BigInt(event.revision);
          const items = event.type === 'Changed' ? event.changes : [];
          expect(items.every(({ modRevision }) => modRevision === event.revision)).toBe(true);
        }
      }),
      fcParams(200),
    );
  });

  it('liveness: whatever happened, in the end everything is known as etcd has it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        let etcd: FakeEtcd | undefined;
        const events = await tell(steps, true, (used) => (etcd = used));
        expect(etcd).toBeDefined();
        if (etcd !== undefined) expect(picture(events)).toEqual(await actual(etcd));
      }),
      fcParams(200),
    );
  });
});

async function tell(
  steps: readonly Step[],
  isHealed: boolean,
  onEtcd: (etcd: FakeEtcd) => void = () => undefined,
): Promise<readonly KeysEvent[]> {
  const run: Run = { etcd: createFakeEtcd(), scheduler: createHandScheduler(), waiting: [] };
  const { etcd, scheduler } = run;
  onEtcd(etcd);
  const events: KeysEvent[] = [];
  const { range, openWatch } = etcd;
  const subscription = followKeys(
    { range, openWatch, scheduler, random: () => 0.5 },
    { prefix: '/f/', pageSize: 2 },
  ).subscribe({
    next: (event) => events.push(event),
    error: (error) => events.push(error as never),
  });
  await scheduler.advance(0);
  etcd.created();
  for (const one of steps) await take(run, one);
  if (isHealed) {
    etcd.fail = undefined;
    await scheduler.advance(10_000);
    etcd.created();
    etcd.deliver(run.waiting);
    await scheduler.advance(0);
  }
  subscription.unsubscribe();
  return events;
}
