import { writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createEtcdClient,
  type EtcdClient,
  type EtcdClientOptions,
} from '../../../src/clients/etcd.ts';
import { type WatchSignal } from '../../../src/domain/etcdCalls.ts';
import { createCertificates } from '../../support/certificates.ts';
import { type Etcd, startEtcd, startEtcdCluster } from '../../support/etcd.ts';
import { rev } from '../../support/etcdValues.ts';
import { freePort } from '../../support/freePort.ts';
import { startTcpProxy } from '../../support/tcpProxy.ts';
import { createTempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';
import { watchForTest } from '../../support/watchedDesired.ts';

const started: { stop(): unknown }[] = [];
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop();
});

async function etcd(flags: readonly string[] = []): Promise<Etcd> {
  const one = await startEtcd({ flags });
  started.push(one);
  return one;
}

function client(options: EtcdClientOptions): EtcdClient {
  const one = createEtcdClient({ callTimeoutMs: 1_000, random: () => 0, ...options });
  started.push({ stop: one.close });
  return one;
}

const key = (text: string): Uint8Array => Buffer.from(text);

function follow(one: EtcdClient, startRevision = '1'): WatchSignal[] {
  const signals: WatchSignal[] = [];
  one.openWatch(
    { key: key('/'), rangeEnd: key('0'), startRevision: rev(BigInt(startRevision)) },
    (signal) => signals.push(signal),
  );
  return signals;
}

const lastOf = (signals: readonly WatchSignal[]): string => {
  const last = signals.at(-1);
  return last?.type === 'Failed' ? last.error.type : String(last?.type);
};

describe('range and txn', () => {
  it('read and write bytes, with revisions as text', async () => {
    const one = await etcd();
    const etcdClient = client({ endpoints: [`${one.endpoint}/`] });
    const value = Buffer.from([0, 255, 1]);
    const written = await etcdClient.txn({
      compares: [{ key: key('/a'), modRevision: rev(0) }],
      writes: [{ key: key('/a'), value }],
    });
    expect(written).toMatchObject({ ok: true, value: { isDone: true, revision: '2' } });
    const read = await etcdClient.range({ key: key('/a') });
    expect(read).toMatchObject({
      ok: true,
      value: { count: 1, revision: '2', kvs: [{ modRevision: '2' }] },
    });
    expect(read.ok && Buffer.compare(read.value.kvs[0]?.value ?? key(''), value)).toBe(0);
    const again = await etcdClient.txn({
      compares: [{ key: key('/a'), modRevision: rev(0) }],
      writes: [{ key: key('/a'), value: undefined }],
    });
    expect(again).toMatchObject({ ok: true, value: { isDone: false } });
  });

  it('say that history is gone', async () => {
    const one = await etcd();
    await one.put('/a', '1');
    await one.put('/a', '2');
    await one.compact();
    const read = await client({ endpoints: [one.endpoint] }).range({
      key: key('/a'),
      revision: rev(2),
    });
    expect(read).toMatchObject({ ok: false, error: { type: 'Compacted' } });
  });

  it('fail fast and certainly unsent when nobody listens', async () => {
    const endpoint = `http://127.0.0.1:${String(await freePort())}`;
    const read = await client({ endpoints: [endpoint] }).range({ key: key('/a') });
    expect(read).toMatchObject({ ok: false, error: { type: 'Unreachable', wasSent: false } });
  });

  it('use the next endpoint when one is dead, and remember which one works', async () => {
    const one = await etcd();
    const dead = `127.0.0.1:${String(await freePort())}`;
    const etcdClient = client({ endpoints: [dead, one.endpoint] });
    expect(await etcdClient.range({ key: key('/a') })).toMatchObject({ ok: true });
    expect(await etcdClient.range({ key: key('/a') })).toMatchObject({ ok: true });
  });

  it('give up a hung etcd at the deadline, and reach it again once it is back', async () => {
    const one = await etcd();
    const etcdClient = client({ endpoints: [one.endpoint], callTimeoutMs: 300 });
    await etcdClient.range({ key: key('/a') });
    one.pause();
    expect(await etcdClient.range({ key: key('/a') })).toMatchObject({
      ok: false,
      error: { type: 'TimedOut', wasSent: true },
    });
    one.resume();
    await waitFor('an answer', async () => (await etcdClient.range({ key: key('/a') })).ok);
  });

  it('do not hang on to a connection that fell silent', async () => {
    const one = await etcd();
    const proxy = await startTcpProxy(one.port);
    started.push(proxy);
    const endpoint = `http://127.0.0.1:${String(proxy.port)}`;
    const etcdClient = client({ endpoints: [endpoint], callTimeoutMs: 300 });
    await etcdClient.range({ key: key('/a') });
    proxy.silence();
    expect(await etcdClient.range({ key: key('/a') })).toMatchObject({
      error: { type: 'TimedOut' },
    });
    proxy.heal();
    expect(await etcdClient.range({ key: key('/a') })).toMatchObject({ ok: true });
  });

  it('answer Canceled when given up, and after close', async () => {
    const one = await etcd();
    const etcdClient = client({ endpoints: [one.endpoint] });
    const giveUp = new AbortController();
    one.pause();
    const pending = etcdClient.range({ key: key('/a') }, { signal: giveUp.signal });
    giveUp.abort();
    expect(await pending).toMatchObject({ ok: false, error: { type: 'Canceled' } });
    etcdClient.close();
    expect(await etcdClient.range({ key: key('/a') })).toMatchObject({
      error: { type: 'Canceled', wasSent: false },
    });
  });
});

