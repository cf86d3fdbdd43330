/** publish, unpublish, apps, show against a real etcd; read back by its own gateway. */
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openAppStore } from '../../src/commands/openAppStore.ts';
import { ok } from '../../src/domain/result.ts';
import { createControlServer } from '../../src/http/controlServer.ts';
import { type AppName } from '../../src/domain/types.ts';
import { readSettings } from '../../src/settings/readSettings.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { type CliOutcome, runCliHere } from '../support/fakeCommandIo.ts';
import { type TempDir, createTempDir } from '../support/tempDir.ts';

let etcd: Etcd;
let journal: TempDir;
beforeAll(async () => {
  [etcd, journal] = await Promise.all([startEtcd(), createTempDir('commands')]);
});
afterAll(async () => {
  await Promise.all([etcd.stop(), journal.remove()]);
});
beforeEach(async () => {
  await etcd.delPrefix('/services/');
});

const body = 'command = /bin/cat\nautostart = true\n';
const ipsKey = '/services/apps/web/ips';
const contentKey = '/services/apps/web/content';

function run(argv: readonly string[], files: Readonly<Record<string, string>> = {}) {
  const env = {
    SUPERVENE_ETCD: etcd.endpoint,
    SUPERVENE_ADDRESSES: '10.0.0.11',
    SUPERVENE_JOURNAL: journal.path,
  };
  return runCliHere(argv, { env, files });
}

function publish(...more: readonly string[]): Promise<CliOutcome> {
  return run(['publish', 'web', '--hosts', '10.0.0.11', '--file', 'w', ...more], { w: body });
}

describe('supervene publish', () => {
  it('writes both keys at one revision: base64 of exactly the text, and the placement', async () => {
    const { code, stdout, stderr } = await publish();
    expect(code).toBe(0);
    // This host's policy is compat, and says what strict would refuse.
    expect(stderr.match(/[EW]_\w+/g)).toEqual(['W_POLICY_ROOT', 'W_POLICY_COMMAND_PREFIX']);
    const revision = await etcd.revision();
    expect(stdout).toContain(`web: published at revision ${revision}\n`);
    expect(stdout).toContain('+10.0.0.11\n');
    expect(stdout).toContain('+command = /bin/cat\n');
    expect(await etcd.get(ipsKey)).toBe('10.0.0.11');
    expect(await etcd.get(contentKey)).toBe(Buffer.from(body).toString('base64'));
    const shown = await run(['show', 'web', '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      ipsRevision: revision,
      contentRevision: revision,
    });
  });

  it('refuses what the strict policy of its own host refuses, and writes nothing', async () => {
    const before = await etcd.revision();
    const env = { SUPERVENE_ETCD: etcd.endpoint, SUPERVENE_POLICY_MODE: 'strict' };
    const argv = ['publish', 'strict', '--hosts', '*', '--file', 'w'];
    const { code, stderr } = await runCliHere(argv, { env, files: { w: body } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^w:1: E_POLICY_ROOT .*\nw:1: E_POLICY_COMMAND_PREFIX .*\nerror: /);
    expect(await etcd.revision()).toBe(before);
  });

  it('says so when nothing changes, and writes nothing', async () => {
    await publish();
    const before = await etcd.revision();
    expect(await publish()).toMatchObject({ code: 0, stdout: 'web: nothing to change\n' });
    expect(await etcd.revision()).toBe(before);
  });

  it('shows with --dry-run what would change, with 3, and writes nothing', async () => {
    await publish();
    const before = await etcd.revision();
    const argv = ['publish', 'web', '--hosts', '10.0.0.12', '--dry-run'];
    const { code, stdout } = await run(argv);
    expect(code).toBe(3);
    expect(stdout).toContain('-10.0.0.11\n+10.0.0.12\n');
    expect(stdout).toContain('nothing was written');
    expect(await etcd.revision()).toBe(before);
    expect(await publish('--dry-run')).toMatchObject({ code: 0 });
  });

  it('keeps the content without --file and the placement without --hosts', async () => {
    await publish();
    await run(['publish', 'web', '--hosts', '10.0.0.12, 10.0.0.13']);
    expect(await etcd.get(ipsKey)).toBe('10.0.0.12,10.0.0.13');
    expect(await etcd.get(contentKey)).toBe(Buffer.from(body).toString('base64'));
    await run(['publish', 'web', '--file', '-'], { '-': 'command=/bin/true\r\n' });
    expect(await etcd.get(ipsKey)).toBe('10.0.0.12,10.0.0.13');
    expect(Buffer.from((await etcd.get(contentKey)) ?? '', 'base64').toString()).toBe(
      'command=/bin/true\n',
    );
  });

  it('refuses half of a new app', async () => {
    const hostsOnly = await run(['publish', 'web', '--hosts', 'a']);
    expect(hostsOnly).toMatchObject({ code: 1, stdout: '' });
    expect(hostsOnly.stderr).toContain('give --file');
    const fileOnly = await run(['publish', 'web', '--file', 'w'], { w: body });
    expect(fileOnly.stderr).toContain('give --hosts');
    expect(await etcd.get(ipsKey)).toBeUndefined();
  });

  it('writes nothing that agents would refuse, and names the line', async () => {
    const argv = ['publish', 'web', '--hosts', '*', '--file', 'w'];
    const { code, stdout, stderr } = await run(argv, { w: `${body}comand=x\n` });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^w:3: E_UNKNOWN_OPTION .*command/);
    expect(await etcd.get(contentKey)).toBeUndefined();
    const allowed = await run([...argv, '--allow-unknown'], { w: `${body}comand=x\n` });
    expect(allowed.code).toBe(0);
    expect(allowed.stderr).toMatch(/^warning: w:3: W_/);
  });

  it('repairs content that nobody can read', async () => {
    await etcd.put(ipsKey, '10.0.0.11');
    await etcd.put(contentKey, Uint8Array.of(0xff, 0xfe));
    expect(await publish()).toMatchObject({ code: 0 });
    expect(await etcd.get(contentKey)).toBe(Buffer.from(body).toString('base64'));
  });

  it('gives one JSON document', async () => {
    const { stdout } = await publish('--json');
    expect(JSON.parse(stdout)).toMatchObject({
      app: 'web',
      isChanged: true,
      isDryRun: false,
      hosts: { before: [], after: ['10.0.0.11'] },
      revision: await etcd.revision(),
    });
  });
});

