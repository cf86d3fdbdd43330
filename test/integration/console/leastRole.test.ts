/** The least that a console may do in etcd, as docs/console.md writes it down: is it enough for all that it does? */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppDocument, AuditDocument, Published } from '../../../src/domain/console/api.ts';
import type { FleetSnapshot } from '../../../src/domain/console/live.ts';
import { encodeReport } from '../../../src/domain/fleet/reportCodec.ts';
import {
  type ConsoleClient,
  type ConsoleHost,
  startConsoleHost,
} from '../../support/consoleHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { createEtcdGateway } from '../../support/etcdGateway.ts';
import { hostReport } from '../../support/fleetValues.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

const password = 'password-of-the-console';
const app = 'least';

let temp: TempDir;
let etcd: Etcd;
let host: ConsoleHost;
let admin: ConsoleClient;
beforeAll(async () => {
  temp = await createTempDir('conrole');
  const passwordFile = join(temp.path, 'etcd-password');
  writeFileSync(passwordFile, `${password}\n`);
  chmodSync(passwordFile, 0o600);
  etcd = await startEtcd();
  etcd.enableAuth('password-of-root');
  for (const words of recipe()) etcd.etcdctl(...words);
  const { head } = encodeReport(hostReport('gone', '10.0.0.9', 1));
  await etcd.put('/services/fleet/known/gone', head);
  host = await startConsoleHost({
    etcdEndpoint: etcd.endpoint,
    environment: {
      SUPERVENE_ETCD_USERNAME: 'console',
      SUPERVENE_ETCD_PASSWORD_FILE: passwordFile,
    },
  });
  admin = await host.logIn();
});
afterAll(async () => {
  await host.stop();
  await etcd.stop();
  await temp.remove();
});

/** The lines of etcdctl that the page tells people to run. */
function recipe(): readonly (readonly string[])[] {
  const text = readFileSync(join(findProjectRoot(), 'docs/console.md'), 'utf8');
  const lines = text.split('\n').filter((line) => /^etcdctl (?:role|user) /.test(line));
  expect(lines.length).toBe(11);
  return lines.map((line) => line.replace('"$PASSWORD"', password).split(' ').slice(1));
}

async function publish(content: string): Promise<string> {
  const { mark } = await admin.call<AppDocument>('app', { path: { app } });
  const body = { expected: mark, message: 'why', ips: 'web1', content };
  return (await admin.call<Published>('publish', { path: { app }, body })).revision ?? '';
}

describe('the role of docs/console.md', () => {
  it('is enough to publish, roll back and edit keys, with their history and their trail', async () => {
    const first = await publish('command=/bin/sleep 1\n');
    await publish('command=/bin/sleep 2\n');
    const { mark } = await admin.call<AppDocument>('app', { path: { app } });
    const back = { expected: mark, to: first, message: 'back' };
    await admin.call('rollBack', { path: { app }, body: back });
    const history = await admin.call<{ items: readonly unknown[] }>('history', { path: { app } });
    expect(history.items).toHaveLength(3);
    const key = { key: '/services/apps/other/ips', expected: null, text: 'web1', message: 'why' };
    await admin.call('writeKey', { body: key });
    expect(await etcd.get('/services/apps/other/ips')).toBe('web1');
    const { verdict } = await admin.call<AuditDocument>('audit');
    expect(verdict).toMatchObject({ isWhole: true });
  });

  it('is enough to see the fleet, to ask hosts, and to forget them', async () => {
    const { hosts, link } = await admin.call<FleetSnapshot>('fleet');
    expect(hosts).toMatchObject([{ host: 'gone', isAlive: false }]);
    expect(link.fault).toBeNull();
    const orders = [{ host: 'gone', order: { type: 'Stop', app } }];
    expect((await admin.ask('orders', { body: { orders } })).text).toContain('"Lost"');
    await admin.call('forgetHost', { path: { host: 'gone' }, body: {} });
    expect(await etcd.get('/services/fleet/known/gone')).toBeUndefined();
  });

  it('is enough to ask and to halt, and to end a session everywhere', async () => {
    const gateway = createEtcdGateway(etcd.endpoint);
    gateway.login('console', password);
    for (const key of ['requests/web1/r1', 'rollouts/web/halt']) {
      await gateway.put(`/services/fleet/${key}`, '{}');
      await gateway.del(`/services/fleet/${key}`);
    }
    const other = await host.logIn();
    await other.call('logOut', { body: {} });
    const revoked = (): string =>
      etcd.etcdctl('get', '--prefix', '--keys-only', '/services/fleet/console/revoked/');
    await waitFor('the log-out in etcd', () => revoked().trim() !== '');
    expect((await other.ask('fleet')).status).toBe(401);
  });

  it('is not enough to speak for hosts, nor for anything else', async () => {
    const gateway = createEtcdGateway(etcd.endpoint);
    gateway.login('console', password);
    for (const key of ['fleet/hosts/web1', 'fleet/answers/web1/r1', 'fleet/renders/x', 'other']) {
      const write = gateway.put(`/services/${key}`, 'x');
      await expect(write, key).rejects.toThrow(/permission denied/);
    }
  });
});
