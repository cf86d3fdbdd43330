/** When the kernel does not tell of changes: looking now and then finds them all the same. */
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AgentHostOptions } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { type CalmHost, startCalmHost } from '../support/calmHost.ts';
import { expectRecovery } from '../support/recovery.ts';
import { oneThread, straced, whyNoStrace } from '../support/strace.ts';

let etcd: Etcd;
let temp: TempDir;
let host: CalmHost | undefined;
beforeAll(async () => {
  temp = await createTempDir('watch');
  etcd = await startEtcd();
});
afterEach(async () => {
  await host?.stop();
  host = undefined;
});
afterAll(async () => {
  await etcd.stop();
  await temp.remove();
});

async function start(options: Partial<AgentHostOptions> = {}): Promise<CalmHost> {
  host = await startCalmHost({ etcd, ...options });
  return host;
}

describe('a conf directory', () => {
  it('C4, C5: that somebody edits is as it was, and nothing restarts', async () => {
    const { fileText, filePath, ...rest } = await start();
    const witness = await rest.witness('calm', 'foreign');
    const text = fileText('calm');
    appendFileSync(filePath('calm'), 'user=nobody\n');
    await expectRecovery('C4', 2_000, performance.now(), () => fileText('calm') === text);
    rmSync(filePath('calm'));
    await expectRecovery('C5', 2_000, performance.now(), () => fileText('calm') === text);
    await rest.waitUntilAtRest();
    await witness.testify();
  });

  it('C14: that cannot be watched is scanned', async (context) => {
    const whyNot = whyNoStrace();
    if (whyNot !== undefined) return context.skip(whyNot);
    const logPath = join(temp.path, 'log');
    const { fileText, filePath, ...rest } = await start({
      // As when the machine's watches are used up.
      within: straced(logPath, { inject: ['inotify_add_watch:error=ENOSPC'] }),
      environment: { ...oneThread, SUPERVENE_ADDRESSES: '172.16.238.11' },
    });
    const witness = await rest.witness('calm', 'foreign');
    const text = fileText('calm');
    appendFileSync(filePath('calm'), 'user=nobody\n');
    await expectRecovery('C14', 10_000, performance.now(), () => fileText('calm') === text);
    await rest.waitUntilAtRest();
    await witness.testify();
  });

  it('C14: in which more happens than the kernel remembers is looked at anew', async () => {
    const { fileText, filePath, agent, supervisord, ...rest } = await start();
    const witness = await rest.witness('calm', 'foreign');
    const text = fileText('calm');
    process.kill(agent.pid, 'SIGSTOP');
    // Made, written, gone: three events each. 16,384 are kept.
    for (let n = 0; n < 8_000; n += 1) {
      const path = join(supervisord.confDir, `.noise${String(n)}`);
      writeFileSync(path, 'x');
      rmSync(path);
    }
    appendFileSync(filePath('calm'), 'user=nobody\n');
    process.kill(agent.pid, 'SIGCONT');
    await expectRecovery('C14', 10_000, performance.now(), () => fileText('calm') === text);
    await rest.waitUntilAtRest();
    await witness.testify();
    expect(rest.leftovers()).toEqual([]);
  });
});