describe('openAppStore', () => {
  it('writes nothing over what was not read: two who change an app at once', async () => {
    await publish();
    const flags = new Map([['--etcd', etcd.endpoint]]);
    const settings = readSettings({ ...noSources, flags });
    const store = settings.ok ? await openAppStore(settings.value) : undefined;
    if (store?.ok !== true) throw new Error('no store');
    const app = 'web' as AppName;
    const reading = await store.value.read(app);
    if (!reading.ok) throw new Error(reading.error.message);
    await etcd.put(ipsKey, 'somebody');
    const values = { ips: 'us', content: 'us' };
    const changed = { ok: true, value: { type: 'Changed' } };
    expect(await store.value.publish(app, values, reading.value.entry)).toEqual(changed);
    expect(await store.value.unpublish(app, reading.value.entry)).toEqual(changed);
    // Nor over an app that came to be meanwhile.
    expect(await store.value.publish(app, values, { app })).toEqual(changed);
    store.value.close();
    expect(await etcd.get(ipsKey)).toBe('somebody');
  });
});

const noSources = {
  env: {},
  readText: () => ok(undefined),
  workingDir: '/',
  hostName: 'web1',
  isTerminal: false,
};

describe('supervene unpublish', () => {
  it('removes both keys at one revision', async () => {
    await publish();
    const before = BigInt(await etcd.revision());
    const { code, stdout } = await run(['unpublish', 'web']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `web: removed at revision ${String(before + 1n)}\n`,
    });
    expect(await etcd.get(ipsKey)).toBeUndefined();
    expect(await etcd.get(contentKey)).toBeUndefined();
  });

  it('removes half a pair', async () => {
    await etcd.put(ipsKey, '*');
    expect(await run(['unpublish', 'web'])).toMatchObject({ code: 0 });
    expect(await etcd.get(ipsKey)).toBeUndefined();
  });

  it('names the nearest app when there is none of that name', async () => {
    await publish();
    const { code, stderr } = await run(['unpublish', 'wep']);
    expect(code).toBe(1);
    expect(stderr).toBe('error: there is no app wep\n  did you mean web?\n');
  });
});

