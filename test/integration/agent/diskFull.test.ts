/** No journal, no effects (D5): what is not written down is not done, until there is space again. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentHost, sleeper, startAgentHost } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { readJournalFiles } from '../../support/journalFiles.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

let temp: TempDir;
let isMounted = false;
let etcd: Etcd;
let host: AgentHost | undefined;
beforeAll(async () => {
  temp = await createTempDir('full');
  const args = ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', temp.path];
  isMounted = process.getuid?.() === 0 && spawnSync('mount', args).status === 0;
  etcd = await startEtcd();
});
afterAll(async () => {
  await host?.stop();
  await etcd.stop();
  if (isMounted) spawnSync('umount', ['-l', temp.path]);
  await temp.remove();
});

describe('a journal on a full disk', () => {
  it('D5: stops all effects, is told, and goes on by itself', async (context) => {
    if (!isMounted) return context.skip('mounting a small file system takes root');
    host = await startAgentHost({ etcd, journalDir: temp.path });
    await host.waitUntilApplied(await host.publish('a', sleeper()));
    const pids = await host.pids();
    fill(join(temp.path, 'filler'));
    await waitFor('/readyz to say so', async () => {
      // Fills what is left of the newest segment's last page.
      await host?.publish('elsewhere', '');
      return (await host?.readiness())?.reasons.includes('JournalUnwritable');
    });
    const revision = await host.publish(['a', 'b'], sleeper(2));
    expect((await host.readiness()).status).toBe(503);
    expect((await host.readiness()).reasons).toContain('no space left');
    await waitFor(
      'the change to be seen',
      async () => (await host?.view())?.observedRevision === revision,
    );
    // Longer than the quiet window and a second attempt: that nothing happens takes its time.
    await sleep(1_500);
    expect(await host.pids()).toEqual(pids);
    expect(host.fileText('a')).toContain('N="1"');
    expect(host.fileText('b')).toBeUndefined();

    rmSync(join(temp.path, 'filler'));
    await host.waitUntilApplied(revision);
    await host.agent.waitUntilReady();
    await host.waitForState('b', 'RUNNING');
    expect(host.fileText('a')).toContain('N="2"');
    expect(await host.agent.terminate()).toBe(0);
    expect(readJournalFiles(temp.path).newest).not.toBe(temp.path);
  });
});

/** To the last byte. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  for (let size = 65_536; size > 0; size = size === 1 ? 0 : size / 2) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch {
      // Full for this size.
    }
  }
  closeSync(file);
}