describe('openWatch', () => {
  it('signals what was changed, and nothing after cancel', async () => {
    const one = await etcd();
    const etcdClient = client({ endpoints: [one.endpoint] });
    const signals = follow(etcdClient, '2');
    await waitFor('the watch', () => lastOf(signals) === 'Created');
    await one.txn({ '/a': '1', '/b': '2' });
    await waitFor('the change', () => lastOf(signals) === 'Changed');
    expect(signals.at(-1)).toMatchObject({
      revision: '2',
      isFragment: false,
      changes: [
        { type: 'Put', isNew: true, modRevision: '2' },
        { type: 'Put', isNew: true },
      ],
    });
    await one.del('/a');
    await waitFor('the deletion', () => signals.length === 3);
    expect(signals.at(-1)).toMatchObject({ changes: [{ type: 'Delete', modRevision: '3' }] });
  });

  it('ends with Compacted when its history is gone', async () => {
    const one = await etcd();
    for (const n of [1, 2, 3]) await one.put('/a', String(n));
    await one.compact();
    const signals = follow(client({ endpoints: [one.endpoint] }));
    await waitFor('the end', () => lastOf(signals) === 'Compacted');
  });

  it('ends when its connection falls silent', async () => {
    const one = await etcd(['--grpc-keepalive-min-time', '100ms']);
    const proxy = await startTcpProxy(one.port);
    started.push(proxy);
    const endpoints = [`http://127.0.0.1:${String(proxy.port)}`];
    const etcdClient = client({ endpoints, keepaliveTimeMs: 200, keepaliveTimeoutMs: 200 });
    const signals = follow(etcdClient);
    await waitFor('the watch', () => lastOf(signals) === 'Created');
    proxy.silence();
    await waitFor('the end', () => lastOf(signals) === 'Unreachable', { timeoutMs: 5_000 });
  });

  it('goes on when a call on its connection fails', async () => {
    const one = await etcd(['--grpc-keepalive-min-time', '100ms']);
    const etcdClient = client({
      endpoints: [one.endpoint],
      keepaliveTimeMs: 200,
      keepaliveTimeoutMs: 200,
    });
    const signals = follow(etcdClient);
    await waitFor('the watch', () => lastOf(signals) === 'Created');
    expect(await etcdClient.range({ key: key('/a') }, { timeoutMs: 0 })).toMatchObject({
      error: { type: 'TimedOut' },
    });
    // Another connection, which the next failure must not take from the watch either.
    const other = follow(etcdClient);
    await waitFor('the other watch', () => lastOf(other) === 'Created');
    // Some keepalives, which a connection that is being closed does not survive.
    await setTimeout(1_000);
    await one.put('/a', '1');
    await waitFor('the change', () => lastOf(signals) === 'Changed' && lastOf(other) === 'Changed');
    expect([signals, other].map((all) => all.map(({ type }) => type))).toEqual([
      ['Created', 'Changed'],
      ['Created', 'Changed'],
    ]);
  });

  it('ends with NoLeader on a member that lost its quorum', async () => {
    const cluster = await startEtcdCluster(3);
    started.push(cluster);
    const [first, ...others] = cluster.members;
    const signals = follow(client({ endpoints: [first?.endpoint ?? ''] }));
    await waitFor('the watch', () => lastOf(signals) === 'Created');
    await Promise.all(others.map((member) => member.kill()));
    await waitFor('the end', () => lastOf(signals) === 'NoLeader', { timeoutMs: 15_000 });
  });
});

