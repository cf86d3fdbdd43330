/** The history of an app, and the way back, on a real etcd. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AppStore } from '../../src/commands/appStore.ts';
import { openAppStore } from '../../src/commands/openAppStore.ts';
import { ok } from '../../src/domain/result.ts';
import type { AppName } from '../../src/domain/types.ts';
import { readSettings } from '../../src/settings/readSettings.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { type CliOutcome, runCliHere } from '../support/fakeCommandIo.ts';
import { createTempDir, type TempDir } from '../support/tempDir.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(async () => {
  await etcd.stop();
});
beforeEach(async () => {
  await etcd.delPrefix('/services/');
});

const web = 'web' as AppName;
const contentKey = '/services/apps/web/content';
const ipsKey = '/services/apps/web/ips';
const recordKey = (seq: number): string =>
  `/services/fleet/history/web/${String(seq).padStart(10, '0')}`;
const body = (version: string): string => `command = /bin/cat ${version}\n`;

function run(argv: readonly string[], content = '', server = etcd): Promise<CliOutcome> {
  const env = { SUPERVENE_ETCD: server.endpoint, SUDO_USER: 'alice' };
  return runCliHere(argv, { env, files: { w: content } });
}

function publish(version: string, hosts: string, ...more: readonly string[]): Promise<CliOutcome> {
  return run(['publish', 'web', '--hosts', hosts, '--file', 'w', ...more], body(version));
}

interface HistoryDocument {
  readonly memoryFrom: string | null;
  readonly changes: readonly {
    readonly revision: string | null;
    readonly by: string | null;
    readonly message: string | null;
    readonly diff: string | null;
  }[];
}

async function history(...more: readonly string[]): Promise<HistoryDocument> {
  const { code, stdout, stderr } = await run(['history', 'web', '--json', ...more]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as HistoryDocument;
}

async function record(seq: number): Promise<Record<string, unknown>> {
  return JSON.parse((await etcd.get(recordKey(seq))) ?? '{}') as Record<string, unknown>;
}

async function openStore(server: Etcd = etcd): Promise<AppStore> {
  const sources = { env: {}, readText: () => ok(undefined), workingDir: '/', hostName: 'web1' };
  const flags = new Map([['--etcd', server.endpoint]]);
  const settings = readSettings({ ...sources, isTerminal: false, flags });
  const store = settings.ok ? await openAppStore(settings.value) : undefined;
  if (store?.ok !== true) throw new Error('no store');
  return store.value;
}

describe('the record of a publish', () => {
  it('is written at the revision of the change: who, from where, why, and the texts', async () => {
    await publish('v1', '10.0.0.1', '-m', 'first');
    const revision = await etcd.revision();
    expect(await record(1)).toMatchObject({
      ...{ v: 1, action: 'publish', by: 'alice', from: 'web1', why: 'first' },
      before: null,
      after: { ips: '10.0.0.1', content: body('v1') },
    });
    expect((await history()).changes).toMatchObject([{ revision, by: 'alice', message: 'first' }]);
  });

  it('does not repeat what the record before says, and tells what another tool left', async () => {
    await publish('v1', '10.0.0.1');
    await publish('v2', '10.0.0.1');
    expect(await record(2)).not.toHaveProperty('before');
    expect(await record(2)).toHaveProperty('beforeSha256');
    await etcd.put(contentKey, body('by hand'));
    await run(['unpublish', 'web', '-m', 'away']);
    expect(await record(3)).toMatchObject({
      action: 'unpublish',
      before: { ips: '10.0.0.1', content: body('by hand') },
      after: null,
    });
  });

  it('is not written for a publish that changes nothing, nor with --no-history', async () => {
    await publish('v1', '10.0.0.1');
    await publish('v1', '10.0.0.1');
    expect(await publish('v2', '10.0.0.1', '--no-history')).toMatchObject({ code: 0 });
    expect(await record(2)).toEqual({});
    expect((await history()).changes).toMatchObject([{ by: null }, { by: 'alice' }]);
  });

  it('says what to do about a key that leaves no number', async () => {
    await etcd.put(recordKey(9_999_999_999), 'x');
    const { code, stderr } = await publish('v1', '10.0.0.1');
    expect(code).toBe(1);
    expect(stderr).toContain(`etcdctl del ${recordKey(9_999_999_999)}`);
    expect(stderr).toContain('--no-history');
  });

  it('goes when there are 50 younger ones', async () => {
    for (let index = 1; index <= 52; index += 1) await publish(`v${String(index)}`, '10.0.0.1');
    expect(await record(2)).toEqual({});
    expect(await record(3)).toMatchObject({ after: { content: body('v3') } });
    expect(await record(52)).toMatchObject({ after: { content: body('v52') } });
  });

  it('is of one only when two publish at once, and the other is told', async () => {
    await publish('v1', '10.0.0.1');
    const store = await openStore();
    const reading = await store.read(web);
    if (!reading.ok) throw new Error(reading.error.message);
    const outcomes = await Promise.all(
      ['a', 'b', 'c', 'd'].map((by) => {
        const wish = { action: 'publish', by, from: 'x', atMs: 1 } as const;
        const values = { ips: by, content: Buffer.from(body(by)).toString('base64') };
        return store.publish(web, values, reading.value.entry, wish);
      }),
    );
    store.close();
    const types = outcomes.map((outcome) => (outcome.ok ? outcome.value.type : 'error'));
    expect(types.sort()).toEqual(['Changed', 'Changed', 'Changed', 'Written']);
    const { by, after } = await record(2);
    expect(after).toEqual({ ips: by, content: body(String(by)) });
    expect(await etcd.get(ipsKey)).toBe(by);
    expect(await record(3)).toEqual({});
  });
});

describe('without the grant for the history', () => {
  let guarded: Etcd;
  let dir: TempDir;
  beforeAll(async () => {
    [guarded, dir] = await Promise.all([startEtcd(), createTempDir('grants')]);
    guarded.etcdctl('role', 'add', 'apps');
    guarded.etcdctl(
      'role',
      'grant-permission',
      'apps',
      '--prefix=true',
      'readwrite',
      '/services/apps/',
    );
    guarded.etcdctl('role', 'add', 'reads');
    guarded.etcdctl('role', 'grant-permission', 'reads', '--prefix=true', 'read', '/services/');
    guarded.etcdctl('role', 'add', 'records');
    const history = '/services/fleet/history/';
    guarded.etcdctl('role', 'grant-permission', 'records', '--prefix=true', 'readwrite', history);
    for (const [user, roles] of [
      ['anna', ['apps']],
      ['ben', ['apps', 'reads']],
      ['carl', ['reads', 'records']],
    ] as const) {
      guarded.etcdctl('user', 'add', `${user}:pw`);
      for (const role of roles) guarded.etcdctl('user', 'grant-role', user, role);
    }
    guarded.enableAuth('secret');
    await writeFile(join(dir.path, 'pw'), 'pw\n');
  });
  afterAll(async () => {
    await Promise.all([guarded.stop(), dir.remove()]);
  });

  function runAs(user: string, argv: readonly string[]): Promise<CliOutcome> {
    const env = {
      SUPERVENE_ETCD: guarded.endpoint,
      SUPERVENE_ETCD_USERNAME: user,
      SUPERVENE_ETCD_PASSWORD_FILE: join(dir.path, 'pw'),
    };
    // The password file is read by path, not through the hand-made files.
    return runCliHere(argv, { env, files: { w: body('v1') } });
  }
  const argv = ['publish', 'web', '--hosts', '10.0.0.1', '--file', 'w'];

  it.each(['anna', 'ben'])('%s is told which one, and nothing is written', async (user) => {
    const before = await guarded.revision();
    const { code, stderr } = await runAs(user, argv);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `account ${user} may not read and write below /services/fleet/history/web/`,
    );
    expect(stderr).toContain(
      'grant-permission ROLE --prefix=true readwrite /services/fleet/history/',
    );
    expect(stderr).toContain('--no-history');
    expect(await guarded.revision()).toBe(before);
  });

  it('publishes with --no-history, and history tells what etcd knows', async () => {
    expect(await runAs('anna', [...argv, '--no-history'])).toMatchObject({ code: 0 });
    const { code, stdout, stderr } = await runAs('anna', ['history', 'web']);
    expect(code).toBe(0);
    expect(stderr).toContain('the records of publishes may not be read');
    expect(stdout).toContain('(not by supervene)  new: content +1, hosts +10.0.0.1');
    expect(await runAs('anna', ['unpublish', 'web', '--no-history'])).toMatchObject({ code: 0 });
  });

  it('names the prefix that a list needs', async () => {
    guarded.etcdctl('role', 'add', 'one');
    const one = ['grant-permission', 'one', '--prefix=true', 'readwrite', '/services/apps/web/'];
    guarded.etcdctl('role', ...one);
    guarded.etcdctl('user', 'add', 'dora:pw');
    guarded.etcdctl('user', 'grant-role', 'dora', 'one');
    const apps = await runAs('dora', ['apps']);
    expect(apps.code).toBe(1);
    expect(apps.stderr).toContain('grant-permission ROLE --prefix=true read /services/apps/\n');
    const status = await runAs('anna', ['status']);
    expect(status.stderr).toContain('--prefix=true read /services/fleet/');
  });

  it('does not blame the history when it is the apps that may not be written', async () => {
    const { code, stderr } = await runAs('carl', argv);
    expect(code).toBe(1);
    expect(stderr).not.toContain('--no-history');
  });
});

describe('supervene history', () => {
  it('shows what others wrote, and removals, newest first', async () => {
    // Other tests wrote to the app, and etcd remembers.
    etcd.etcdctl('compact', await etcd.revision());
    await publish('v1', '10.0.0.1', '-m', 'one');
    await etcd.put(contentKey, body('by hand'));
    await run(['unpublish', 'web']);
    await etcd.txn({ [ipsKey]: '10.0.0.9', [contentKey]: body('again') });
    const { stdout } = await run(['history', 'web']);
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
    await publish('v1', '10.0.0.1');
    await publish('v2', '10.0.0.2');
    const { stdout } = await run(['history', 'web', await etcd.revision()]);
    expect(stdout).toContain('publish: content +1 -1, hosts +10.0.0.2 -10.0.0.1');
    expect(stdout).toContain('-10.0.0.1\n+10.0.0.2\n');
    expect(stdout).toContain(`-${body('v1')}+${body('v2')}`);
    expect(await run(['history', 'web', '1'])).toMatchObject({ code: 1, stdout: '' });
  });

  it('goes on from the records when etcd is compacted, and says where etcd ends', async () => {
    await publish('v1', '10.0.0.1', '-m', 'one');
    await publish('v2', '10.0.0.1', '-m', 'two');
    await etcd.put(contentKey, body('by hand'));
    await publish('v3', '10.0.0.1', '-m', 'three');
    const revision = await etcd.revision();
    etcd.etcdctl('compact', revision);
    const document = await history();
    expect(document.memoryFrom).toBe(revision);
    // What was by hand is known from what the third record found there.
    const told = document.changes.map(({ message, revision: at }) => message ?? at);
    expect(told).toEqual(['three', null, 'two', 'one']);
    expect(document.changes[0]?.diff).toContain(`-${body('by hand')}+${body('v3')}`);
    const { stdout } = await run(['history', 'web']);
    expect(stdout).toContain(`etcd remembers revisions from ${revision};`);
  });

  it('passes over records that belong to no change, and says so', async () => {
    await publish('v1', '10.0.0.1');
    await etcd.put(recordKey(2), 'junk');
    await etcd.put(recordKey(3), Uint8Array.of(0xff));
    const forgedAt = await etcd.revision();
    await etcd.put('/services/fleet/history/web/readme', 'x');
    await publish('v2', '10.0.0.1');
    expect(await record(4)).toMatchObject({ before: { content: body('v1') } });
    const { code, stdout, stderr } = await run(['history', 'web']);
    expect(code).toBe(0);
    expect(stdout).not.toContain('cannot read');
    expect(stderr).toMatch(new RegExp(`no change of the app belongs to, written at .*${forgedAt}`));
    expect(JSON.parse((await run(['history', 'web', '--json'])).stdout)).toMatchObject({
      falseRecords: [expect.any(String), forgedAt],
    });
  });

  it('shows that a change of the app has a record that it cannot read', async () => {
    await etcd.txn({ [ipsKey]: '10.0.0.9', [contentKey]: body('x'), [recordKey(1)]: '{"v":2}' });
    expect((await run(['history', 'web'])).stdout).toContain(
      'a record that this version cannot read',
    );
  });

  it('refuses an app that never was', async () => {
    const { code, stderr } = await run(['history', 'never']);
    expect(code).toBe(1);
    expect(stderr).toContain('there is no app never');
  });
});

/** Refused until the digest says that it was seen. */
async function rollbackAsSeen(...more: readonly string[]): Promise<CliOutcome> {
  const before = await etcd.revision();
  const { code, stderr } = await run(['rollback', 'web', ...more]);
  expect(code).toBe(1);
  expect(stderr).toContain('only a record says that this stood there');
  const wrong = await run(['rollback', 'web', ...more, '--digest', 'f'.repeat(64)]);
  expect(wrong.stderr).toContain('nothing was written');
  expect(await etcd.revision()).toBe(before);
  const digest = /--digest ([0-9a-f]{64})/.exec(stderr)?.[1] ?? '';
  return run(['rollback', 'web', ...more, '--digest', digest]);
}

