/** A disk that takes nothing: what runs runs on with the file it has, and what is owed follows. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sleeper } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { startSupervisord } from '../../support/supervisord.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type CalmHost, startCalmHost } from '../support/calmHost.ts';
import { createMounts, fillUp, type Mounts, whyNoMounts } from '../support/mounts.ts';
import { expectRecovery } from '../support/recovery.ts';
import { attachStrace, oneThread, whyNoStrace } from '../support/strace.ts';

let etcd: Etcd;
let temp: TempDir;
let confDir: string;
let mounts: Mounts;
let host: CalmHost | undefined;
beforeAll(async () => {
  etcd = await startEtcd();
});
beforeEach(async () => {
  temp = await createTempDir('disk');
  confDir = join(temp.path, 'conf.d');
  mkdirSync(confDir, { mode: 0o755 });
  mounts = createMounts();
});
afterEach(async () => {
  mounts.undoAll();
  await host?.stop();
  host = undefined;
  await temp.remove();
});
afterAll(() => etcd.stop());

async function start(): Promise<CalmHost> {
  const supervisord = await startSupervisord({
    confDir,
    confs: { 'foreign.conf': `[program:foreign]\n${sleeper()}` },
  });
  host = await startCalmHost({ etcd, supervisord, environment: oneThread });
  return host;
}

/** While it lasts: `calm` runs on with its old file, though a new one and another app are wanted. */
async function publishInVain({ publish, waitUntilUnready, ...rest }: CalmHost, why: string) {
  const before = rest.fileText('calm');
  await publish('calm', sleeper(2));
  await publish('a', sleeper());
  await waitUntilUnready(why);
  expect(rest.fileText('calm')).toBe(before);
  expect(rest.fileText('a')).toBeUndefined();
  expect(await rest.process('a')).toBeUndefined();
  // It tries again and again, and each try stages a file for a moment.
  await waitFor('no leftovers', () => rest.leftovers().length === 0);
}

/** What supervisord reads there. */
const confsIn = (dir: string): readonly string[] =>
  readdirSync(dir)
    .filter((file) => file.endsWith('.conf'))
    .sort();

async function expectCaughtUp(
  row: string,
  host: CalmHost,
  healedAtMs: number,
  boundMs = 2_000,
): Promise<void> {
  await expectRecovery(
    row,
    boundMs,
    healedAtMs,
    async () => (await host.runs('calm', 2)) && (await host.runs('a', 1)),
  );
  await host.waitUntilAtRest();
  await waitFor('no leftovers', () => host.leftovers().length === 0);
}

/** Each call fails for as long as it lasts; and what is told of it. */
const failingCalls = [
  ['fsync:error=EIO', 'EIO'],
  ['fsync:error=ENOSPC', 'no space left'],
  ['rename:error=EIO', 'EIO'],
  ['rename:error=ENOSPC', 'no space left'],
] as const;

describe('a conf directory', () => {
  it('C1: that is read-only keeps what runs, is told, and is caught up with', async (context) => {
    const whyNot = whyNoMounts();
    if (whyNot !== undefined) return context.skip(whyNot);
    const host = await start();
    const witness = await host.witness('calm', 'foreign');
    mounts.makeReadOnly(confDir);
    await publishInVain(host, 'read-only');
    await witness.testify();
    mounts.undo(confDir);
    await expectCaughtUp('C1', host, performance.now());
  });

  it('C2: that is full keeps what runs, is told, and is caught up with', async (context) => {
    const whyNot = whyNoMounts();
    if (whyNot !== undefined) return context.skip(whyNot);
    mounts.tmpfs(confDir, '64k');
    const host = await start();
    const witness = await host.witness('calm', 'foreign');
    const filler = fillUp(confDir);
    const before = host.fileText('calm');
    await host.publish('calm', sleeper(2));
    await host.publish('a', sleeper());
    await host.waitUntilUnready('no space left');
    expect(host.fileText('calm')).toBe(before);
    expect(host.fileText('a')).toBeUndefined();
    await waitFor('no leftovers', () => host.leftovers().join() === 'filler');
    await witness.testify();
    rmSync(filler);
    await expectCaughtUp('C2', host, performance.now());
  });

  it('C2: that has room for a part of a file never shows that part', async (context) => {
    const whyNot = whyNoMounts();
    if (whyNot !== undefined) return context.skip(whyNot);
    mounts.tmpfs(confDir, '64k');
    const host = await start();
    const witness = await host.witness('calm', 'foreign');
    const before = host.fileText('calm');
    // More than there is, less than is refused: the first pages of it fit.
    const big = `${sleeper(2)}environment=BIG="${'x'.repeat(60_000)}"\n`.replace(
      'environment=N="2"\n',
      '',
    );
    const revision = await host.publish('calm', big);
    await host.waitUntilUnready('no space left');
    expect(host.fileText('calm')).toBe(before);
    await witness.testify();
    await host.publish('calm', sleeper(3));
    await host.waitUntilAtRest();
    expect(BigInt((await host.view()).observedRevision)).toBeGreaterThan(BigInt(revision));
    expect(host.fileText('calm')).toContain('N="3"');
    expect(host.leftovers()).toEqual([]);
  });

  it('C10: in which a file is a mount point is told, and never written in place', async (context) => {
    const whyNot = whyNoMounts();
    if (whyNot !== undefined) return context.skip(whyNot);
    const host = await start();
    const witness = await host.witness('calm', 'foreign');
    const path = host.filePath('calm');
    const before = { text: readFileSync(path, 'utf8'), inode: statSync(path).ino };
    mounts.bind(path);
    await host.publish('calm', sleeper(2));
    // Another app is none the worse for it.
    await host.publish('a', sleeper());
    await waitFor('the other app to run', () => host.runs('a', 1));
    await host.waitUntilUnready('mount point');
    expect({ text: readFileSync(path, 'utf8'), inode: statSync(path).ino }).toEqual(before);
    // Each try stages a file for a moment.
    await waitFor('no leftovers', () => host.leftovers().length === 0);
    expect(confsIn(confDir)).toEqual(['a.supervene.conf', 'calm.supervene.conf', 'foreign.conf']);
    await witness.testify();
    mounts.undo(path);
    // Nothing tells that a mount is gone, and such a thing is not looked at all the time.
    await expectCaughtUp('C10', host, performance.now(), 30_000);
    expect(statSync(path).ino).not.toBe(before.inode);
  });

  it.for(failingCalls)(
    'C3: with %s keeps what runs, and is caught up with',
    async (row, context) => {
      const [fault, why] = row;
      const whyNot = whyNoStrace();
      if (whyNot !== undefined) return context.skip(whyNot);
      const host = await start();
      const witness = await host.witness('calm', 'foreign');
      const tracing = await attachStrace(host.agent.pid, { inject: [fault] });
      try {
        await publishInVain(host, why);
        expect(tracing.injected().length).toBeGreaterThan(0);
        await witness.testify();
      } finally {
        await tracing.stop();
      }
      await expectCaughtUp('C3', host, performance.now());
    },
  );
});
