import { describe, expect, it } from 'vitest';
import { type AppMark, markOf, readApp, readApps } from '../../../src/clients/etcdApps.ts';
import { type RecordWrite, writeApps } from '../../../src/clients/writeApps.ts';
import { type EtcdClient } from '../../../src/clients/etcd.ts';
import { type EtcdError } from '../../../src/domain/etcdCalls.ts';
import { type DesiredEntry } from '../../../src/domain/event.ts';
import { err, ok } from '../../../src/domain/result.ts';
import { type AppName } from '../../../src/domain/types.ts';
import { rev } from '../../support/etcdValues.ts';
import { createFakeEtcd, etcdError, type FakeEtcd } from '../../support/fakeEtcd.ts';

const web = 'web' as AppName;
const absent: AppMark = {
  ips: undefined,
  content: undefined,
  signature: undefined,
  rollout: undefined,
};
const publication = { app: web, ips: 'h1', content: 'C' };

interface Faults {
  /** The answer is lost, before or after it was done. */
  readonly loses?: 'Request' | 'Answer';
  readonly refuses?: EtcdError;
}

/** Transactions on the fake etcd as etcd does them. */
function access(etcd: FakeEtcd, faults: Faults = {}): Pick<EtcdClient, 'range' | 'txn'> {
  return {
    range: etcd.range,
    txn: async ({ compares, writes }) => {
      if (faults.refuses !== undefined) return err(faults.refuses);
      if (faults.loses === 'Request') return err(etcdError('TimedOut'));
      for (const { key, modRevision } of compares) {
        const now = await etcd.range({ key });
        const at = now.ok ? (now.value.kvs[0]?.modRevision ?? rev(0)) : '';
        if (at !== modRevision) {
          return ok({ clusterId: 'c1', revision: rev(etcd.revision()), isDone: false });
        }
      }
      const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
      etcd.write(
        Object.fromEntries(writes.map(({ key, value }) => [text(key), value && text(value)])),
      );
      if (faults.loses === 'Answer') return err(etcdError('Unreachable'));
      return ok({ clusterId: 'c1', revision: rev(etcd.revision()), isDone: true });
    },
  };
}

interface Given {
  readonly app: AppName;
  readonly expected: AppMark;
  readonly record?: RecordWrite;
}

type Access = ReturnType<typeof access>;

function publishApp(on: Access, prefix: string, given: Given & { ips: string; content: string }) {
  const { app, expected, record, ips, content } = given;
  const values = { ips, content, signature: undefined, rollout: undefined };
  return writeApps(on, prefix, [{ app, expected, values, record }]);
}

function unpublishApp(on: Access, prefix: string, { app, expected }: Given) {
  const values = { ips: undefined, content: undefined, signature: undefined, rollout: undefined };
  return writeApps(on, prefix, [{ app, expected, values }]);
}

async function mark(etcd: FakeEtcd): Promise<AppMark> {
  const read = await readApp(etcd, '/p', web);
  return read.ok ? markOf(read.value.entry) : absent;
}

