import { afterEach, describe, expect, it } from 'vitest';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { waitFor } from '../../support/waitFor.ts';
import {
  type WatchedDesired,
  watchForTest,
  type WatchedOptions,
} from '../../support/watchedDesired.ts';

const started: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
});

async function etcd(flags: readonly string[] = []): Promise<Etcd> {
  const one = await startEtcd({ flags });
  started.push(one);
  return one;
}

function watched(one: Etcd, options: Partial<WatchedOptions> = {}): WatchedDesired {
  const watching = watchForTest({ client: { endpoints: [one.endpoint] }, ...options });
  started.unshift(watching);
  return watching;
}

const app = (name: string, ips: string | undefined, content: string | undefined) => ({
  [`/p/${name}/ips`]: ips,
  [`/p/${name}/content`]: content,
});

const text = (value: string) => ({ type: 'Text', text: value });

describe('watchDesired', () => {
  it('lists an empty etcd', async () => {
    const one = await etcd();
    const watching = watched(one);
    expect(await watching.waitForListing()).toMatchObject({
      ...{ type: 'DesiredListed', reason: 'Initial', revision: '1' },
      ...{ entries: [], elsewhere: 0, ignoredKeys: 0 },
    });
  });

  it('makes one event of a transaction, and keeps to its prefix', async () => {
    const one = await etcd();
    await one.txn({ ...app('web', 'h1', 'W'), '/p2/x/ips': 'h1', '/p': 'x', '/p/web/note': 'x' });
    const watching = watched(one);
    const listing = await watching.waitForListing();
    expect(listing.entries.map((entry) => entry.app)).toEqual(['web']);
    expect(listing.ignoredKeys).toBe(1);
    await one.put('/p2/y/ips', 'h1');
    const revision = await one.txn({ ...app('api', 'h1,h2', 'A'), ...app('web', 'h2', 'W2') });
    await watching.waitForRevision(revision);
    expect(watching.changes()).toEqual([
      {
        type: 'DesiredChanged',
        revision,
        entries: [
          {
            app: 'api',
            ips: { modRevision: revision, value: text('h1,h2') },
            content: { modRevision: revision, value: text('A') },
          },
          {
            app: 'web',
            ips: { modRevision: revision, value: text('h2') },
            content: { modRevision: revision, value: { type: 'Elsewhere' } },
          },
        ],
      },
    ]);
  });

  it('tells of half pairs as they come, in either order', async () => {
    const one = await etcd();
    const watching = watched(one);
    await watching.waitForListing();
    await one.put('/p/a/ips', 'h1');
    await one.put('/p/b/content', 'B');
    await one.put('/p/a/content', 'A');
    await watching.waitForRevision(await one.put('/p/b/ips', 'h1'));
    expect(watching.changes().map(({ entries }) => entries.map((e) => Object.keys(e)))).toEqual([
      [['app', 'ips']],
      [['app', 'content']],
      [['app', 'ips', 'content']],
      [['app', 'ips', 'content']],
    ]);
    expect(watching.pictures().get('b')?.content?.value).toEqual(text('B'));
  });

  it('reads the content of an app that comes here as of that very revision', async () => {
    const one = await etcd();
    await one.txn(app('far', 'h2', 'first'));
    const watching = watched(one);
    await watching.waitForListing();
    const at = await one.put('/p/far/ips', 'h1');
    const later = await one.put('/p/far/content', 'second');
    await watching.waitForRevision(later);
    expect(watching.changes().map((c) => [c.revision, c.entries[0]?.content?.value])).toEqual([
      [at, text('first')],
      [later, text('second')],
    ]);
  });

  it('tells that a revision passed which concerns others only', async () => {
    const one = await etcd();
    await one.txn(app('far', 'h2', 'F'));
    const watching = watched(one);
    await watching.waitForListing();
    const revision = await one.put('/p/far/content', 'F2');
    await watching.waitForRevision(revision);
    expect(watching.changes()).toEqual([{ type: 'DesiredChanged', revision, entries: [] }]);
  });

  it('lists 2,000 apps in pages and keeps only what is placed here', async () => {
    const one = await etcd();
    for (let start = 0; start < 2_000; start += 50) {
      const changes = Array.from({ length: 50 }, (_, n) => {
        const id = start + n;
        return app(`app-${String(id)}`, id % 100 === 7 ? 'h1' : 'h2', `content ${String(id)}`);
      });
      await one.txn(Object.assign({}, ...changes) as Record<string, string>);
    }
    const watching = watched(one, { watch: { pageSize: 333 } });
    const listing = await watching.waitForListing();
    expect(listing.entries).toHaveLength(20);
    expect(listing.elsewhere).toBe(1_980);
    expect(listing.entries.every((e) => e.content?.value.type === 'Text')).toBe(true);
    expect(listing.entries.map((e) => e.app)).toEqual(listing.entries.map((e) => e.app).sort());
  });

  it('comes back after a kill, and misses nothing', async () => {
    const one = await etcd();
    await one.txn(app('web', 'h1', 'W1'));
    const watching = watched(one);
    await watching.waitForListing();
    await one.restart();
    const revision = await one.txn(app('web', 'h1', 'W2'));
    await watching.waitForRevision(revision);
    expect(watching.pictures().get('web')?.content?.value).toEqual(text('W2'));
    expect(watching.listings().at(-1)?.reason).toBe('Reconnected');
    expect(watching.lost()[0]).toBe('Unreachable');
  });

  it('waits for an etcd that is not there yet, and says so once', async () => {
    const one = await etcd();
    await one.put('/p/a/ips', 'h1');
    await one.kill();
    const watching = watched(one);
    await waitFor('the loss', () => watching.lost().length > 0);
    await one.start();
    expect(await watching.waitForListing()).toMatchObject({ reason: 'Initial' });
    // An etcd that starts may take a connection before it can answer, and drop it.
    expect(['Unreachable', 'Unreachable,TimedOut', 'Unreachable,Unreachable']).toContain(
      watching.lost().join(),
    );
  });

  it('notices an etcd that hangs, and sees what was written since', async () => {
    const one = await etcd(['--grpc-keepalive-min-time', '100ms']);
    const keepalive = { keepaliveTimeMs: 200, keepaliveTimeoutMs: 200 };
    const watching = watched(one, { client: { endpoints: [one.endpoint], ...keepalive } });
    await watching.waitForListing();
    one.pause();
    await waitFor('the loss', () => watching.lost().includes('TimedOut'));
    one.resume();
    await watching.waitForListing(2);
    const revision = await one.txn(app('web', 'h1', 'W'));
    await watching.waitForRevision(revision);
    expect(watching.pictures().get('web')?.content?.value).toEqual(text('W'));
  });

  it('lists anew when the history it needs was compacted', async () => {
    const one = await etcd();
    await one.txn(app('web', 'h1', 'W1'));
    const watching = watched(one);
    await watching.waitForListing();
    await one.kill();
    await waitFor('the loss', () => watching.lost().length > 0);
    await one.start();
    for (const n of [2, 3, 4]) await one.txn(app('web', 'h1', `W${String(n)}`));
    await one.compact();
    await watching.waitForRevision(await one.revision());
    expect(watching.pictures().get('web')?.content?.value).toEqual(text('W4'));
  });

  it('says that the revision went backwards when etcd was wiped', async () => {
    const one = await etcd();
    for (const n of [1, 2, 3]) await one.txn(app('web', 'h1', `W${String(n)}`));
    const watching = watched(one);
    await watching.waitForListing();
    await one.wipe();
    expect(await watching.waitForListing(2)).toMatchObject({
      reason: 'RevisionRegressed',
      revision: '1',
      entries: [],
    });
    await watching.waitForRevision(await one.txn(app('web', 'h1', 'W')));
    expect(watching.pictures().get('web')?.content?.value).toEqual(text('W'));
  });

  it('compares with what the journal knew', async () => {
    const one = await etcd();
    const first = watched(one);
    const { clusterId } = await first.waitForListing();
    const known = (id: string, revision: string) =>
      watched(one, { watch: { known: { clusterId: id, revision: revision as never } } });
    expect(await known(clusterId, '9').waitForListing()).toMatchObject({
      reason: 'RevisionRegressed',
    });
    expect(await known('123', '1').waitForListing()).toMatchObject({ reason: 'ClusterChanged' });
    expect(await known(clusterId, '1').waitForListing()).toMatchObject({ reason: 'Initial' });
  });

  it('lists again at once, without an outage, when identity changes', async () => {
    const one = await etcd();
    await one.txn(app('web', 'h2', 'W'));
    let item = 'h1';
    const watching = watched(one, {
      deps: { concernsHost: (_app, ips) => ips?.includes(item) ?? false },
    });
    await watching.waitForListing();
    item = 'h2';
    watching.relist();
    expect(await watching.waitForListing(2)).toMatchObject({
      reason: 'IdentityChanged',
      entries: [{ app: 'web', content: { value: text('W') } }],
    });
    expect(watching.lost()).toEqual([]);
  });

  it('says nothing after it was unsubscribed', async () => {
    const one = await etcd();
    const watching = watched(one);
    await watching.waitForListing();
    const other = watched(one);
    await other.waitForListing();
    await watching.stop();
    const before = watching.events.length;
    await other.waitForRevision(await one.put('/p/a/ips', 'h1'));
    expect(watching.events).toHaveLength(before);
  });
});
