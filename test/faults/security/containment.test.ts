/**
 * Which files the agent touches: strace looks on while it publishes, changes, removes, rolls back and
 * meets hostile names, and every path it opens for writing, makes, renames or removes is one of the
 * few that are its own.
 */
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AgentHost, sleeper, startAgentHost } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';
import { oneThread, straced, whyNoStrace } from '../support/strace.ts';

let temp: TempDir;
let etcd: Etcd;
let host: AgentHost | undefined;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());
beforeEach(async () => {
  temp = await createTempDir('paths');
});
afterEach(async () => {
  await host?.stop();
  host = undefined;
  await temp.remove();
});

const hostileNames = [
  '..',
  '.',
  '../../etc/cron.d/x',
  '%2e%2e',
  '..%2fx',
  'a\u0000b',
  'a\nb',
  '-rf',
  '.hidden',
  'all',
  'supervisord',
  'x'.repeat(64),
  '~root',
  '$(touch x)',
  'a b',
  'ä',
  '/etc/passwd',
  'conf.d/../x',
];

interface Touch {
  readonly call: string;
  readonly path: string;
}

/** What changes the file system, with the path that it names; directories behind `dirfd` included. */
function touchesOf(log: string): readonly Touch[] {
  return log.split('\n').flatMap((line): readonly Touch[] => {
    const match = /^\d+ +(\w+)\((.*)$/.exec(line);
    const [, call = '', rest = ''] = match ?? [];
    if (!changing.test(call)) return [];
    const isOpen = /^(?:open|openat|openat2)$/.test(call);
    if (isOpen && !/O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND/.test(rest)) return [];
    // What comes after the last path are flags and the outcome.
    const paths = [...rest.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, path = '']) => path);
    return paths.map((path) => ({ call, path }));
  });
}

const changing =
  /^(?:open|openat|openat2|creat|rename|renameat|renameat2|unlink|unlinkat|mkdir|mkdirat|rmdir|link|linkat|symlink|symlinkat|truncate|chmod|fchmodat|fchmodat2|chown|lchown|fchownat|mknod|mknodat|utime|utimes|utimensat|futimesat|setxattr|removexattr|mount|umount2|pivot_root|chroot|swapon)$/;

describe('the agent', () => {
  it('writes nowhere but in its conf directory and its journal, whatever apps are called', async (ctx) => {
    const why = whyNoStrace();
    if (why !== undefined) ctx.skip(why);
    const log = join(temp.path, 'calls');
    host = await startAgentHost({
      etcd,
      within: straced(log, { trace: ['%file'], flags: ['-A', '-s', '4096'] }),
      // Calls by io_uring would go past strace.
      environment: { ...oneThread, SUPERVENE_ADDRESSES: '172.16.238.11' },
      journalDir: join(temp.path, 'journal'),
    });
    const { agent, prefix, supervisord } = host;
    const patient = { timeoutMs: 60_000 };
    await agent.waitUntilReady(60_000);
    const outside = join(temp.path, 'outside');
    writeFileSync(outside, '; precious\n');
    symlinkSync(outside, host.filePath('link'));
    await host.waitUntilApplied(await host.publish(['a', 'b'], sleeper(1)), patient);
    await host.waitUntilApplied(await host.publish('a', sleeper(2)), patient);
    await host.publish('a', sleeper(3).replace('/bin/sleep', '/nowhere/at/all'));
    await host.publish('link', sleeper(1));
    const content = Buffer.from(sleeper(4)).toString('base64');
    for (const name of hostileNames.filter((each) => !each.includes('\0'))) {
      await etcd.txn({
        [`${prefix}/${name}/ips`]: '*',
        [`${prefix}/${name}/content`]: content,
      });
    }
    await host.waitUntilApplied(await host.unpublish('b'), patient);
    await waitFor(
      'a to be rolled back',
      async () => (await host?.view())?.quarantined.some(({ app }) => app === 'a'),
      patient,
    );
    rmSync(host.filePath('a'));
    await waitFor('a to be put back', () => host?.fileText('a')?.includes('managed by'), patient);
    await agent.terminate();
    agent.start();
    await waitFor('the next life', async () => (await fetch(`${agent.url}/healthz`)).ok, patient);
    await agent.terminate();

    const touches = touchesOf(readFileSync(log, 'utf8'));
    const own = [`${supervisord.confDir}/`, `${agent.journalDir}/`, '/dev/null', '/proc/self/'];
    const isOwn = (path: string): boolean =>
      path === agent.journalDir ||
      (own.some((start) => path.startsWith(start)) && !/\/\.\.(?:\/|$)/.test(path));
    expect(touches.filter(({ path }) => isOwn(path)).length).toBeGreaterThan(10);
    expect(touches.filter(({ path }) => !isOwn(path))).toEqual([]);
    expect(readFileSync(outside, 'utf8')).toBe('; precious\n');
  });
});
