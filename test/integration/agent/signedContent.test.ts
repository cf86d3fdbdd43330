/**
 * Signed content over the real parts: what somebody with write access to etcd cannot do, and what
 * the holders of the keys still can. Each attack leaves the process its pid, and /state says why.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AgentHost, sleeper, startAgentHost } from '../../support/agentHost.ts';
import { type CommandOutcome, runSupervene } from '../../support/agent.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

const address = '172.16.238.11';

let etcd: Etcd;
let dir: TempDir;
/** Private keys made by `supervene keys generate`. */
let keys: readonly string[];
const cleanups: (() => Promise<void>)[] = [];
beforeAll(async () => {
  etcd = await startEtcd();
  dir = await createTempDir('keys');
  keys = ['one', 'two', 'three'].map((name) => join(dir.path, `${name}.key`));
  const made = await Promise.all(
    keys.map((key) => runSupervene(['keys', 'generate', '--out', key])),
  );
  for (const each of made) expect(each).toMatchObject({ code: 0, stderr: '' });
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(async () => {
  await etcd.stop();
  await dir.remove();
});

interface SignedHost extends AgentHost {
  run(...args: readonly string[]): Promise<CommandOutcome>;
  publishSigned(app: string, body: string, keys?: readonly string[], ips?: string): Promise<string>;
  key(app: string, leaf: string): string;
  /** Code of the refusal or the reason to hold, once the agent says it of this app. */
  waitUntilSaid(app: string, code: string): Promise<void>;
}

let count = 0;

async function startSignedHost(threshold = '1'): Promise<SignedHost> {
  count += 1;
  const trustDir = join(dir.path, `trust${String(count)}`);
  mkdirSync(trustDir, { mode: 0o755 });
  for (const [index, key] of keys.entries()) {
    const file = join(trustDir, `${String(index)}.pub`);
    writeFileSync(file, `${readFileSync(key.replace(/key$/, 'pub'), 'utf8')}apps = *\n`);
    chmodSync(file, 0o644);
  }
  const environment = {
    SUPERVENE_TRUST_MODE: 'enforce',
    SUPERVENE_TRUST_DIR: trustDir,
    SUPERVENE_TRUST_THRESHOLD: threshold,
  };
  const host = await startAgentHost({ etcd, addresses: [address], environment });
  cleanups.push(host.stop);
  const run = (...args: readonly string[]) =>
    runSupervene(args, { environment: host.agent.environment });
  return {
    ...host,
    run,
    publishSigned: async (app, body, by = keys.slice(0, 1), ips = address) => {
      const file = join(dir.path, 'body.conf');
      writeFileSync(file, body);
      const signs = by.flatMap((key) => ['--sign', key]);
      const done = await run('publish', app, '--hosts', ips, '--file', file, ...signs, '--json');
      expect(done).toMatchObject({ code: 0 });
      return (JSON.parse(done.stdout) as { readonly revision: string }).revision;
    },
    key: (app, leaf) => `${host.prefix}/${app}/${leaf}`,
    waitUntilSaid: async (app, code) => {
      await waitFor(`${app}: ${code}`, async () =>
        (await host.view()).held.some((item) => item.app === app && item.reason.includes(code)),
      );
    },
  };
}

async function leavesOf(host: SignedHost, app: string): Promise<Record<string, string>> {
  const entries = await Promise.all(
    ['ips', 'content', 'signature'].map(async (leaf) => {
      const key = host.key(app, leaf);
      return [key, (await etcd.get(key)) ?? ''] as const;
    }),
  );
  return Object.fromEntries(entries);
}

const gone = (host: SignedHost, app: string): Record<string, undefined> =>
  Object.fromEntries(
    ['ips', 'content', 'signature'].map((leaf) => [host.key(app, leaf), undefined]),
  );

describe('signed content, enforced', () => {
  it('withstands whatever is written to etcd, and takes what is signed', async () => {
    const host = await startSignedHost();
    await host.publishSigned('web', sleeper(1));
    const old = await leavesOf(host, 'web');
    await host.waitForState('web', 'RUNNING');
    await host.publishSigned('api', sleeper(1));
    await host.waitUntilApplied(await host.publishSigned('web', sleeper(2)));
    const good = await leavesOf(host, 'web');
    const pids = await host.pids();
    const content = Buffer.from(sleeper(666)).toString('base64');
    const other = await leavesOf(host, 'api');

    const attacks: readonly (readonly [string, Readonly<Record<string, string | undefined>>])[] = [
      ['E_SIGNATURE_MISMATCH', { [host.key('web', 'content')]: content }],
      ['E_SIGNATURE_MISMATCH', { [host.key('web', 'ips')]: '10.9.9.9' }],
      ['E_SIGNATURE_MISSING', { [host.key('web', 'signature')]: undefined }],
      ['E_SIGNATURE_MALFORMED', { [host.key('web', 'signature')]: '{}' }],
      ['E_SIGNATURE_ROLLBACK', old],
      ['E_SIGNATURE_APP', { [host.key('web', 'signature')]: other[host.key('api', 'signature')] }],
      ['E_SIGNATURE_MISSING', gone(host, 'web')],
    ];
    for (const [code, values] of attacks) {
      await etcd.txn({ ...good, ...values });
      await host.waitUntilSaid('web', code);
      expect(await host.pids(), code).toEqual(pids);
    }
    await host.waitUntilHeld('web', 'RemovalUnconfirmed');
    // An app that never was: nothing of it is written.
    await host.publish('evil', sleeper(1));
    await host.waitUntilSaid('evil', 'E_SIGNATURE_MISSING');
    expect(host.fileText('evil')).toBeUndefined();
    expect(await host.pids()).toEqual(pids);

    await host.publishSigned('web', sleeper(3));
    await waitFor('the signed change', () => host.fileText('web')?.includes('N="3"') === true);
    await host.waitForState('web', 'RUNNING');
    const removed = await host.run('unpublish', 'web', '--sign', keys[0] ?? '');
    expect(removed).toMatchObject({ code: 0 });
    await waitFor('web to go', async () => (await host.process('web')) === undefined);
    expect(host.fileText('web')).toBeUndefined();
    expect((await host.pids())['api']).toBe(pids['api']);
  });

  it('keeps its floor over a restart, after the app is gone', async () => {
    const host = await startSignedHost();
    await host.publishSigned('web', sleeper(1));
    const old = await leavesOf(host, 'web');
    await host.waitForState('web', 'RUNNING');
    await host.run('unpublish', 'web', '--sign', keys[0] ?? '');
    await waitFor('web to go', async () => (await host.process('web')) === undefined);
    await host.agent.kill();
    host.agent.start();
    await host.agent.waitUntilReady();
    await etcd.txn(old);
    await host.waitUntilSaid('web', 'E_SIGNATURE_ROLLBACK');
    expect(await host.process('web')).toBeUndefined();
    expect(host.fileText('web')).toBeUndefined();
    const { stdout } = await host.run('apps', '--json');
    expect(stdout).toContain('E_SIGNATURE_ROLLBACK');
  });

  it('keeps what runs while keys are deleted and the agent restarts; `confirm` removes it', async () => {
    const host = await startSignedHost();
    await host.publishSigned('web', sleeper(1));
    await host.publishSigned('api', sleeper(1));
    await host.waitForState('web', 'RUNNING');
    await host.waitForState('api', 'RUNNING');
    const pids = await host.pids();
    await host.agent.terminate();
    await etcd.txn(gone(host, 'web'));
    host.agent.start();
    await host.waitUntilHeld('web', 'RemovalUnconfirmed');
    expect(await host.pids()).toEqual(pids);
    expect(await host.run('confirm', host.name)).toMatchObject({ code: 0 });
    await waitFor('web to go', async () => (await host.process('web')) === undefined);
    expect((await host.pids())['api']).toBe(pids['api']);
  });

  it('asks for two of three keys where the host says so', async () => {
    const host = await startSignedHost('prod-*:2, *:1');
    const [one = '', two = '', three = ''] = keys;
    await host.publishSigned('prod-web', sleeper(1), [one, two]);
    const { pid } = await host.waitForState('prod-web', 'RUNNING');
    await host.publishSigned('prod-web', sleeper(2), [one]);
    await host.waitUntilSaid('prod-web', 'E_SIGNATURE_THRESHOLD');
    expect((await host.process('prod-web'))?.pid).toBe(pid);
    const looked = await host.run('keys', 'sign', 'prod-web');
    expect(looked.stdout).toContain('N="2"');
    const statement = /statement (\w{64})/.exec(looked.stdout)?.[1] ?? '';
    const wrong = ['keys', 'sign', 'prod-web', '--sign', three, '--statement', 'f'.repeat(16)];
    expect(await host.run(...wrong)).toMatchObject({ code: 1 });
    const right = [...wrong.slice(0, -1), statement];
    expect(await host.run(...right)).toMatchObject({ code: 0 });
    await waitFor('both', () => host.fileText('prod-web')?.includes('N="2"') === true);
    const shown = await host.run('show', 'prod-web');
    expect(shown.stdout).toMatch(/signed\s+version \d+, by (?:one|three), (?:one|three)/);
  });

  it('accepts nothing new while others can write to trust.d, and says so', async () => {
    const host = await startSignedHost();
    await host.publishSigned('web', sleeper(1));
    const { pid } = await host.waitForState('web', 'RUNNING');
    const trustDir = host.agent.environment['SUPERVENE_TRUST_DIR'] ?? '';
    await host.agent.terminate();
    chmodSync(trustDir, 0o777);
    host.agent.start();
    await host.publishSigned('web', sleeper(2));
    await host.waitUntilSaid('web', 'E_TRUST_KEYS');
    expect((await host.process('web'))?.pid).toBe(pid);
    expect(host.agent.output()).toContain('nothing new is accepted');
    expect((await host.run('doctor')).stdout).toContain('is writable by everybody');
    await host.agent.terminate();
    chmodSync(trustDir, 0o755);
    host.agent.start();
    await waitFor('the new one', () => host.fileText('web')?.includes('N="2"') === true);
  });
});

describe('publishing what is signed', () => {
  it('is refused without a key or unseen, and passes over a version that nobody vouches for', async () => {
    const host = await startSignedHost();
    const [one = '', two = ''] = keys;
    await host.publishSigned('web', sleeper(1));
    const file = join(dir.path, 'body.conf');
    const publish = (...args: readonly string[]) => host.run('publish', 'web', ...args);
    expect((await publish('--file', file)).stderr).toContain('web is signed');
    expect((await host.run('unpublish', 'web')).stderr).toContain('web is signed');
    expect((await publish('--file', file, '--sign', one)).code).toBe(2);
    chmodSync(two, 0o644);
    const open = await publish('--file', file, '--hosts', address, '--sign', two);
    chmodSync(two, 0o600);
    expect(open.stderr).toContain('can be read by others');
    const forged = (await etcd.get(host.key('web', 'signature')))?.replace(
      /"version":"\d+"/,
      '"version":"9007199254740990"',
    );
    await etcd.put(host.key('web', 'signature'), forged ?? '');
    const ahead = await publish('--file', file, '--hosts', address, '--sign', one);
    expect(ahead).toMatchObject({ code: 0 });
    expect(ahead.stderr).toContain('it was passed over');
    expect(await host.run('publish', 'web', '--file', file, '--unsigned')).toMatchObject({
      code: 0,
    });
    expect(await etcd.get(host.key('web', 'signature'))).toBeUndefined();
    const again = await runSupervene(['keys', 'generate', '--out', one]);
    expect(again).toMatchObject({ code: 1 });
  });
});