describe('supervene rollback', () => {
  it('puts back nothing that somebody wrote who may write records alone', async () => {
    await publish('v1', '10.0.0.1');
    await publish('v2', '10.0.0.1');
    const evil = { ips: '*', content: 'command = /bin/evil\nuser = root\n' };
    const after = { ips: '10.0.0.1', content: body('v2') };
    const forged = { ...(await record(2)), before: evil, after };
    await etcd.put(recordKey(3), JSON.stringify(forged));
    // Also that which the next one leaves out.
    await etcd.put(recordKey(1), JSON.stringify({ ...forged, after: evil }));
    for (const isCompacted of [false, true]) {
      if (isCompacted) etcd.etcdctl('compact', await etcd.revision());
      const { code, stdout, stderr } = await run(['rollback', 'web', '--dry-run']);
      expect(stderr).toContain('no change of the app belongs to');
      expect(stdout).not.toContain('evil');
      // Of what is compacted only the first record knew.
      expect(code).toBe(isCompacted ? 1 : 3);
    }
    await run(['unpublish', 'web']);
    await etcd.put(recordKey(6), JSON.stringify({ ...forged, after: null }));
    etcd.etcdctl('compact', await etcd.revision());
    const before = await etcd.revision();
    const shown = await run(['rollback', 'web', '--dry-run']);
    expect(shown).toMatchObject({ code: 3, stdout: expect.stringContaining('evil') as string });
    expect(shown.stderr).toContain('only a record says that this stood there');
    expect(await run(['rollback', 'web'])).toMatchObject({ code: 1 });
    expect(await etcd.revision()).toBe(before);
  });

  it('goes back after compaction, and names no revision that did not have what it puts back', async () => {
    await publish('v1', '10.0.0.1');
    await publish('v2', '10.0.0.1', '--no-history');
    await publish('v3', '10.0.0.1');
    etcd.etcdctl('compact', await etcd.revision());
    const { code, stdout } = await run(['rollback', 'web', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ backTo: null });
    expect(Buffer.from((await etcd.get(contentKey)) ?? '', 'base64').toString()).toBe(body('v2'));
    expect(await record(3)).not.toHaveProperty('to');
  });

  it('knows no revision that is still to come', async () => {
    await publish('v1', '10.0.0.1');
    const { code, stderr } = await run(['rollback', 'web', '--to', '99999']);
    expect(code).toBe(1);
    expect(stderr).toContain(`etcd is at ${await etcd.revision()}`);
  });

  it('puts back what stood there before the last change, and once more takes that back', async () => {
    await publish('v1', '10.0.0.1');
    const first = await etcd.revision();
    await publish('v2', '10.0.0.2');
    const dry = await run(['rollback', 'web', '--dry-run']);
    expect(dry).toMatchObject({ code: 3 });
    expect(dry.stdout).toContain(`-${body('v2')}+${body('v1')}`);
    expect(await etcd.get(ipsKey)).toBe('10.0.0.2');
    const { code, stdout } = await run(['rollback', 'web', '-m', 'v2 is bad']);
    expect(code).toBe(0);
    expect(stdout).toContain(`web: back to revision ${first}, published at revision `);
    expect(await etcd.get(ipsKey)).toBe('10.0.0.1');
    expect(Buffer.from((await etcd.get(contentKey)) ?? '', 'base64').toString()).toBe(body('v1'));
    expect(await record(3)).toMatchObject({ action: 'rollback', to: first, why: 'v2 is bad' });
    await run(['rollback', 'web']);
    expect(await etcd.get(ipsKey)).toBe('10.0.0.2');
  });

  it('goes to a revision, the content alone, after compaction and after removal', async () => {
    await publish('v1', '10.0.0.1');
    const first = await etcd.revision();
    await publish('v2', '10.0.0.2');
    await run(['unpublish', 'web']);
    etcd.etcdctl('compact', await etcd.revision());
    // etcd itself remembers nothing of it any more.
    expect(await rollbackAsSeen()).toMatchObject({ code: 0 });
    expect(await etcd.get(ipsKey)).toBe('10.0.0.2');
    expect(await rollbackAsSeen('--to', first, '--content-only')).toMatchObject({ code: 0 });
    expect(await etcd.get(ipsKey)).toBe('10.0.0.2');
    const again = await run(['rollback', 'web', '--to', first, '--content-only']);
    expect(again).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing to change') as string,
    });
    expect((await run(['history', 'web', '--limit', '1'])).stdout).toContain(
      'rollback: content +1 -1',
    );
  });

  it('refuses what was nothing, what is unknown, and what the policy refuses by now', async () => {
    await publish('v1', '10.0.0.1');
    const nothing = await run(['rollback', 'web']);
    expect(nothing.code).toBe(1);
    expect(nothing.stderr).toContain('supervene unpublish web');
    const unknown = await run(['rollback', 'web', '--to', '1']);
    expect(unknown).toMatchObject({ code: 1 });
    await publish('v2', '10.0.0.1');
    const before = await etcd.revision();
    const env = { SUPERVENE_ETCD: etcd.endpoint, SUPERVENE_POLICY_MODE: 'strict' };
    const { code, stderr } = await runCliHere(['rollback', 'web'], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^web@\d+:1: E_POLICY_ROOT /m);
    expect(await etcd.revision()).toBe(before);
  });

  it('signs what it puts back only when that was seen', async () => {
    const keys = await createTempDir('keys');
    try {
      const keyFile = join(keys.path, 'release.key');
      await run(['keys', 'generate', '--out', keyFile]);
      await publish('v1', '10.0.0.1', '--sign', keyFile);
      await publish('v2', '10.0.0.1', '--sign', keyFile);
      // No change of the app, and nothing to go back from.
      const second = join(keys.path, 'second.key');
      await run(['keys', 'generate', '--out', second]);
      await run(['keys', 'sign', 'web', '--sign', second]);
      expect((await run(['history', 'web', '--limit', '1'])).stdout).toContain(
        'the signature alone',
      );
      const before = await etcd.revision();
      const unsigned = await run(['rollback', 'web']);
      expect(unsigned.stderr).toContain('web is signed');
      const unseen = await run(['rollback', 'web', '--sign', keyFile]);
      expect(unseen).toMatchObject({ code: 1 });
      expect(unseen.stdout).toContain(`hosts     10.0.0.1\n\n${body('v1')}`);
      const digest = /--digest ([0-9a-f]{64})/.exec(unseen.stderr)?.[1] ?? '';
      const other = await run(['rollback', 'web', '--sign', keyFile, '--digest', 'f'.repeat(64)]);
      expect(other.stderr).toContain('nothing was signed');
      expect(await etcd.revision()).toBe(before);
      const seen = await run(['rollback', 'web', '--sign', keyFile, '--digest', digest]);
      expect(seen).toMatchObject({ code: 0 });
      expect((await run(['show', 'web', '--json'])).stdout).toContain('"isOfThis": true');
      expect(await run(['unpublish', 'web', '--unsigned'])).toMatchObject({ code: 0 });
    } finally {
      await keys.remove();
    }
  });

  it('undoes what another tool did', async () => {
    await publish('v1', '10.0.0.1');
    await etcd.put(contentKey, 'not base64 at all!');
    expect(await run(['rollback', 'web'])).toMatchObject({ code: 0 });
    expect(Buffer.from((await etcd.get(contentKey)) ?? '', 'base64').toString()).toBe(body('v1'));
    // What nobody could read is no way back.
    expect(await run(['rollback', 'web'])).toMatchObject({ code: 1 });
  });
});

describe('etcd without space', () => {
  it('refuses whole: neither the change nor its record', async () => {
    const small = await startEtcd({ flags: ['--quota-backend-bytes', '200000'] });
    try {
      const argv = ['publish', 'web', '--hosts', '10.0.0.1', '--file', 'w'];
      expect(await run(argv, body('v1'), small)).toMatchObject({ code: 0 });
      const big = 'x'.repeat(50_000);
      await expect(
        (async () => {
          for (let index = 0; index < 20; index += 1)
            await small.put(`/other/${String(index)}`, big);
        })(),
      ).rejects.toThrow(/space/);
      const { code, stderr } = await run(argv, body('v2'), small);
      expect(code).toBe(1);
      expect(stderr).toContain('space');
      expect(await small.get(contentKey)).toBe(Buffer.from(body('v1')).toString('base64'));
      expect(await small.get(recordKey(2))).toBeUndefined();
    } finally {
      await small.stop();
    }
  });
});
