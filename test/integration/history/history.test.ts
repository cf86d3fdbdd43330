/** The history of an app as it is shown, on a real etcd. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  body,
  contentKey,
  ipsKey,
  readHistory,
  recordKey,
  startAppHistory,
} from '../../support/appHistory.ts';
import { shared } from '../../support/shared.ts';

const web = shared(startAppHistory);
beforeEach(async () => {
  await web().etcd.delPrefix('/services/');
});

describe('supervene history', () => {
  it('shows what others wrote, and removals, newest first', async () => {
    // Other tests wrote to the app, and etcd remembers.
    web().etcd.etcdctl('compact', await web().etcd.revision());
    await web().publish('v1', '10.0.0.1', '-m', 'one');
    await web().etcd.put(contentKey, body('by hand'));
    await web().run(['unpublish', 'web']);
    await web().etcd.txn({ [ipsKey]: '10.0.0.9', [contentKey]: body('again') });
    const { stdout } = await web().run(['history', 'web']);
    const what = stdout
      .trim()
      .split('\n')
      .slice(1)
      .filter((line) => !line.startsWith('etcd remembers'))
      .map((line) => line.replace(/^\d+ +\S+ +/, ''));
    expect(what).toEqual([
      '(not by supervene)  new: content +1, hosts +10.0.0.9',
      'alice@web1          unpublish: removed',
      '(not by supervene)  content +1 -1',
      'alice@web1          publish: new: content +1, hosts +10.0.0.1  one',
    ]);
  });

  it('shows one change with its diff', async () => {
    await web().publish('v1', '10.0.0.1');
    await web().publish('v2', '10.0.0.2');
    const { stdout } = await web().run(['history', 'web', await web().etcd.revision()]);
    expect(stdout).toContain('publish: content +1 -1, hosts +10.0.0.2 -10.0.0.1');
    expect(stdout).toContain('-10.0.0.1\n+10.0.0.2\n');
    expect(stdout).toContain(`-${body('v1')}+${body('v2')}`);
    expect(await web().run(['history', 'web', '1'])).toMatchObject({ code: 1, stdout: '' });
  });

  it('goes on from the records when etcd is compacted, and says where etcd ends', async () => {
    await web().publish('v1', '10.0.0.1', '-m', 'one');
    await web().publish('v2', '10.0.0.1', '-m', 'two');
    await web().etcd.put(contentKey, body('by hand'));
    await web().publish('v3', '10.0.0.1', '-m', 'three');
    const revision = await web().etcd.revision();
    web().etcd.etcdctl('compact', revision);
    const document = await readHistory(web());
    expect(document.memoryFrom).toBe(revision);
    // What was by hand is known from what the third record found there.
    const told = document.changes.map(({ message, revision: at }) => message ?? at);
    expect(told).toEqual(['three', null, 'two', 'one']);
    expect(document.changes[0]?.diff).toContain(`-${body('by hand')}+${body('v3')}`);
    const { stdout } = await web().run(['history', 'web']);
    expect(stdout).toContain(`etcd remembers revisions from ${revision};`);
  });

  it('passes over records that belong to no change, and says so', async () => {
    await web().publish('v1', '10.0.0.1');
    await web().etcd.put(recordKey(2), 'junk');
    await web().etcd.put(recordKey(3), Uint8Array.of(0xff));
    const forgedAt = await web().etcd.revision();
    await web().etcd.put('/services/fleet/history/web/readme', 'x');
    await web().publish('v2', '10.0.0.1');
    expect(await web().record(4)).toMatchObject({ before: { content: body('v1') } });
    const { code, stdout, stderr } = await web().run(['history', 'web']);
    expect(code).toBe(0);
    expect(stdout).not.toContain('cannot read');
    expect(stderr).toMatch(new RegExp(`no change of the app belongs to, written at .*${forgedAt}`));
    expect(JSON.parse((await web().run(['history', 'web', '--json'])).stdout)).toMatchObject({
      falseRecords: [expect.any(String), forgedAt],
    });
  });

  it('shows that a change of the app has a record that it cannot read', async () => {
    await web().etcd.txn({
      [ipsKey]: '10.0.0.9',
      [contentKey]: body('x'),
      [recordKey(1)]: '{"v":2}',
    });
    expect((await web().run(['history', 'web'])).stdout).toContain(
      'a record that this version cannot read',
    );
  });

  it('refuses an app that never was', async () => {
    const { code, stderr } = await web().run(['history', 'never']);
    expect(code).toBe(1);
    expect(stderr).toContain('there is no app never');
  });
});
