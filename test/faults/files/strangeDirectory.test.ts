/** A conf directory that is not what it was: nothing is done in it that cannot be answered for. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sleeper } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { startSupervisord } from '../../support/supervisord.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type CalmHost, startCalmHost } from '../support/calmHost.ts';
import { expectRecovery } from '../support/recovery.ts';
import { startWitness, type Witness } from '../support/witness.ts';

let etcd: Etcd;
let temp: TempDir;
let confDir: string;
let host: CalmHost;
beforeAll(async () => {
  etcd = await startEtcd();
});
beforeEach(async () => {
  temp = await createTempDir('dir');
  confDir = join(temp.path, 'conf.d');
  mkdirSync(confDir, { mode: 0o755 });
  const supervisord = await startSupervisord({
    confDir,
    confs: { 'foreign.conf': `[program:foreign]\n${sleeper()}` },
  });
  host = await startCalmHost({ etcd, supervisord });
});
afterEach(async () => {
  await host.stop();
  await temp.remove();
});
afterAll(() => etcd.stop());

/** Two apps are wanted and the one that runs is changed: none of it happens. */
async function publishInVain(why: string): Promise<void> {
  await host.publish('calm', sleeper(2));
  await host.publish('a', sleeper());
  await host.waitUntilUnready(why);
  await waitFor('the change to be seen', async () =>
    JSON.stringify(await host.view()).includes('ConfDirUnusable'),
  );
  expect(await host.process('a')).toBeUndefined();
}

/** Not their files, which are away for a while. */
function watchPids(...running: readonly string[]): Promise<Witness> {
  return startWitness({ processes: host.supervisord.processes, running });
}

async function expectCaughtUp(row: string, healedAtMs: number): Promise<void> {
  await expectRecovery(
    row,
    2_000,
    healedAtMs,
    async () => (await host.runs('calm', 2)) && (await host.runs('a', 1)),
  );
  await host.waitUntilAtRest();
  expect(host.leftovers()).toEqual([]);
}

describe('the conf directory', () => {
  it('C7: replaced by a link to another one is refused, and nothing is written there', async () => {
    const elsewhere = join(temp.path, 'elsewhere');
    const witness = await host.witness('calm');
    renameSync(confDir, elsewhere);
    symlinkSync(elsewhere, confDir);
    const before = readAll(elsewhere);
    await publishInVain('symbolic link');
    expect(readAll(elsewhere)).toEqual(before);
    await witness.testify();
    unlinkSync(confDir);
    renameSync(elsewhere, confDir);
    await expectCaughtUp('C7', performance.now());
  });

  it('C7: into which everybody may write is refused until that is mended', async () => {
    const witness = await host.witness('calm', 'foreign');
    const before = readAll(confDir);
    chmodSync(confDir, 0o777);
    await host.publish('calm', sleeper(2));
    await host.publish('a', sleeper());
    await host.waitUntilUnready('can be written by everybody');
    expect(readAll(confDir)).toEqual(before);
    await witness.testify();
    chmodSync(confDir, 0o755);
    await expectCaughtUp('C7', performance.now());
  });

  it('C8: that was moved away is told, not made anew, and used again when it is back', async () => {
    const away = join(temp.path, 'away');
    const witness = await watchPids('calm', 'foreign');
    renameSync(confDir, away);
    await publishInVain('it does not exist');
    expect(existsSync(confDir)).toBe(false);
    await witness.testify();
    renameSync(away, confDir);
    await expectCaughtUp('C8', performance.now());
  });

  it('C8: that was removed with all files is filled again when somebody makes it', async () => {
    await host.run('b');
    const witness = await watchPids('calm', 'b', 'foreign');
    const text = host.fileText('b');
    // What is gone is put back at once, for as long as the directory is there.
    rmSync(confDir, { recursive: true, maxRetries: 20, retryDelay: 5 });
    await host.waitUntilUnready('it does not exist');
    mkdirSync(confDir, { mode: 0o755 });
    await expectRecovery('C8', 2_000, performance.now(), () => host.fileText('b') === text);
    await host.waitUntilAtRest();
    // Not even for a moment did supervisord think that they were to go.
    await witness.testify();
    await host.run('calm', 2);
  });
});

describe('a file of ours', () => {
  it('C6: replaced by a link to a file of secrets is not written through', async () => {
    const secret = join(temp.path, 'shadow');
    writeFileSync(secret, 'root:x:\n', { mode: 0o600 });
    const witness = await host.witness('calm', 'foreign');
    // At one stroke: a file that is missing is put back at once.
    const link = join(temp.path, 'link');
    symlinkSync(secret, link);
    renameSync(link, host.filePath('calm'));
    await host.publish('calm', sleeper(2));
    await host.publish('a', sleeper());
    // supervisord does follow it, cannot read it, and then takes no file of anybody's.
    expect(await host.waitUntilHeld(undefined, 'ForeignConfBroken')).toContain('calm.supervene');
    await host.waitUntilUnready(host.filePath('calm'));
    expect(lstatSync(host.filePath('calm')).isSymbolicLink()).toBe(true);
    expect(readFileSync(secret, 'utf8')).toBe('root:x:\n');
    expect(lstatSync(secret).mode & 0o777).toBe(0o600);
    await witness.testify();
    unlinkSync(host.filePath('calm'));
    await expectCaughtUp('C6', performance.now());
    expect(readFileSync(secret, 'utf8')).toBe('root:x:\n');
    expect(host.agent.output()).not.toContain('root:x:');
  });

  it('C13: has an ASCII name, as it is spelt; what looks like it gets none', async () => {
    const witness = await host.witness('calm', 'foreign');
    const composed = 'd\u00e9mo';
    const names = ['Calm', 'demo', composed, composed.normalize('NFD')];
    await host.publish(names, sleeper());
    for (const app of ['Calm', 'demo']) await host.waitForState(app, 'RUNNING');
    for (const app of names.slice(2)) expect(await host.waitUntilHeld(app, 'Refused')).toBeTruthy();
    expect(readdirSync(confDir).toSorted()).toEqual([
      'Calm.supervene.conf',
      'calm.supervene.conf',
      'demo.supervene.conf',
      'foreign.conf',
    ]);
    await witness.testify();
  });

  it('C11: half-written when the agent was killed is swept, and nothing like it is', async () => {
    await host.agent.kill();
    const swept = '.calm.supervene.conf.0123456789abcdef.tmp';
    const spared = [
      '.a.supervene.conf.00ff.tmp',
      '.calm.supervene.conf.tmp',
      'calm.supervene.conf.0123456789abcdef.tmp',
      '.foreign.conf.0123456789abcdef.tmp',
    ];
    for (const name of [swept, ...spared]) writeFileSync(join(confDir, name), 'half');
    host.agent.start();
    await host.waitUntilAtRest();
    expect(host.leftovers().toSorted()).toEqual(spared.toSorted());
  });
});

function readAll(dir: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8')]),
  );
}
