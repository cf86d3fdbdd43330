/** `supervene doctor` against a real etcd and a real supervisord, whole and broken. */
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Check } from '../../src/commands/doctor/check.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { runCliHere } from '../support/fakeCommandIo.ts';
import { freePort } from '../support/freePort.ts';
import { type Supervisord, startSupervisord } from '../support/supervisord.ts';
import { type TempDir, createTempDir } from '../support/tempDir.ts';

let etcd: Etcd;
let supervisord: Supervisord;
let dir: TempDir;
let port: number;
beforeAll(async () => {
  [etcd, supervisord, dir, port] = await Promise.all([
    startEtcd(),
    startSupervisord(),
    createTempDir('doctor'),
    freePort(),
  ]);
});
afterAll(async () => {
  await Promise.all([etcd.stop(), supervisord.stop(), dir.remove()]);
});
beforeEach(async () => {
  await etcd.delPrefix('/services/');
  supervisord.removeConf('app.conf');
});

function doctor(env: Readonly<Record<string, string>> = {}, ...more: readonly string[]) {
  const settings = {
    SUPERVENE_ETCD: etcd.endpoint,
    SUPERVENE_SUPERVISOR: supervisord.url,
    SUPERVENE_SUPERVISOR_CONFIG: supervisord.configPath,
    SUPERVENE_CONF_DIR: supervisord.confDir,
    SUPERVENE_JOURNAL: join(dir.path, 'journal'),
    SUPERVENE_LISTEN: `127.0.0.1:${String(port)}`,
  };
  return runCliHere(['doctor', ...more], { env: { ...settings, ...env } });
}

/** What is no `ok`. */
async function faults(env: Readonly<Record<string, string>> = {}): Promise<readonly Check[]> {
  const { code, stdout, stderr } = await doctor(env, '--json');
  expect(stderr).toBe('');
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: readonly Check[] };
  expect(code).toBe(ok ? 0 : 1);
  // This etcd is as old as the machine's; that is a warning of its own.
  return checks.filter(({ status, message }) => status !== 'ok' && !message.includes('holes'));
}

describe('supervene doctor', () => {
  it('finds no problem where there is none', async () => {
    await etcd.txn({ '/services/apps/web/ips': '*', '/services/apps/web/content': 'command=a' });
    expect(await faults()).toEqual([]);
    const { code, stdout } = await doctor();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok +apps +1 of 1 are placed on this host$/m);
    expect(stdout).toMatch(/^ok +supervisord +supervisorctl speaks to the same supervisord$/m);
    expect(stdout).toMatch(/\nno problems\n$/);
  });

  it('says what to do when etcd and supervisord are away', async () => {
    const found = await faults({
      SUPERVENE_ETCD: 'http://127.0.0.1:1',
      SUPERVENE_SUPERVISOR: 'unix:///nonexistent.sock',
    });
    expect(found.map(({ area, status }) => `${area} ${status}`)).toEqual([
      'etcd problem',
      'etcd problem',
      'supervisord problem',
    ]);
    for (const { remedy } of found) expect(remedy).not.toBe('');
  });

  it('is content with one of two etcd servers', async () => {
    const found = await faults({ SUPERVENE_ETCD: `http://127.0.0.1:1,${etcd.endpoint}` });
    expect(found).toMatchObject([{ area: 'etcd', status: 'warning' }]);
  });

  it('names a foreign file that defines an app of this host', async () => {
    await etcd.txn({ '/services/apps/web/ips': '*', '/services/apps/web/content': 'command=a' });
    supervisord.writeConf('app.conf', '[group:web]\nprograms=web\n[program:web]\ncommand=/bin/cat');
    const [found, ...others] = await faults();
    expect(others).toEqual([]);
    expect(found?.message).toMatch(/app\.conf defines .*\[group:web\] \[program:web\]/);
  });

  it('names the file that supervisord refuses', async () => {
    supervisord.writeConf('app.conf', '[program:x]\ncommand=/bin/cat\nnumprocs=many\n');
    const found = await faults();
    expect(found).toHaveLength(1);
    expect(found[0]?.message).toMatch(/cannot reread its files: .*app\.conf/);
  });

  it('notices a conf directory that is not included, a link, and one that is missing', async () => {
    const other = join(dir.path, 'other');
    await mkdir(other);
    const [notIncluded] = await faults({ SUPERVENE_CONF_DIR: other });
    expect(notIncluded?.message).toContain(`does not include ${other}/*.conf`);
    const link = join(dir.path, 'link');
    await symlink(supervisord.confDir, link);
    const linked = await faults({ SUPERVENE_CONF_DIR: link });
    expect(linked.map(({ message }) => message).join()).toContain('is a symbolic link');
    const gone = await faults({ SUPERVENE_CONF_DIR: join(dir.path, 'gone') });
    expect(gone.map(({ message }) => message).join()).toContain('there is no directory');
  });

  it('notices another supervisord, an open journal, a taken port and a missing user', async () => {
    const second = await startSupervisord();
    const journal = join(dir.path, 'open');
    await mkdir(journal);
    await chmod(journal, 0o755);
    const found = await faults({
      SUPERVENE_SUPERVISOR: second.url,
      SUPERVENE_JOURNAL: journal,
      SUPERVENE_LISTEN: `127.0.0.1:${String(etcd.port)}`,
      SUPERVENE_CONF_OWNER: 'nobody-of-that-name',
    });
    await second.stop();
    const text = found.map(({ message }) => message).join('\n');
    expect(text).toContain('supervisorctl speaks to another supervisord');
    expect(text).toContain('is open to others');
    expect(text).toContain('another program answers there');
    expect(text).toContain('there is no user nobody-of-that-name');
  });

  it('touches nothing: neither files nor processes', async () => {
    const journal = join(dir.path, 'untouched');
    const mark = join(supervisord.confDir, 'mark');
    await writeFile(mark, 'x');
    await faults({ SUPERVENE_JOURNAL: journal });
    await expect(rm(journal)).rejects.toThrow('ENOENT');
    await rm(mark);
    expect(await supervisord.processes()).toEqual([]);
  });
});
