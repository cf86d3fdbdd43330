import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock, type Lock } from '../../src/journal/lock.ts';
import { createTempDir, type TempDir } from '../support/tempDir.ts';

const runTs = fileURLToPath(new URL('../support/runTs.js', import.meta.url));
const child = fileURLToPath(new URL('../support/children/holdLock.ts', import.meta.url));

let temp: TempDir;
const started: ChildProcess[] = [];
const orphans: number[] = [];
beforeEach(async () => {
  temp = await createTempDir('lock');
  for (const name of ['conf-1', 'conf-2']) fs.mkdirSync(join(temp.path, name));
});
afterEach(async () => {
  for (const process of started.splice(0)) process.kill('SIGKILL');
  for (const pid of orphans.splice(0)) process.kill(pid, 'SIGKILL');
  await temp.remove();
});

const paths = (journal: string, conf: string) => ({
  journalDir: join(temp.path, journal),
  confDir: join(temp.path, conf),
  host: 'host-2',
});

/** Another process that has taken the lock. */
async function hold(journal: string, conf: string): Promise<ChildProcess> {
  const { journalDir, confDir } = paths(journal, conf);
  const holder = spawn(process.execPath, ['--import', runTs, child, journalDir, confDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  started.push(holder);
  const [said] = (await once(holder.stdout, 'data')) as [Buffer];
  const orphan = /^held (\d+)/.exec(said.toString())?.[1];
  if (orphan === undefined) throw new Error(said.toString());
  orphans.push(Number(orphan));
  return holder;
}

const take = async (journal: string, conf: string): Promise<Lock> => {
  const lock = await acquireLock(paths(journal, conf));
  if (!lock.ok) throw new Error(lock.error);
  return lock.value;
};

describe('acquireLock (SingleWriter)', () => {
  it('D8: names the process that has the same journal or the same conf directory', async () => {
    const holder = await hold('journal-1', 'conf-1');
    const sameJournal = await acquireLock(paths('journal-1', 'conf-2'));
    expect(sameJournal.ok).toBe(false);
    if (!sameJournal.ok) {
      expect(sameJournal.error).toContain(`in use by process ${String(holder.pid)}`);
      expect(sameJournal.error).toContain('holdLock.ts');
      expect(sameJournal.error).toContain('as host host-1');
    }
    const sameConf = await acquireLock(paths('journal-2', 'conf-1'));
    expect(sameConf.ok).toBe(false);
    if (!sameConf.ok) expect(sameConf.error).toContain(`process ${String(holder.pid)}`);
    expect(fs.readdirSync(join(temp.path, 'conf-1'))).toEqual([]);
    const other = await take('journal-2', 'conf-2');
    await other.release();
  });

  it('is free as soon as its holder is killed, though a child of the holder lives on', async () => {
    const holder = await hold('journal-1', 'conf-1');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(() => process.kill(orphans[0] ?? 0, 0)).not.toThrow();
    const lock = await take('journal-1', 'conf-1');
    expect(fs.readFileSync(join(temp.path, 'journal-1', 'lock'), 'utf8')).toContain('host-2');
    await lock.release();
  });

  it('is held against the same process too, until it is released', async () => {
    const lock = await take('journal-1', 'conf-1');
    expect((await acquireLock(paths('journal-1', 'conf-2'))).ok).toBe(false);
    expect((await acquireLock(paths('journal-2', 'conf-1'))).ok).toBe(false);
    await lock.release();
    await (await take('journal-1', 'conf-1')).release();
  });

  it('follows a conf directory that appears later or is replaced', async () => {
    const lock = await take('journal-1', 'late');
    fs.mkdirSync(join(temp.path, 'late'));
    expect(await lock.followConfDir()).toEqual({ ok: true, value: undefined });
    expect((await acquireLock(paths('journal-2', 'late'))).ok).toBe(false);
    fs.renameSync(join(temp.path, 'late'), join(temp.path, 'old'));
    fs.mkdirSync(join(temp.path, 'late'));
    const other = await take('journal-2', 'late');
    expect((await lock.followConfDir()).ok).toBe(false);
    await other.release();
    expect((await lock.followConfDir()).ok).toBe(true);
    await lock.release();
  });
});
