/** A start without etcd, and one agent a host. */
import { appendFileSync, chmodSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSupervene } from '../../support/agent.ts';
import { type AgentHost, sleeper, startAgentHost } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { freePort } from '../../support/freePort.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

let etcd: Etcd;
let host: AgentHost;
let temp: TempDir;
beforeAll(async () => {
  temp = await createTempDir('boot');
  etcd = await startEtcd();
  host = await startAgentHost({ etcd });
});
afterAll(async () => {
  await host.stop();
  await etcd.stop();
  await temp.remove();
});

const apps = ['a', 'b', 'c'];

async function readUntil(reason: string): Promise<void> {
  await waitFor(`/readyz to say ${reason}`, async () => {
    const { status, reasons } = await host.readiness();
    return status === 503 && reasons.includes(reason);
  });
}

describe('an agent that starts while etcd is away', () => {
  it('keeps and repairs what is there, and catches up when etcd is back', async () => {
    await host.waitUntilApplied(await host.publish(apps, sleeper()));
    const pids = await host.pids();
    const texts = apps.map(host.fileText);
    await host.agent.kill();
    await etcd.kill();
    rmSync(host.filePath('a'));
    appendFileSync(host.filePath('b'), 'user=nobody\n');
    chmodSync(host.filePath('c'), 0o644);

    host.agent.start();
    await readUntil('stale');
    await waitFor('the files as they were', () =>
      apps.every((app, at) => host.fileText(app) === texts[at]),
    );
    await waitFor('the mode as it was', () => modeOf('c') === 0o600);
    expect((await fetch(`${host.agent.url}/healthz`)).status).toBe(200);
    expect(await host.pids()).toEqual(pids);
    expect(host.agent.isRunning).toBe(true);

    await etcd.start();
    await host.waitUntilApplied(await host.publish('a', sleeper(2)), { timeoutMs: 5_000 });
    await host.agent.waitUntilReady();
    const { a, b, c } = await host.pids();
    expect({ b, c }).toEqual({ b: pids['b'], c: pids['c'] });
    expect(a).not.toBe(pids['a']);
  });

  it('removes nothing though it remembers nothing', async () => {
    const pids = await host.pids();
    await host.agent.kill();
    await etcd.kill();
    rmSync(host.agent.journalDir, { recursive: true });
    host.agent.start();
    await readUntil('etcd has not been listed yet');
    expect(await host.pids()).toEqual(pids);
    await etcd.start();
    await host.agent.waitUntilReady();
    expect(await host.pids()).toEqual(pids);
  });

  it('C4, C5, C9: repairs what is edited, deleted or opened to others while it watches', async () => {
    const pids = await host.pids();
    const text = host.fileText('a');
    const harms = [
      () => appendFileSync(host.filePath('a'), 'user=nobody\n'),
      () => rmSync(host.filePath('a')),
    ];
    for (const harm of harms) {
      harm();
      expect(host.fileText('a')).not.toBe(text);
      await waitFor('the file as it was', () => host.fileText('a') === text, { timeoutMs: 5_000 });
    }
    chmodSync(host.filePath('a'), 0o666);
    await waitFor('the mode as it was', () => modeOf('a') === 0o600);
    await host.agent.waitUntilReady();
    expect(await host.pids()).toEqual(pids);
    expect(host.leftovers()).toEqual([]);
  });
});

describe('D8: a second agent', () => {
  it.each([
    ['on the same journal', {}],
    ['on the same conf directory', { SUPERVENE_JOURNAL: 'own' }],
  ])('%s ends at once and names the holder', async (_, environment) => {
    const second = await runSupervene(['agent'], {
      environment: {
        ...host.agent.environment,
        SUPERVENE_LISTEN: `127.0.0.1:${String(await freePort())}`,
        ...('SUPERVENE_JOURNAL' in environment
          ? { SUPERVENE_JOURNAL: join(temp.path, environment.SUPERVENE_JOURNAL) }
          : {}),
      },
    });
    expect(second.code).toBe(1);
    expect(second.stdout + second.stderr).toContain(`process ${String(host.agent.pid)}`);
    expect((await host.readiness()).status).toBe(200);
  });
});

function modeOf(app: string): number {
  return (statSync(host.filePath(app), { throwIfNoEntry: false })?.mode ?? 0) & 0o777;
}
