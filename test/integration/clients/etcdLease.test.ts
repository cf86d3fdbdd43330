import { afterEach, describe, expect, it } from 'vitest';
import {
  createEtcdClient,
  type EtcdClient,
  type EtcdClientOptions,
} from '../../../src/clients/etcd.ts';
import { type Lease, type LeaseSignal } from '../../../src/domain/etcdCalls.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { freePort } from '../../support/freePort.ts';
import { startTcpProxy } from '../../support/tcpProxy.ts';
import { waitFor } from '../../support/waitFor.ts';

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

/** etcd grants no less than 2 s on its defaults. */
const ttlSec = 2;

async function granted(one: EtcdClient, seconds = ttlSec): Promise<Lease> {
  const lease = await one.leases.grant(seconds);
  if (!lease.ok) throw new Error(lease.error.detail);
  return lease.value;
}

async function put(one: EtcdClient, key: string, lease: Lease) {
  return one.txn({
    compares: [],
    writes: [{ key: Buffer.from(key), value: Buffer.from('x'), lease: lease.id }],
  });
}

async function exists(one: EtcdClient, key: string): Promise<boolean> {
  const answer = await one.range({ key: Buffer.from(key) });
  if (!answer.ok) throw new Error(answer.error.detail);
  return answer.value.count === 1;
}

function keepAlive(one: EtcdClient, lease: Lease) {
  const signals: LeaseSignal[] = [];
  const { cancel } = one.leases.keepAlive(lease, (signal) => signals.push(signal));
  started.push({ stop: cancel });
  return {
    cancel,
    signals,
    renewals: () => signals.filter(({ type }) => type === 'Renewed').length,
    end: () => {
      const last = signals.at(-1);
      return last?.type === 'Failed' ? last.error.type : last?.type;
    },
  };
}

describe('a lease', () => {
  it('takes its keys along when nobody renews it, and is then said to be none', async () => {
    const one = client({ endpoints: [(await etcd()).endpoint] });
    const lease = await granted(one);
    expect(lease).toMatchObject({ id: expect.stringMatching(/^\d+$/) as string, ttlSec });
    expect(await put(one, '/a', lease)).toMatchObject({ ok: true, value: { isDone: true } });
    await waitFor('its end', async () => !(await exists(one, '/a')));
    expect(await put(one, '/a', lease)).toMatchObject({ ok: false, error: { type: 'NoLease' } });
    const renewal = keepAlive(one, lease);
    await waitFor('the word', () => renewal.end() === 'Lost');
    expect(renewal.signals).toHaveLength(1);
    expect(await one.leases.revoke(lease.id)).toEqual({ ok: true, value: undefined });
  });

  it('lives on for as long as it is renewed, and ends when it is revoked', async () => {
    const one = client({ endpoints: [(await etcd()).endpoint] });
    const [kept, left] = [await granted(one), await granted(one)];
    await put(one, '/kept', kept);
    await put(one, '/left', left);
    const renewal = keepAlive(one, kept);
    await waitFor('the other to end', async () => !(await exists(one, '/left')));
    await waitFor('renewals', () => renewal.renewals() > 6);
    expect(await exists(one, '/kept')).toBe(true);
    expect(await one.leases.revoke(kept.id)).toMatchObject({ ok: true });
    expect(await exists(one, '/kept')).toBe(false);
    await waitFor('the word', () => renewal.end() === 'Lost');
  });

  it('is said to be lost when somebody else revokes it', async () => {
    const server = await etcd();
    const one = client({ endpoints: [server.endpoint] });
    const lease = await granted(one);
    const renewal = keepAlive(one, lease);
    await waitFor('a renewal', () => renewal.renewals() > 0);
    server.etcdctl('lease', 'revoke', BigInt(lease.id).toString(16));
    await waitFor('the word', () => renewal.end() === 'Lost');
  });

  it('says nothing more once its renewal is cancelled, and then runs out', async () => {
    const one = client({ endpoints: [(await etcd()).endpoint] });
    const lease = await granted(one);
    await put(one, '/a', lease);
    const renewal = keepAlive(one, lease);
    await waitFor('a renewal', () => renewal.renewals() > 0);
    renewal.cancel();
    const before = renewal.signals.length;
    await waitFor('its end', async () => !(await exists(one, '/a')));
    expect(renewal.signals).toHaveLength(before);
  });
});

