/** What is asked of a host, out of whatever somebody has put below its requests. */
import { afterEach, expect, it } from 'vitest';
import type { Subscription } from 'rxjs';
import { requestMaxBytes } from '../../../src/domain/fleet/requestCodec.ts';
import { type RequestsEvent, watchRequests } from '../../../streams/watchRequests.ts';
import { createFakeEtcd } from '../../support/fakeEtcd.ts';
import { createHandScheduler } from '../../support/handScheduler.ts';

let subscription: Subscription;
afterEach(() => subscription.unsubscribe());

async function start(etcd = createFakeEtcd()) {
  const scheduler = createHandScheduler();
  const events: RequestsEvent[] = [];
  const { range, openWatch } = etcd;
  subscription = watchRequests(
    { range, openWatch, scheduler, random: () => 1 },
    { fleetPrefix: '/f', host: 'web1' },
  ).subscribe({
    next: (event) => events.push(event),
    error: (error) => events.push(error as never),
  });
  await scheduler.advance(0);
  etcd.created();
  await scheduler.advance(0);
  return { etcd, events };
}

const sizes = (events: readonly RequestsEvent[]): readonly string[] =>
  events.map((event) => {
    if (event.type === 'Asked') return `${event.id} ${String(event.value.length)}`;
    return event.type === 'Strange' ? `strange ${String(event.key.length)}` : event.type;
  });

const large = 'x'.repeat(100_000);

it('keeps of a value that is too large only so much that this is seen', async () => {
  const etcd = createFakeEtcd();
  etcd.write({ '/f/requests/web1/a': large });
  etcd.write({ '/f/requests/web1/b': '{}' });
  const { events } = await start(etcd);
  etcd.deliver(etcd.write({ '/f/requests/web1/c': large }));
  const cut = String(requestMaxBytes + 1);
  expect(sizes(events)).toEqual(['Listed', `a ${cut}`, 'b 2', `c ${cut}`]);
  for (const event of events) {
    if (event.type === 'Asked') expect(event.value.buffer.byteLength).toBe(event.value.length);
  }
});

it('tells of one strange key, and keeps none of them', async () => {
  const etcd = createFakeEtcd();
  for (let at = 0; at < 60; at += 1) {
    etcd.write({ [`/f/requests/web1/../${String(at)}/${large}`]: large });
  }
  etcd.write({ '/f/requests/web1/a': '{}' });
  const { events } = await start(etcd);
  etcd.deliver(etcd.write({ [`/f/requests/web1/../again`]: large }));
  expect(sizes(events)).toEqual(['Listed', 'strange 512', 'a 2']);
});

it('asks for few at a time, and tells of no more than a bound of one listing', async () => {
  const etcd = createFakeEtcd();
  for (let at = 0; at < 2_100; at += 100) {
    const some = Array.from({ length: 100 }, (_, index) => String(10_000 + at + index));
    etcd.write(Object.fromEntries(some.map((id) => [`/f/requests/web1/${id}`, '{}'])));
  }
  const { events } = await start(etcd);
  expect(events).toHaveLength(2_001);
  expect(Math.max(...etcd.queries.map(({ limit = Infinity }) => limit))).toBe(16);
});