describe('publishApp', () => {
  it('writes both keys at one revision', async () => {
    const etcd = createFakeEtcd();
    const written = await publishApp(access(etcd), '/p', { ...publication, expected: absent });
    expect(written).toEqual(ok({ revision: '2', isReadBack: false }));
    expect(await mark(etcd)).toEqual({ ips: '2', content: '2' });
  });

  it('reports a conflict and writes nothing when somebody else was there', async () => {
    const etcd = createFakeEtcd();
    const expected = await mark(etcd);
    etcd.write({ '/p/web/content': 'other' });
    const written = await publishApp(access(etcd), '/p', { ...publication, expected });
    expect(written).toMatchObject({ ok: false, error: { type: 'Conflict' } });
    expect(etcd.revision()).toBe(2);
  });

  it('reads back when the answer was lost: done', async () => {
    const etcd = createFakeEtcd();
    const lossy = access(etcd, { loses: 'Answer' });
    const written = await publishApp(lossy, '/p', { ...publication, expected: absent });
    expect(written).toEqual(ok({ revision: '2', isReadBack: true }));
  });

  it('reads back when the answer was lost: not done, and may still be', async () => {
    const etcd = createFakeEtcd();
    etcd.write({ '/p/web/ips': 'h1', '/p/web/content': 'C' });
    const lossy = access(etcd, { loses: 'Request' });
    const expected = await mark(etcd);
    const written = await publishApp(lossy, '/p', { ...publication, expected });
    expect(written).toMatchObject({ ok: false, error: { type: 'Unknown' } });
  });

  it('reads back when the answer was lost: somebody else wrote', async () => {
    const etcd = createFakeEtcd();
    etcd.write({ '/p/web/ips': 'h9' });
    const lossy = access(etcd, { loses: 'Request' });
    const written = await publishApp(lossy, '/p', { ...publication, expected: absent });
    expect(written).toMatchObject({ ok: false, error: { type: 'Conflict' } });
  });

  const record = { key: '/f/1', value: 'ours', dropped: [] };

  it('knows by its record that it was done, though somebody changed it again', async () => {
    const etcd = createFakeEtcd();
    const lossy = access(etcd, { loses: 'Answer' });
    const meddled: Access = {
      ...lossy,
      txn: async (query) => {
        const answer = await lossy.txn(query);
        etcd.write({ '/p/web/content': 'other' });
        return answer;
      },
    };
    const written = await publishApp(meddled, '/p', { ...publication, expected: absent, record });
    expect(written).toEqual(ok({ revision: '2', isReadBack: true }));
  });

  it('does not take the same change by somebody else for its own', async () => {
    for (const other of [{ '/f/1': 'theirs' }, {}]) {
      const etcd = createFakeEtcd();
      etcd.write({ '/p/web/ips': 'h1', '/p/web/content': 'C', ...other });
      const lossy = access(etcd, { loses: 'Request' });
      const given = { ...publication, expected: absent, record };
      expect(await publishApp(lossy, '/p', given)).toMatchObject({
        error: { type: 'Conflict' },
      });
    }
  });

  it('goes by the keys when the record cannot be read back', async () => {
    const etcd = createFakeEtcd();
    etcd.fail = ({ key }) =>
      Buffer.from(key).toString() === '/f/1' && etcd.revision() > 1
        ? etcdError('Unauthorised')
        : undefined;
    const lossy = access(etcd, { loses: 'Answer' });
    const written = await publishApp(lossy, '/p', { ...publication, expected: absent, record });
    expect(written).toEqual(ok({ revision: '2', isReadBack: true }));
  });

  it('writes nothing when its number in the history is taken meanwhile', async () => {
    const etcd = createFakeEtcd();
    etcd.write({ '/f/1': 'theirs' });
    const given = { ...publication, expected: absent, record };
    const written = await publishApp(access(etcd), '/p', given);
    expect(written).toMatchObject({ ok: false, error: { type: 'Conflict' } });
    expect(await mark(etcd)).toEqual(absent);
  });

  it('says when even that cannot be read', async () => {
    const etcd = createFakeEtcd();
    etcd.fail = () => etcdError('Unreachable', 'gone');
    const lossy = access(etcd, { loses: 'Request' });
    const written = await publishApp(lossy, '/p', { ...publication, expected: absent });
    expect(written).toMatchObject({ ok: false, error: { type: 'Unknown' } });
    expect(written.ok ? '' : written.error.detail).toContain('gone');
  });

  it.each([
    { type: 'Unreachable', wasSent: false, detail: 'refused' },
    { type: 'Unauthorised', wasSent: true, detail: 'no' },
    { type: 'Failed', wasSent: true, detail: 'no space' },
  ] as const)('knows that it did not write after $type ($detail)', async (refuses) => {
    const etcd = createFakeEtcd();
    const written = await publishApp(access(etcd, { refuses }), '/p', {
      ...{ ...publication, expected: absent },
    });
    expect(written).toMatchObject({ ok: false, error: { type: 'NotWritten', cause: refuses } });
    expect(etcd.queries).toHaveLength(0);
  });
});

describe('unpublishApp', () => {
  it('deletes both keys at one revision, if they are as they were read', async () => {
    const etcd = createFakeEtcd();
    etcd.write({ '/p/web/ips': 'h1', '/p/web/content': 'C' });
    const expected = await mark(etcd);
    expect(await unpublishApp(access(etcd), '/p', { app: web, expected })).toEqual(
      ok({ revision: '3', isReadBack: false }),
    );
    expect(await mark(etcd)).toEqual(absent);
    const again = await unpublishApp(access(etcd), '/p', { app: web, expected });
    expect(again).toMatchObject({ ok: false, error: { type: 'Conflict' } });
  });

  it('reads back when the answer was lost', async () => {
    const etcd = createFakeEtcd();
    etcd.write({ '/p/web/ips': 'h1' });
    const expected = await mark(etcd);
    const lossy = access(etcd, { loses: 'Answer' });
    expect(await unpublishApp(lossy, '/p', { app: web, expected })).toEqual(
      ok({ revision: '3', isReadBack: true }),
    );
  });
});

describe('readApps', () => {
  it('never splits an app, whatever the pages', async () => {
    const etcd = createFakeEtcd();
    etcd.write({
      ...{ '/p/a/content': 'A', '/p/a/ips': 'x', '/p/a-b/ips': 'x', '/p/a/note': 'n' },
      ...{ '/p/c/content': 'C', '/p/c/ips': 'x', '/p2/d/ips': 'x' },
    });
    for (const pageSize of [1, 2, 3, 4, 100]) {
      const entries: DesiredEntry[] = [];
      let ignored = 0;
      for await (const page of readApps(etcd, '/p', { pageSize })) {
        if (!page.ok) throw new Error(page.error.detail);
        entries.push(...page.value.entries);
        ignored += page.value.ignoredKeys;
        expect(page.value.revision).toBe('2');
      }
      expect(entries.map((entry) => Object.keys(entry).join())).toEqual([
        'app,ips',
        'app,content,ips',
        'app,content,ips',
      ]);
      expect(entries.map((entry) => entry.app)).toEqual(['a-b', 'a', 'c']);
      expect(ignored).toBe(1);
    }
  });

  it('ends with the first error', async () => {
    const etcd = createFakeEtcd();
    etcd.write({ '/p/a/ips': 'x', '/p/b/ips': 'x' });
    etcd.fail = (query) => (query.revision === undefined ? undefined : etcdError('Compacted'));
    const pages = [];
    for await (const page of readApps(etcd, '/p', { pageSize: 1 })) pages.push(page.ok);
    expect(pages.at(-1)).toBe(false);
  });

  it('gives one empty page for an empty prefix', async () => {
    const pages = [];
    for await (const page of readApps(createFakeEtcd(), '/p')) pages.push(page);
    expect(pages).toMatchObject([{ ok: true, value: { entries: [], ignoredKeys: 0 } }]);
  });
});
