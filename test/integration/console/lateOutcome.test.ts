/** What came of an action is in the trail in the end, though etcd was away when it was to be written. */
import { expect, it } from 'vitest';
import { generateFleet } from '../../../bench/console/generateFleet.ts';
import type { AuditDocument } from '../../../src/domain/console/api.ts';
import { startConsoleHost } from '../../support/consoleHost.ts';
import { startEtcd } from '../../support/etcd.ts';
import { waitFor } from '../../support/waitFor.ts';

it('is written with its own time when etcd is back', async () => {
  const etcd = await startEtcd();
  const stops: (() => Promise<void>)[] = [() => etcd.stop()];
  try {
    const fleet = await generateFleet(etcd, { hosts: 1, apps: 1 });
    const host = await startConsoleHost({ etcdEndpoint: etcd.endpoint });
    stops.push(() => host.stop());
    const admin = await host.logIn();
    const [[name], [app]] = [fleet.hosts, fleet.apps];
    // Nobody is there who would do it: the console waits for an answer.
    const orders = [{ host: name, order: { type: 'Stop', app } }];
    const answer = admin.ask('orders', { body: { orders, message: 'for the night' } });
    const told = async () => (await admin.call<AuditDocument>('audit')).entries;
    const asked = await waitFor('it to be asked for', async () =>
      (await told()).find((one) => one.action === 'orders' && one.outcome === 'asked'),
    );
    await etcd.kill();
    await answer.catch(() => undefined);
    const notWritten = 'what came of an action is not in the audit trail';
    await waitFor('it not to be written', () => host.output().includes(notWritten), {
      timeoutMs: 60_000,
    });
    const backMs = Date.now();
    await etcd.start();
    const outcome = await waitFor(
      'what came of it',
      async () => {
        const reply = await admin.ask('audit');
        if (reply.status !== 200) return undefined;
        return reply.json<AuditDocument>().entries.find(({ of }) => of === asked.seq);
      },
      { timeoutMs: 60_000 },
    );
    expect(outcome).toMatchObject({ action: 'orders', target: name, outcome: 'failed' });
    expect(outcome.atMs).toBeGreaterThanOrEqual(asked.atMs);
    expect(outcome.atMs).toBeLessThan(backMs);
    expect((await admin.call<AuditDocument>('audit')).verdict).toMatchObject({ isWhole: true });
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}, 180_000);
