/** Somebody sets the date: nothing waits for it, nothing restarts, and the journal's time goes on. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sleeper } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { readJournalFiles } from '../../support/journalFiles.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { type CalmHost, startCalmHost } from '../support/calmHost.ts';
import { expectRecovery } from '../support/recovery.ts';
import { createWallClock, whyNoWallClock } from '../support/wallClock.ts';

let etcd: Etcd;
let temp: TempDir;
let host: CalmHost | undefined;
beforeAll(async () => {
  etcd = await startEtcd();
});
beforeEach(async () => {
  temp = await createTempDir('clock');
});
afterEach(async () => {
  await host?.stop();
  host = undefined;
  await temp.remove();
});
afterAll(() => etcd.stop());

const dayS = 24 * 3600;

describe('a wall clock', () => {
  it.for([
    ['a day back', -dayS],
    ['a year ahead, and back again', 365 * dayS],
    ['an hour back, as at the end of summer', -3600],
  ] as const)('D9: set %s changes nothing that happens', async ([, offsetS], context) => {
    const whyNot = whyNoWallClock();
    if (whyNot !== undefined) return context.skip(whyNot);
    const clock = createWallClock(temp.path);
    host = await startCalmHost({ etcd, environment: clock.environment });
    const { agent, publish, runs } = host;
    const witness = await host.witness('calm', 'foreign');
    const runsSoon = async (n: number): Promise<void> => {
      const beganMs = performance.now();
      await publish('a', sleeper(n));
      await expectRecovery('D9', 2_000, beganMs, () => runs('a', n));
      await host?.waitUntilAtRest();
    };
    clock.jump(offsetS);
    await runsSoon(1);
    // What it remembers is of another time than what it wakes up in.
    await agent.terminate();
    clock.jump(0);
    agent.start();
    await host.waitUntilAtRest();
    await runsSoon(2);
    clock.jump(-offsetS);
    await runsSoon(3);
    expect((await fetch(`${agent.url}/healthz`)).status).toBe(200);
    await witness.testify();
    await agent.terminate();
    // Also that its times never go back.
    expect(readJournalFiles(agent.journalDir).faults).toEqual([]);
  });
});