describe('an etcd that is away', () => {
  it('ends a renewal, and the lease may be kept alive again once it is back', async () => {
    const server = await etcd();
    const one = client({ endpoints: [server.endpoint] });
    const lease = await granted(one, 30);
    await put(one, '/a', lease);
    const before = keepAlive(one, lease);
    await waitFor('a renewal', () => before.renewals() > 0);
    await server.kill();
    await waitFor('the end', () => before.end() === 'Unreachable');
    const meanwhile = keepAlive(one, lease);
    await waitFor('another end', () => meanwhile.end() === 'Unreachable');
    expect(await one.leases.grant(5)).toMatchObject({ ok: false, error: { wasSent: false } });
    await server.start();
    const after = await waitFor('a renewal', async () => {
      const renewal = keepAlive(one, lease);
      await waitFor('an answer', () => renewal.signals.length > 0);
      return renewal.renewals() > 0 && renewal;
    });
    expect(after.end()).toBe('Renewed');
    expect(await exists(one, '/a')).toBe(true);
  });

  it('ends a renewal though it holds the connection open and says nothing', async () => {
    const server = await etcd();
    const one = client({ endpoints: [server.endpoint], callTimeoutMs: 400 });
    const lease = await granted(one);
    const renewal = keepAlive(one, lease);
    await waitFor('a renewal', () => renewal.renewals() > 0);
    server.pause();
    await waitFor('the end', () => renewal.end() === 'TimedOut');
    expect(await one.leases.grant(5)).toMatchObject({ error: { type: 'TimedOut' } });
    expect(await one.leases.revoke(lease.id)).toMatchObject({ error: { type: 'TimedOut' } });
    server.resume();
    await waitFor('a lease', async () => (await one.leases.grant(5)).ok);
  });

  it('is left for the next endpoint', async () => {
    const server = await etcd();
    const proxy = await startTcpProxy(server.port);
    started.push(proxy);
    const first = `http://127.0.0.1:${String(proxy.port)}`;
    const one = client({ endpoints: [first, server.endpoint], callTimeoutMs: 400 });
    const lease = await granted(one, 30);
    const renewal = keepAlive(one, lease);
    await waitFor('a renewal', () => renewal.renewals() > 0);
    proxy.cut();
    await waitFor('the end', () => renewal.end() === 'Unreachable');
    proxy.silence();
    const again = keepAlive(one, lease);
    await waitFor('a renewal', () => again.renewals() > 0);
  });

  it('is unreachable when it never was there', async () => {
    const one = client({ endpoints: [`http://127.0.0.1:${String(await freePort())}`] });
    const renewal = keepAlive(one, { id: '1', ttlSec: 5 });
    await waitFor('the end', () => renewal.end() === 'Unreachable');
  });
});

describe('with accounts', () => {
  it('a token that has expired is replaced, and a lease is renewed nevertheless', async () => {
    const server = await etcd(['--auth-token-ttl', '1', '--bcrypt-cost', '4']);
    server.enableAuth('secret');
    const login = { username: 'root', password: 'secret' };
    const one = client({ endpoints: [server.endpoint], ...login });
    const lease = await granted(one, 30);
    await put(one, '/a', lease);
    await server.call('/v3/auth/user/changepw', { name: 'root', password: 'secret' });
    const renewal = keepAlive(one, lease);
    await waitFor('a renewal', () => renewal.renewals() > 0);
    await server.call('/v3/auth/user/changepw', { name: 'root', password: 'secret' });
    expect(await one.leases.grant(5)).toMatchObject({ ok: true });
    await server.call('/v3/auth/user/changepw', { name: 'root', password: 'secret' });
    expect(await one.leases.revoke(lease.id)).toMatchObject({ ok: true });
    expect(await exists(one, '/a')).toBe(false);
  });

  it('a wrong password is said to be one', async () => {
    const server = await etcd(['--bcrypt-cost', '4']);
    server.enableAuth('secret');
    const one = client({ endpoints: [server.endpoint], username: 'root', password: 'wrong' });
    expect(await one.leases.grant(5)).toMatchObject({ error: { type: 'Unauthorised' } });
    const renewal = keepAlive(one, { id: '1', ttlSec: 5 });
    await waitFor('the refusal', () => renewal.end() === 'Unauthorised');
    expect(renewal.signals).toHaveLength(1);
  });

  it("a lease that holds another's keys is not theirs to revoke", async () => {
    const server = await etcd(['--bcrypt-cost', '4']);
    server.enableAuth('secret');
    server.etcdctl('user', 'add', 'guest:guest');
    const [root, guest] = ['root', 'guest'].map((username) =>
      client({
        endpoints: [server.endpoint],
        username,
        password: username === 'root' ? 'secret' : 'guest',
      }),
    );
    if (root === undefined || guest === undefined) throw new Error('no clients');
    const lease = await granted(root, 30);
    await put(root, '/a', lease);
    expect(await guest.leases.revoke(lease.id)).toMatchObject({ error: { type: 'Unauthorised' } });
    expect(await exists(root, '/a')).toBe(true);
  });
});
