/** The reporter against an etcd that does as it is told: silent, refusing, overtaken, lost. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Reporter,
  type ReporterNews,
  startReporter,
} from '../../../../effects/fleet/reporter.ts';
import type {
  EtcdError,
  LeaseSignal,
  RangeQuery,
  TxnQuery,
} from '../../../../src/domain/etcdCalls.ts';
import type { AppReport, HostReport } from '../../../../src/domain/fleet/hostReport.ts';
import { encodeReport, headMaxBytes } from '../../../../src/domain/fleet/reportCodec.ts';
import { err, ok } from '../../../../src/domain/result.ts';
import type { AppName, Revision } from '../../../../src/domain/types.ts';
import { rev } from '../../../support/etcdValues.ts';
import { createHandScheduler } from '../../../support/handScheduler.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const refused: EtcdError = { type: 'Unauthorised', wasSent: true, detail: 'permission denied' };

/** As much of etcd as a reporter uses. */
function createEtcd() {
  const kvs = new Map<string, { value: Uint8Array; modRevision: Revision; lease: string }>();
  const faults: { write: 'None' | 'Hang' | EtcdError } = { write: 'None' };
  const txns: TxnQuery[] = [];
  const calls = { reads: 0, grants: 0, revoked: [] as string[] };
  const renewals = new Map<string, (signal: LeaseSignal) => void>();
  let revision = 1;
  const put = (key: string, value: string, lease = '0'): void => {
    revision += 1;
    kvs.set(key, { value: Buffer.from(value), modRevision: rev(revision), lease });
  };
  const dropLease = (id: string): void => {
    for (const [key, { lease }] of kvs) if (lease === id) kvs.delete(key);
  };
  return {
    ...{ kvs, faults, txns, calls, put },
    keys: () => [...kvs.keys()].sort(),
    /** etcd takes the lease away, as it runs out, and says so. */
    lose: () => {
      const id = String(calls.grants);
      dropLease(id);
      renewals.get(id)?.({ type: 'Lost' });
    },
    range: (query: RangeQuery) => {
      calls.reads += 1;
      const [from, to] = [text(query.key), query.rangeEnd && text(query.rangeEnd)];
      const found = [...kvs]
        .filter(([key]) => (to === undefined ? key === from : key >= from && key < to))
        .map(([key, { lease, ...kv }]) => ({
          ...{ key: Buffer.from(key), ...kv },
          ...(lease === '0' ? {} : { lease }),
        }));
      const head = { clusterId: '1', revision: rev(revision), hasMore: false };
      return Promise.resolve(ok({ ...head, kvs: found, count: found.length }));
    },
    txn: (query: TxnQuery) => {
      txns.push(query);
      if (faults.write === 'Hang') return new Promise<never>(() => undefined);
      if (faults.write !== 'None') return Promise.resolve(err(faults.write));
      const isDone = query.compares.every(
        ({ key, modRevision }) => (kvs.get(text(key))?.modRevision ?? '0') === modRevision,
      );
      if (isDone) revision += 1;
      for (const { key, value, lease } of isDone ? query.writes : []) {
        if (value === undefined) kvs.delete(text(key));
        else kvs.set(text(key), { value, modRevision: rev(revision), lease: lease ?? '0' });
      }
      return Promise.resolve(ok({ clusterId: '1', revision: rev(revision), isDone }));
    },
    leases: {
      grant: (ttlSec: number) => {
        calls.grants += 1;
        return Promise.resolve(ok({ id: String(calls.grants), ttlSec }));
      },
      revoke: (id: string) => {
        calls.revoked.push(id);
        dropLease(id);
        return Promise.resolve(ok(undefined));
      },
      keepAlive: ({ id }: { readonly id: string }, onSignal: (signal: LeaseSignal) => void) => {
        renewals.set(id, onSignal);
        return { cancel: () => renewals.delete(id) };
      },
    },
  };
}

const appOf = (name: string, pid = 1): AppReport => ({
  ...{ app: name as AppName, condition: 'converged', sinceMs: 1 },
  processes: [{ id: `${name}:${name}`, state: 'RUNNING', pid, startSec: 1 }],
});

/** More than a head has room for beside others. */
const bulky: AppReport = { ...appOf('b'), reason: 'x'.repeat(headMaxBytes) };

const reporters: Reporter[] = [];
afterEach(() => {
  for (const one of reporters.splice(0)) void one.stop();
});

