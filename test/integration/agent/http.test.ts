/** What the agent tells of itself, and that no secret is in it. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentHost, startAgentHost } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { startSupervisord } from '../../support/supervisord.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

const canary = 'SECRET_CANARY_';
const passwords = { etcd: `${canary}etcd`, supervisor: `${canary}supervisor` };

let temp: TempDir;
let etcd: Etcd;
let host: AgentHost;
beforeAll(async () => {
  temp = await createTempDir('http');
  etcd = await startEtcd();
  etcd.enableAuth(passwords.etcd);
  const passwordFile = (name: keyof typeof passwords): string => {
    const path = join(temp.path, name);
    writeFileSync(path, `${passwords[name]}\n`);
    chmodSync(path, 0o600);
    return path;
  };
  host = await startAgentHost({
    etcd,
    supervisord: await startSupervisord({ password: passwords.supervisor }),
    environment: {
      SUPERVENE_ETCD_USERNAME: 'root',
      SUPERVENE_ETCD_PASSWORD_FILE: passwordFile('etcd'),
      SUPERVENE_SUPERVISOR_USERNAME: 'tester',
      SUPERVENE_SUPERVISOR_PASSWORD_FILE: passwordFile('supervisor'),
      SUPERVENE_LOG_LEVEL: 'debug',
    },
  });
});
afterAll(async () => {
  await host.stop();
  await etcd.stop();
  await temp.remove();
});

const secret = (n: number): string =>
  `command=/bin/sleep 1000\nstartsecs=0\nenvironment=TOKEN="${canary}${String(n)}"\n`;

async function read(path: string) {
  const response = await fetch(`${host.agent.url}${path}`);
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, text: await response.text() };
}

describe('the agent over HTTP', () => {
  it('answers health, readiness, metrics and state', async () => {
    const revision = await host.publish(['a', 'b'], secret(1));
    await host.waitUntilApplied(revision);
    expect(await read('/healthz')).toMatchObject({ status: 200 });
    expect(await read('/readyz')).toMatchObject({ status: 200, type: 'application/json' });

    const metrics = await read('/metrics');
    expect(metrics.type).toContain('text/plain; version=0.0.4');
    const samples = metrics.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(samples.length).toBeGreaterThan(20);
    for (const line of samples) expect(line).toMatch(/^supervene_\w+(\{.*\})? -?[\d.e+-]+$/);
    expect(samples).toContain('supervene_apps{state="converged"} 2');
    expect(samples).toContain(`supervene_applied_revision ${revision}`);
    expect(samples).toContain('supervene_etcd_connected 1');
    expect(samples).toContain('supervene_supervisor_connected 1');

    const state = JSON.parse((await read('/state')).text) as object;
    const keys = ['desired', 'actual', 'plan', 'held', 'quarantined'];
    expect(Object.keys(state)).toEqual(expect.arrayContaining(keys));
    expect((await read('/nothing')).status).toBe(404);
  });

  it('keeps secrets out of state, metrics and logs, whatever becomes of the app', async () => {
    const seen: string[] = [];
    const look = async (): Promise<void> => {
      for (const path of ['/state', '/metrics', '/readyz']) seen.push((await read(path)).text);
    };
    await host.waitUntilApplied(await host.publish('a', secret(2)));
    await look();
    await host.publish('bad', secret(3).replace('command=', 'comand='));
    await host.publish('fatal', secret(4).replace('/bin/sleep', `/${canary}nowhere`.toLowerCase()));
    await host.publish('broken', `${secret(5)}environment=TOKEN='${canary}open\n`);
    await host.publish('user', `${secret(6)}user=nobody-of-this-name\n`);
    for (const app of ['bad', 'fatal', 'broken', 'user']) {
      await waitFor(`${app} to be refused`, async () =>
        (await host.view()).quarantined.some((item) => item.app === app),
      );
    }
    await look();
    await host.supervisord.shutdown();
    await host.waitUntilHeld(undefined, 'SupervisorUnreachable');
    await etcd.kill();
    await host.waitUntilHeld(undefined, 'EtcdStale');
    await look();
    // The files have them: the canary is alive.
    expect(host.fileText('a')).toContain(`${canary}2`);
    seen.push(host.agent.output());
    for (const text of seen) expect(text).not.toContain(canary);
  });
});
