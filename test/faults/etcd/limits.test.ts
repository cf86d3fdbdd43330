/** etcd refuses writes: full, or too large. What can be read is followed as before. */
import { afterEach, describe, expect, it } from 'vitest';
import { sleeper } from '../../support/agentHost.ts';
import { runSupervene } from '../../support/agent.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type CalmHost, startCalmHost } from '../support/calmHost.ts';
import { expectRecovery } from '../support/recovery.ts';

const boundMs = 5_000;

const started: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop();
});

async function start(flags: readonly string[] = []): Promise<{ etcd: Etcd; host: CalmHost }> {
  const etcd = await startEtcd({ flags });
  started.push(etcd);
  const host = await startCalmHost({ etcd });
  started.push(host);
  return { etcd, host };
}

const publish = (host: CalmHost, app: string, body: string) =>
  runSupervene(['publish', app, '--hosts', host.name, '--file', '-'], {
    environment: host.agent.environment,
    input: body,
  });

describe('an etcd that takes no more', () => {
  it('A16: because it is full is read and watched on, and publish says so', async () => {
    const { etcd, host } = await start(['--quota-backend-bytes', '300000']);
    await host.run('changing', 1);
    const witness = await host.witness('calm', 'changing', 'foreign');
    const isFull = (error: unknown): boolean => String(error).includes('space exceeded');
    await waitFor(
      'etcd to be full',
      () => etcd.put('/fill', 'x'.repeat(20_000)).then(() => false, isFull),
      { intervalMs: 1 },
    );
    await expect(etcd.put('/fill', 'x')).rejects.toThrow('database space exceeded');
    const refused = await publish(host, 'new', sleeper());
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('database space exceeded');
    expect(await host.readiness()).toEqual({ status: 200, reasons: '' });
    // An agent that starts meanwhile reads all there is.
    await host.agent.terminate();
    host.agent.start();
    await host.agent.waitUntilReady();
    expect((await host.readiness()).status).toBe(200);
    await witness.testify();

    await etcd.compact();
    etcd.etcdctl('defrag');
    etcd.etcdctl('alarm', 'disarm');
    const healedAtMs = performance.now();
    await host.publish('changing', sleeper(2));
    await expectRecovery('A16', boundMs, healedAtMs, () => host.runs('changing', 2));
    await host.waitUntilAtRest();
  });

  it('A17: because it is too large changes nothing; what it takes is refused here', async () => {
    const { etcd, host } = await start();
    await host.run('large', 1);
    const witness = await host.witness('calm', 'large', 'foreign');
    const key = `${host.prefix}/large/content`;
    await expect(etcd.put(key, 'x'.repeat(1_600_000))).rejects.toThrow('too large');
    expect(await host.runs('large', 1)).toBe(true);
    const long = `${sleeper(2)}#${'x'.repeat(64 * 1024)}\n`;
    const refused = await publish(host, 'large', long);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/E_[A-Z_]*/);
    // Behind its back: the largest that etcd takes.
    await etcd.put(key, 'x'.repeat(1_400_000));
    await waitFor('the refusal', async () =>
      (await host.view()).quarantined.some(({ app }) => app === 'large'),
    );
    await host.run('other', 1);
    expect(await host.runs('large', 1)).toBe(true);
    await witness.testify();
    const healedAtMs = performance.now();
    await host.publish('large', sleeper(3));
    await expectRecovery('A17', boundMs, healedAtMs, () => host.runs('large', 3));
  });
});
