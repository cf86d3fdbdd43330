/** The feed of a page stays open, and says what changes in etcd. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSnapshot } from '../../../src/domain/console/live.ts';
import { streamsMax } from '../../../src/console/server/answerStreams.ts';
import { type ConsoleHost, everywhere, startConsoleHost } from '../../support/consoleHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { waitFor } from '../../support/waitFor.ts';

let etcd: Etcd;
let host: ConsoleHost;

beforeAll(async () => {
  etcd = await startEtcd();
  host = await startConsoleHost({
    etcdEndpoint: etcd.endpoint,
    users: {
      admin: [{ role: 'admin', ...everywhere }],
      vera: [{ role: 'viewer', ...everywhere }],
    },
  });
}, 120_000);
afterAll(async () => {
  await host.stop();
  await etcd.stop();
});

describe('the live feed', () => {
  it('goes on after its first word, with what is published then', async () => {
    const client = await host.logIn();
    const { instance, version } = await client.call<FleetSnapshot>('fleet');
    const query = { instance, after: String(version) };
    const stream = await client.open('live', { query });
    let heard = '';
    let hasEnded = false;
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => (heard += text));
    stream.on('end', () => (hasEnded = true));
    await waitFor('its first word', () => heard.includes('"type":"Link"'));
    await etcd.put('/services/apps/demo1/ips', '*');
    await waitFor('the change or the end', () => hasEnded || heard.includes('"demo1"'));
    expect(hasEnded).toBe(false);
    stream.destroy();
  });

  it('is open for one user so many times, and leaves room for others', async () => {
    const vera = await host.logIn('vera');
    const { instance, version } = await vera.call<FleetSnapshot>('fleet');
    const query = { instance, after: String(version) };
    const { ofUser } = streamsMax.Feed;
    const opened = await Promise.all(
      Array.from({ length: ofUser }, () => vera.open('live', { query })),
    );
    expect(new Set(opened.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    const more = await vera.ask('live', { query });
    expect(more.status).toBe(429);
    expect(more.json<{ code: string }>().code).toBe('TooMany');
    expect(more.headers['retry-after']).toBe('10');
    expect((await vera.ask('fleet')).status).toBe(200);
    const admin = await host.logIn('admin');
    const other = await admin.open('live', { query });
    expect(other.statusCode).toBe(200);
    for (const stream of opened) stream.destroy();
    await waitFor('a place to be free', async () => {
      const again = await vera.open('live', { query });
      again.destroy();
      return again.statusCode === 200;
    });
    other.destroy();
  });
});