describe('authentication', () => {
  it('logs in again when its token is no longer good, which is no outage', async () => {
    const one = await etcd();
    one.enableAuth('secret');
    const login = { username: 'root', password: 'secret' };
    const watching = watchForTest({ client: { endpoints: [one.endpoint], ...login } });
    started.push(watching);
    await watching.waitForListing();
    const etcdClient = client({ endpoints: [one.endpoint], ...login });
    await etcdClient.range({ key: key('/a') });
    // A password that is set, even to the same, ends every token of its user.
    await one.call('/v3/auth/user/changepw', { name: 'root', password: 'secret' });
    const signals = follow(etcdClient);
    await waitFor('the watch', () => lastOf(signals) === 'Created');
    expect(await etcdClient.range({ key: key('/a') })).toMatchObject({ ok: true });
    watching.relist();
    await watching.waitForListing(2);
    await watching.waitForRevision(await one.put('/p/a/ips', 'h1'));
    expect(watching.lost()).toEqual([]);
  });

  it('says Unauthorised for a wrong password, a missing one, and a missing permission', async () => {
    const one = await etcd();
    one.enableAuth('secret');
    one.etcdctl('user', 'add', 'guest:guest');
    const unauthorised = { ok: false, error: { type: 'Unauthorised' } };
    const ask = (username?: string, password?: string) =>
      client({ endpoints: [one.endpoint], username, password }).range({ key: key('/a') });
    expect(await ask('root', 'wrong')).toMatchObject(unauthorised);
    expect(await ask('nobody', 'x')).toMatchObject(unauthorised);
    expect(await ask()).toMatchObject(unauthorised);
    expect(await ask('guest', 'guest')).toMatchObject(unauthorised);
    expect(await ask('root', 'secret')).toMatchObject({ ok: true });
    for (const password of ['wrong', 'guest']) {
      const guest = { username: 'guest', password };
      const signals = follow(client({ endpoints: [one.endpoint], ...guest }));
      await waitFor('the refusal', () => lastOf(signals) === 'Unauthorised');
      expect(signals).toHaveLength(1);
    }
  });

  it('is an outage of the watch, which ends when the password is right again', async () => {
    const one = await etcd(['--bcrypt-cost', '4']);
    one.enableAuth('secret');
    const login = { username: 'root', password: 'new' };
    const watching = watchForTest({
      client: { endpoints: [one.endpoint], ...login },
      watch: { unauthorisedBackoffMaxMs: 200 },
    });
    started.push(watching);
    // A login may take its time before that.
    await waitFor('the refusal', () => watching.lost().includes('Unauthorised'));
    one.etcdctl('user', 'add', 'other:x');
    await one.call('/v3/auth/user/changepw', { name: 'root', password: 'new' });
    expect(await watching.waitForListing()).toMatchObject({ reason: 'Initial' });
  });
});