function start(etcd = createEtcd()) {
  const scheduler = createHandScheduler(1_000_000);
  const news: ReporterNews[] = [];
  const remembered: HostReport[] = [];
  const now: { apps: readonly AppReport[]; revision: Revision; problems: readonly string[] } = {
    apps: [appOf('a'), bulky],
    revision: rev(5),
    problems: [],
  };
  const reporter = startReporter(
    {
      ...{ etcd, scheduler, random: () => 0.5 },
      report: () => ({
        ...{ host: 'web1', instance: 'mine', version: '1', addresses: [], hostNames: [] },
        ...{ atMs: scheduler.now(), startedAtMs: 7, problems: now.problems, others: [] },
        ...{ observedRevision: now.revision, appliedRevision: now.revision, apps: now.apps },
      }),
      remember: (last) => remembered.push(last),
      tell: (one) => news.push(one),
    },
    {
      ...{ fleetPrefix: '/f', host: 'web1', instance: 'mine', startedAtMs: 7, ttlSec: 20 },
    },
  );
  reporters.push(reporter);
  const written = (): number => news.filter(({ type }) => type === 'Written').length;
  return { etcd, scheduler, news, remembered, now, reporter, written };
}

const other = (instance: string, startedAtMs: number): string =>
  encodeReport({
    ...{ host: 'web1', instance, version: '1', addresses: [], hostNames: [] },
    ...{ atMs: 1, startedAtMs, problems: [], others: [], apps: [] },
    ...{ observedRevision: rev(5), appliedRevision: rev(5) },
  }).head;

