/** The feed of a page stays open, and says what changes in etcd. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSnapshot } from '../../../src/domain/console/live.ts';
import { type ConsoleHost, startConsoleHost } from '../../support/consoleHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { waitFor } from '../../support/waitFor.ts';

let etcd: Etcd;
let host: ConsoleHost;

beforeAll(async () => {
  etcd = await startEtcd();
  host = await startConsoleHost({ etcdEndpoint: etcd.endpoint });
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
});