describe('a password that changes', () => {
  it('is asked for again when it is refused, in whichever place it is changed first', async () => {
    const one = await etcd(['--bcrypt-cost', '4']);
    one.enableAuth('secret');
    one.etcdctl('user', 'add', 'guest:first');
    one.etcdctl('user', 'grant-role', 'guest', 'root');
    let file: string | undefined = 'first';
    const asked: (string | undefined)[] = [];
    const guest = client({
      ...{ endpoints: [one.endpoint], username: 'guest', password: 'first' },
      renewPassword: () => {
        asked.push(file);
        return file;
      },
    });
    const ask = () => guest.range({ key: key('/a') });
    expect(await ask()).toMatchObject({ ok: true });
    // First in the file: the one that works is kept.
    file = 'second';
    guest.invalidateAuth();
    expect(await ask()).toMatchObject({ ok: true });
    expect(asked).toEqual([]);
    await one.call('/v3/auth/user/changepw', { name: 'guest', password: 'second' });
    expect(await ask()).toMatchObject({ ok: true });
    expect(asked).toEqual(['second']);
    // First in etcd.
    await one.call('/v3/auth/user/changepw', { name: 'guest', password: 'third' });
    expect(await ask()).toMatchObject({ error: { type: 'Unauthorised' } });
    file = undefined;
    expect(await ask()).toMatchObject({ error: { type: 'Unauthorised' } });
    file = 'third';
    expect(await ask()).toMatchObject({ ok: true });
  });

  it('is not needed while etcd has no accounts, and is used once it has', async () => {
    const one = await etcd();
    const login = { username: 'root', password: 'secret' };
    const early = client({ endpoints: [one.endpoint], ...login });
    expect(await early.range({ key: key('/a') })).toMatchObject({ ok: true });
    const watching = watchForTest({ client: { endpoints: [one.endpoint], ...login } });
    started.push(watching);
    await watching.waitForListing();
    one.enableAuth('secret');
    expect(await early.range({ key: key('/a') })).toMatchObject({ ok: true });
    watching.relist();
    await watching.waitForListing(2);
    await watching.waitForRevision(await one.put('/p/a/ips', 'h1'));
    expect(watching.lost()).toEqual([]);
  });
});

describe('serverVersion', () => {
  it('tells which etcd answers', async () => {
    const one = await etcd();
    const told = await client({ endpoints: [one.endpoint] }).serverVersion();
    expect(told).toMatchObject({ ok: true, value: expect.stringMatching(/^3\.\d+\.\d+/) });
  });
});

describe('TLS', () => {
  it('takes both sides by their certificates, and says why not', async () => {
    const dir = await createTempDir('tls');
    started.push({ stop: dir.remove });
    const files = createCertificates(dir.path);
    const one = await startEtcd({
      scheme: 'https',
      flags: [
        ...['--cert-file', files.serverCertFile, '--key-file', files.serverKeyFile],
        ...['--client-cert-auth', '--trusted-ca-file', files.caFile],
      ],
    });
    started.push(one);
    const ask = (tls: EtcdClientOptions['tls']) =>
      client({ endpoints: [one.endpoint], tls }).range({ key: key('/a') });
    const { caFile, clientCertFile: certFile, clientKeyFile: keyFile } = files;
    expect(await ask({ caFile, certFile, keyFile })).toMatchObject({ ok: true });
    expect(await ask({ caFile })).toMatchObject({ ok: false, error: { type: 'Unreachable' } });
    expect(await ask(undefined)).toMatchObject({ ok: false, error: { type: 'Unreachable' } });
    const missing = await ask({ caFile: '/does/not/exist', certFile, keyFile });
    expect(missing).toMatchObject({ ok: false, error: { type: 'Failed', wasSent: false } });
    writeFileSync(`${dir.path}/junk`, 'junk');
    const junk = await ask({ caFile: `${dir.path}/junk`, certFile, keyFile });
    expect(junk).toMatchObject({ ok: false });
  });
});