describe('supervene apps and show', () => {
  it('shows what is wrong with each app, however bad', async () => {
    await publish();
    await etcd.txn({
      '/services/apps/half/ips': '10.0.0.11',
      '/services/apps/bad/ips': '*',
      '/services/apps/bad/content': 'not base64 at all!',
      '/services/apps/bytes/ips': Uint8Array.of(0xff),
      '/services/apps/bytes/content': Uint8Array.of(0xff),
      '/services/apps/all/ips': '*',
      '/services/apps/all/content': body,
      '/services/apps/__proto__/ips': '*',
      '/services/apps/__proto__/content': body,
      '/services/apps/a b\u001b/ips': '10.0.0.999',
      '/services/apps/a b\u001b/content': body,
      '/services/apps/web/other': 'x',
      '/services/apps2/x/ips': 'x',
    });
    const { code, stdout } = await run(['apps', '--json']);
    expect(code).toBe(0);
    const document = JSON.parse(stdout) as { apps: { app: string }[]; ignoredKeys: number };
    expect(document.ignoredKeys).toBe(1);
    expect(document.apps).toMatchObject([
      { app: '__proto__', state: 'refused', code: 'E_APP_NAME', isPlacedHere: true },
      { app: 'a b\u001b', state: 'refused', code: 'E_APP_NAME', isPlacedHere: false },
      { app: 'all', state: 'refused', code: 'E_APP_NAME_RESERVED' },
      { app: 'bad', state: 'refused', code: 'E_BASE64' },
      { app: 'bytes', state: 'refused', code: 'E_PLACEMENT', ips: null },
      { app: 'half', state: 'pending', code: 'E_HALF_PAIR', isPlacedHere: true },
      { app: 'web', state: 'ok', code: null, isPlacedHere: true, hosts: ['10.0.0.11'] },
    ]);
    const table = (await run(['apps'])).stdout;
    expect(table.split('\n')[0]).toMatch(/^APP +HOSTS +HERE +REVISION +STATE$/);
    expect(table).toContain('\nbad ');
    expect(table).toContain('refused: E_BASE64 ');
    expect(table).not.toContain('\u001b');
  });

  it('shows one app whole, and raw exactly its body', async () => {
    await publish();
    const { stdout } = await run(['show', 'web']);
    expect(stdout).toContain('state     ok\n');
    expect(stdout).toContain(`\n\n${body}`);
    expect(await run(['show', 'web', '--raw'])).toMatchObject({ code: 0, stdout: body });
  });

  it('shows a bad app with its code, and refuses it raw', async () => {
    await etcd.put(contentKey, '!!!');
    const { code, stdout } = await run(['show', 'web']);
    expect(code).toBe(0);
    expect(stdout).toContain('problem   E_BASE64 ');
    expect(await run(['show', 'web', '--raw'])).toMatchObject({ code: 1, stdout: '' });
    expect(await run(['show', 'wed'])).toMatchObject({ code: 1 });
  });

  it('shows what the agent of this host has against an app', async () => {
    await publish();
    const word = { app: 'web', code: 'E_NO_SUCH_USER', reason: 'there is no user joe' };
    let state = { quarantined: [word], held: [] as unknown[] };
    const server = await createControlServer(
      { hostId: 'web1', retry: () => ok({}), confirm: () => ok({}), stateJson: () => state },
      { socketPath: join(journal.path, 'control.sock') },
    );
    if (!server.ok) throw new Error(server.error);
    expect((await run(['apps'])).stdout).toMatch(/ quarantined here: E_NO_SUCH_USER there is no/);
    expect(JSON.parse((await run(['apps', '--json'])).stdout)).toMatchObject({
      host: { id: 'web1', hasAgent: true },
      apps: [{ app: 'web', state: 'quarantined', code: 'E_NO_SUCH_USER' }],
    });
    expect((await run(['show', 'web'])).stdout).toContain('yes: E_NO_SUCH_USER there is no user');
    state = { quarantined: [], held: [{ ...word, code: 'OperatorStop' }] };
    expect((await run(['apps'])).stdout).toMatch(/ ok, held here: OperatorStop /);
    await server.value.close();
    expect((await run(['apps'])).stdout).toMatch(/ ok$/m);
  });

  it('lists 3,000 apps of several pages at one revision', async () => {
    for (let start = 0; start < 3000; start += 60) {
      const changes: Record<string, string> = {};
      for (let index = start; index < start + 60; index += 1) {
        changes[`/services/apps/app-${String(index)}/ips`] = '10.0.0.12';
        changes[`/services/apps/app-${String(index)}/content`] = body;
      }
      await etcd.txn(changes);
    }
    const { stdout } = await run(['apps']);
    expect(stdout.split('\n')).toHaveLength(3002);
  });
});

describe('commands without etcd', () => {
  it('say where they looked and what to do, with 1', async () => {
    const env = { SUPERVENE_ETCD: 'http://127.0.0.1:1' };
    for (const argv of [['apps'], ['show', 'web'], ['unpublish', 'web']]) {
      const { code, stdout, stderr } = await runCliHere(argv, { env });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('etcd is not reachable at http://127.0.0.1:1');
      expect(stderr).toContain('--etcd');
    }
  });
});
