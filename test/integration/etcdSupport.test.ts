import { afterEach, describe, expect, it } from 'vitest';
import { type Etcd, startEtcd, startEtcdCluster } from '../support/etcd.ts';

const started: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
});

async function etcd(flags: readonly string[] = []): Promise<Etcd> {
  const one = await startEtcd({ flags });
  started.push(one);
  return one;
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('startEtcd', () => {
  it('keeps its data through a kill and loses it in a wipe', async () => {
    const one = await etcd();
    await one.txn({ '/a': '1', '/b': '2' });
    const revision = await one.txn({ '/a': undefined, '/b': new Uint8Array([51]) });
    await one.restart();
    expect(await one.get('/a')).toBeUndefined();
    expect(await one.get('/b')).toBe('3');
    expect(await one.revision()).toBe(revision);
    await one.wipe();
    expect(await one.revision()).toBe('1');
  });

  it('ends when stopped, even while paused', async () => {
    const one = await etcd();
    one.pause();
    await one.stop();
    expect(isAlive(one.pid)).toBe(false);
  });

  it('goes on as root once auth is enabled', async () => {
    const one = await etcd();
    one.enableAuth('secret');
    await one.put('/a', '1');
    expect(one.etcdctl('get', '/a', '--print-value-only')).toBe('1\n');
    await one.restart();
    expect(await one.get('/a')).toBe('1');
  });
});

describe('startEtcdCluster', () => {
  it('agrees on what is written', async () => {
    const cluster = await startEtcdCluster(3);
    started.push(cluster);
    await cluster.members[0]?.put('/a', '1');
    expect(await cluster.members[2]?.get('/a')).toBe('1');
  });
});
