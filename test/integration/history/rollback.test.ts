/** The way back of an app, on a real etcd. */
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { body, contentKey, ipsKey, recordKey, startAppHistory } from '../../support/appHistory.ts';
import { type CliOutcome, runCliHere } from '../../support/fakeCommandIo.ts';
import { shared } from '../../support/shared.ts';
import { createTempDir } from '../../support/tempDir.ts';

const web = shared(startAppHistory);
beforeEach(async () => {
  await web().etcd.delPrefix('/services/');
});

/** Refused until the digest says that it was seen. */
async function rollbackAsSeen(...more: readonly string[]): Promise<CliOutcome> {
  const before = await web().etcd.revision();
  const { code, stderr } = await web().run(['rollback', 'web', ...more]);
  expect(code).toBe(1);
  expect(stderr).toContain('only a record says that this stood there');
  const wrong = await web().run(['rollback', 'web', ...more, '--digest', 'f'.repeat(64)]);
  expect(wrong.stderr).toContain('nothing was written');
  expect(await web().etcd.revision()).toBe(before);
  const digest = /--digest ([0-9a-f]{64})/.exec(stderr)?.[1] ?? '';
  return web().run(['rollback', 'web', ...more, '--digest', digest]);
}

describe('supervene rollback', () => {
  it('puts back nothing that somebody wrote who may write records alone', async () => {
    await web().publish('v1', '10.0.0.1');
    await web().publish('v2', '10.0.0.1');
    const evil = { ips: '*', content: 'command = /bin/evil\nuser = root\n' };
    const after = { ips: '10.0.0.1', content: body('v2') };
    const forged = { ...(await web().record(2)), before: evil, after };
    await web().etcd.put(recordKey(3), JSON.stringify(forged));
    // Also that which the next one leaves out.
    await web().etcd.put(recordKey(1), JSON.stringify({ ...forged, after: evil }));
    for (const isCompacted of [false, true]) {
      if (isCompacted) web().etcd.etcdctl('compact', await web().etcd.revision());
      const { code, stdout, stderr } = await web().run(['rollback', 'web', '--dry-run']);
      expect(stderr).toContain('no change of the app belongs to');
      expect(stdout).not.toContain('evil');
      // Of what is compacted only the first record knew.
      expect(code).toBe(isCompacted ? 1 : 3);
    }
    await web().run(['unpublish', 'web']);
    await web().etcd.put(recordKey(6), JSON.stringify({ ...forged, after: null }));
    web().etcd.etcdctl('compact', await web().etcd.revision());
    const before = await web().etcd.revision();
    const shown = await web().run(['rollback', 'web', '--dry-run']);
    expect(shown).toMatchObject({ code: 3, stdout: expect.stringContaining('evil') as string });
    expect(shown.stderr).toContain('only a record says that this stood there');
    expect(await web().run(['rollback', 'web'])).toMatchObject({ code: 1 });
    expect(await web().etcd.revision()).toBe(before);
  });

  it('goes back after compaction, and names no revision that did not have what it puts back', async () => {
    await web().publish('v1', '10.0.0.1');
    await web().publish('v2', '10.0.0.1', '--no-history');
    await web().publish('v3', '10.0.0.1');
    web().etcd.etcdctl('compact', await web().etcd.revision());
    const { code, stdout } = await web().run(['rollback', 'web', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ backTo: null });
    expect(Buffer.from((await web().etcd.get(contentKey)) ?? '', 'base64').toString()).toBe(
      body('v2'),
    );
    expect(await web().record(3)).not.toHaveProperty('to');
  });

  it('knows no revision that is still to come', async () => {
    await web().publish('v1', '10.0.0.1');
    const { code, stderr } = await web().run(['rollback', 'web', '--to', '99999']);
    expect(code).toBe(1);
    expect(stderr).toContain(`etcd is at ${await web().etcd.revision()}`);
  });

  it('puts back what stood there before the last change, and once more takes that back', async () => {
    await web().publish('v1', '10.0.0.1');
    const first = await web().etcd.revision();
    await web().publish('v2', '10.0.0.2');
    const dry = await web().run(['rollback', 'web', '--dry-run']);
    expect(dry).toMatchObject({ code: 3 });
    expect(dry.stdout).toContain(`-${body('v2')}+${body('v1')}`);
    expect(await web().etcd.get(ipsKey)).toBe('10.0.0.2');
    const { code, stdout } = await web().run(['rollback', 'web', '-m', 'v2 is bad']);
    expect(code).toBe(0);
    expect(stdout).toContain(`web: back to revision ${first}, published at revision `);
    expect(await web().etcd.get(ipsKey)).toBe('10.0.0.1');
    expect(Buffer.from((await web().etcd.get(contentKey)) ?? '', 'base64').toString()).toBe(
      body('v1'),
    );
    expect(await web().record(3)).toMatchObject({
      action: 'rollback',
      to: first,
      why: 'v2 is bad',
    });
    await web().run(['rollback', 'web']);
    expect(await web().etcd.get(ipsKey)).toBe('10.0.0.2');
  });

  it('goes to a revision, the content alone, after compaction and after removal', async () => {
    await web().publish('v1', '10.0.0.1');
    const first = await web().etcd.revision();
    await web().publish('v2', '10.0.0.2');
    await web().run(['unpublish', 'web']);
    web().etcd.etcdctl('compact', await web().etcd.revision());
    // etcd itself remembers nothing of it any more.
    expect(await rollbackAsSeen()).toMatchObject({ code: 0 });
    expect(await web().etcd.get(ipsKey)).toBe('10.0.0.2');
    expect(await rollbackAsSeen('--to', first, '--content-only')).toMatchObject({ code: 0 });
    expect(await web().etcd.get(ipsKey)).toBe('10.0.0.2');
    const again = await web().run(['rollback', 'web', '--to', first, '--content-only']);
    expect(again).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing to change') as string,
    });
    expect((await web().run(['history', 'web', '--limit', '1'])).stdout).toContain(
      'rollback: content +1 -1',
    );
  });

  it('refuses what was nothing, what is unknown, and what the policy refuses by now', async () => {
    await web().publish('v1', '10.0.0.1');
    const nothing = await web().run(['rollback', 'web']);
    expect(nothing.code).toBe(1);
    expect(nothing.stderr).toContain('supervene unpublish web');
    const unknown = await web().run(['rollback', 'web', '--to', '1']);
    expect(unknown).toMatchObject({ code: 1 });
    await web().publish('v2', '10.0.0.1');
    const before = await web().etcd.revision();
    const env = { SUPERVENE_ETCD: web().etcd.endpoint, SUPERVENE_POLICY_MODE: 'strict' };
    const { code, stderr } = await runCliHere(['rollback', 'web'], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^web@\d+:1: E_POLICY_ROOT /m);
    expect(await web().etcd.revision()).toBe(before);
  });

  it('signs what it puts back only when that was seen', async () => {
    const keys = await createTempDir('keys');
    try {
      const keyFile = join(keys.path, 'release.key');
      await web().run(['keys', 'generate', '--out', keyFile]);
      await web().publish('v1', '10.0.0.1', '--sign', keyFile);
      await web().publish('v2', '10.0.0.1', '--sign', keyFile);
      // No change of the app, and nothing to go back from.
      const second = join(keys.path, 'second.key');
      await web().run(['keys', 'generate', '--out', second]);
      await web().run(['keys', 'sign', 'web', '--sign', second]);
      expect((await web().run(['history', 'web', '--limit', '1'])).stdout).toContain(
        'the signature alone',
      );
      const before = await web().etcd.revision();
      const unsigned = await web().run(['rollback', 'web']);
      expect(unsigned.stderr).toContain('web is signed');
      const unseen = await web().run(['rollback', 'web', '--sign', keyFile]);
      expect(unseen).toMatchObject({ code: 1 });
      expect(unseen.stdout).toContain(`hosts     10.0.0.1\n\n${body('v1')}`);
      const digest = /--digest ([0-9a-f]{64})/.exec(unseen.stderr)?.[1] ?? '';
      const other = await web().run([
        'rollback',
        'web',
        '--sign',
        keyFile,
        '--digest',
        'f'.repeat(64),
      ]);
      expect(other.stderr).toContain('nothing was signed');
      expect(await web().etcd.revision()).toBe(before);
      const seen = await web().run(['rollback', 'web', '--sign', keyFile, '--digest', digest]);
      expect(seen).toMatchObject({ code: 0 });
      expect((await web().run(['show', 'web', '--json'])).stdout).toContain('"isOfThis": true');
      expect(await web().run(['unpublish', 'web', '--unsigned'])).toMatchObject({ code: 0 });
    } finally {
      await keys.remove();
    }
  });

  it('undoes what another tool did', async () => {
    await web().publish('v1', '10.0.0.1');
    await web().etcd.put(contentKey, 'not base64 at all!');
    expect(await web().run(['rollback', 'web'])).toMatchObject({ code: 0 });
    expect(Buffer.from((await web().etcd.get(contentKey)) ?? '', 'base64').toString()).toBe(
      body('v1'),
    );
    // What nobody could read is no way back.
    expect(await web().run(['rollback', 'web'])).toMatchObject({ code: 1 });
  });
});