describe('startReporter', () => {
  it('writes a head and parts, under the lease and for good, and then only what changed', async () => {
    const { etcd, scheduler, now, reporter, written } = start();
    await scheduler.advance(10);
    expect(etcd.keys()).toEqual([
      '/f/hosts/web1',
      '/f/hosts/web1/1',
      '/f/known/web1',
      '/f/known/web1/1',
    ]);
    expect(etcd.kvs.get('/f/hosts/web1/1')?.lease).toBe('1');
    expect(etcd.kvs.get('/f/known/web1/1')?.lease).toBe('0');
    reporter.poke();
    await scheduler.advance(250_000);
    expect(written()).toBe(1);
    now.apps = [appOf('a', 2), bulky];
    reporter.poke();
    await scheduler.advance(1_500);
    expect(written()).toBe(2);
    now.problems = ['SupervisorUnreachable: it does not answer'];
    reporter.poke();
    await scheduler.advance(1_500);
    expect(written()).toBe(3);
    const keysOf = (): unknown => etcd.txns.at(-1)?.writes.map(({ key }) => text(key));
    expect(keysOf()).toEqual(['/f/hosts/web1', '/f/known/web1']);
    now.revision = rev(6);
    reporter.poke();
    await scheduler.advance(300_000);
    expect(written()).toBe(4);
    expect(keysOf()).toEqual(['/f/hosts/web1']);
  });

  it('takes away the parts that an earlier life has left, and remembers what it said', async () => {
    const etcd = createEtcd();
    etcd.put('/f/known/web1', other('mine', 3));
    for (const part of [1, 2, 7]) etcd.put(`/f/known/web1/${String(part)}`, '{"format":1}');
    const { scheduler, remembered } = start(etcd);
    await scheduler.advance(10);
    expect(etcd.keys()).toEqual([
      '/f/hosts/web1',
      '/f/hosts/web1/1',
      '/f/known/web1',
      '/f/known/web1/1',
    ]);
    expect(remembered).toMatchObject([{ instance: 'mine', startedAtMs: 3 }]);
  });

  it('splits what is too much for one transaction, the head last', async () => {
    const etcd = createEtcd();
    const { scheduler, now, written } = start(etcd);
    now.apps = Array.from({ length: 3_000 }, (_, at) => appOf(`app${String(at).padStart(5, '0')}`));
    await scheduler.advance(10);
    expect(written()).toBe(1);
    expect(etcd.txns.length).toBeGreaterThan(2);
    for (const { writes } of etcd.txns) {
      expect(writes.length).toBeLessThanOrEqual(128);
      const sizes = writes.map(({ key, value }) => key.length + (value?.length ?? 0));
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1.4 * 1024 * 1024);
    }
    const heads = etcd.txns.map(({ writes }) =>
      writes.some(({ key }) => text(key) === '/f/hosts/web1'),
    );
    expect(heads.indexOf(true)).toBe(heads.length - 1);
  });

  it('writes everything again under a new lease when its own is lost', async () => {
    const { etcd, scheduler, news, written } = start();
    await scheduler.advance(10);
    etcd.lose();
    expect(etcd.keys()).toEqual(['/f/known/web1', '/f/known/web1/1']);
    await scheduler.advance(10);
    expect(news.map(({ type }) => type)).toContain('LeaseLost');
    expect(written()).toBe(2);
    expect(etcd.kvs.get('/f/hosts/web1/1')?.lease).toBe('2');
  });

  it('writes it again when somebody cleared it away, though nothing changed', async () => {
    const { etcd, scheduler } = start();
    await scheduler.advance(10);
    etcd.kvs.delete('/f/hosts/web1');
    await scheduler.advance(400_000);
    expect(etcd.keys()).toContain('/f/hosts/web1');
  });

  it('is refused ever more rarely, and writes as soon as it may', async () => {
    const { etcd, scheduler, news, written } = start();
    etcd.faults.write = refused;
    await scheduler.advance(3_600_000);
    expect(written()).toBe(0);
    const failures = news.filter(({ type }) => type === 'Failed').length;
    expect(failures).toBeGreaterThan(100);
    expect(failures).toBeLessThan(250);
    expect(etcd.calls.grants).toBe(1);
    etcd.faults.write = 'None';
    await scheduler.advance(30_000);
    expect(written()).toBe(1);
  });

  it('ends within a second though etcd never answers a write', async () => {
    const { etcd, scheduler, reporter } = start();
    await scheduler.advance(10);
    etcd.faults.write = 'Hang';
    let hasEnded = false;
    void reporter.stop().then(() => (hasEnded = true));
    await scheduler.advance(900);
    expect(hasEnded).toBe(false);
    await scheduler.advance(200);
    expect(hasEnded).toBe(true);
  });

  it('says goodbye: its lease is revoked, and when it ended is known', async () => {
    const { etcd, scheduler, reporter } = start();
    await scheduler.advance(10);
    await reporter.stop();
    expect(etcd.calls.revoked).toEqual(['1']);
    expect(etcd.keys()).toEqual(['/f/known/web1', '/f/known/web1/1']);
    const known = etcd.kvs.get('/f/known/web1')?.value ?? Buffer.from('');
    expect(JSON.parse(text(known))).toMatchObject({ endedAtMs: 1_000_010, parts: 1 });
  });

  it('keeps its hands off what another agent reports, until that is gone', async () => {
    const etcd = createEtcd();
    etcd.put('/f/hosts/web1', other('theirs', 3), '99');
    const { scheduler, news, written } = start(etcd);
    await scheduler.advance(60_000);
    expect(written()).toBe(0);
    expect(etcd.txns).toEqual([]);
    expect(news.find(({ type }) => type === 'Occupied')).toMatchObject({
      by: { instance: 'theirs' },
    });
    expect(etcd.calls.reads).toBeLessThan(100);
    etcd.kvs.delete('/f/hosts/web1');
    await scheduler.advance(6_000);
    expect(written()).toBe(1);
  });

  it('writes over what nobody keeps alive, before and while it reports', async () => {
    const etcd = createEtcd();
    etcd.put('/f/hosts/web1', other('theirs', 3));
    etcd.put('/f/hosts/web1/9', '{"format":1}');
    const { scheduler, news, now, reporter, written } = start(etcd);
    await scheduler.advance(10);
    expect(written()).toBe(1);
    expect(etcd.kvs.get('/f/hosts/web1')?.lease).toBe('1');
    expect(etcd.keys()).not.toContain('/f/hosts/web1/9');
    etcd.put('/f/hosts/web1', other('theirs', 4));
    now.apps = [appOf('a', 2)];
    reporter.poke();
    await scheduler.advance(10_000);
    expect(written()).toBe(2);
    expect(etcd.kvs.get('/f/hosts/web1')?.lease).toBe('1');
    expect(news.some(({ type }) => type === 'Occupied')).toBe(false);
  });

  it('knows a copy of itself by when it started, and does not fight with it', async () => {
    const { etcd, scheduler, now, reporter, news, written } = start();
    await scheduler.advance(10);
    etcd.put('/f/hosts/web1', other('mine', 9), '99');
    now.apps = [appOf('a', 2)];
    reporter.poke();
    await scheduler.advance(60_000);
    expect(written()).toBe(1);
    expect(news.at(-1)?.type).toBe('Occupied');
  });

  it('takes over from its own earlier life at once', async () => {
    const etcd = createEtcd();
    etcd.put('/f/hosts/web1', other('mine', 3), '99');
    const { scheduler, written } = start(etcd);
    await scheduler.advance(10);
    expect(written()).toBe(1);
  });
});
