/** Updates that are slow, hang, are killed half way or get into each other's way. */
import process from 'node:process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AgentHostOptions, sleeper } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { startSupervisord } from '../../support/supervisord.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type CalmHost, foreignConf, startCalmHost } from '../support/calmHost.ts';
import { expectRecovery } from '../support/recovery.ts';
import { createSupervisorctlShim, type SupervisorctlShim } from '../support/supervisorctlShim.ts';

/** What another app may be delayed by. */
const delayMs = 1_000;
const boundMs = 2_000;
const behave = `${findProjectRoot()}/test/support/behave.sh`;

let etcd: Etcd;
const hosts: CalmHost[] = [];
beforeAll(async () => {
  etcd = await startEtcd();
});
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.stop();
});
afterAll(() => etcd.stop());

async function startHost(options: Partial<AgentHostOptions> = {}): Promise<CalmHost> {
  const host = await startCalmHost({ etcd, ...options });
  hosts.push(host);
  return host;
}

async function startHostWithShim(): Promise<CalmHost & { readonly shim: SupervisorctlShim }> {
  const supervisord = await startSupervisord({ confs: foreignConf });
  const shim = createSupervisorctlShim(supervisord.dir);
  return { ...(await startHost({ supervisord, environment: shim.environment })), shim };
}

describe.each(['supervisorctl', 'rpc'])('with the %s driver', (driver) => {
  const environment = { SUPERVENE_DRIVER: driver, SUPERVENE_RESTART_LIMIT: 'off' };

  it('B4: does not let a program that will not stop delay the change of another', async () => {
    const host = await startHost({ environment });
    const deaf = (n: number): string =>
      `command=${behave} stop=ignore n=${String(n)}\nstartsecs=0\nstopwaitsecs=8\n`;
    await host.waitUntilApplied(await host.publish('slow', deaf(1)));
    await host.run('quick', 1);
    const slow = await host.waitForState('slow', 'RUNNING');
    const witness = await host.witness('calm', 'foreign');

    await host.publish('slow', deaf(2));
    await host.waitForState('slow', 'STOPPING');
    for (const n of [2, 3]) {
      await host.publish('quick', sleeper(n));
      await expectRecovery(`B4 ${driver}`, delayMs, performance.now(), () => host.runs('quick', n));
    }
    await host.unpublish('quick');
    await waitFor('the quick one to go', async () => (await host.process('quick')) === undefined);
    expect(await host.process('slow')).toMatchObject({ statename: 'STOPPING', pid: slow.pid });
    await host.waitUntilUnready('slow: Stopping');

    await waitFor('the slow one to come back', async () => {
      const found = await host.process('slow');
      return found?.statename === 'RUNNING' && found.pid !== slow.pid;
    });
    expect(host.fileText('slow')).toContain('n=2');
    await host.waitUntilAtRest();
    await witness.testify();
  });

  it('B12: starts again what it had stopped before it was killed, though nothing differs', async () => {
    const host = await startHost({ environment });
    const slow = (n: number): string =>
      `command=${behave} stop=3000 n=${String(n)}\nstartsecs=0\nstopwaitsecs=20\n`;
    await host.publish('victim', slow(1));
    const { pid } = await host.waitForState('victim', 'RUNNING');
    await host.waitUntilAtRest();
    const witness = await host.witness('calm', 'foreign');
    await host.publish('victim', slow(2));
    await host.waitForState('victim', 'STOPPING');
    await host.agent.kill();
    await host.waitForState('victim', 'STOPPED');
    await host.publish('victim', slow(1));
    host.agent.start();
    const back = await host.waitForState('victim', 'RUNNING');
    expect(back.pid).not.toBe(pid);
    await host.waitUntilAtRest();
    expect(host.fileText('victim')).toContain('n=1');
    expect(host.fileText('victim')).not.toContain('autostart=false');
    await witness.testify();
  });

  it('B14: gets its own done while somebody else updates again and again', async () => {
    const host = await startHost({ environment });
    const apps = ['one', 'two', 'three'];
    for (const app of apps) await host.run(app);
    const witness = await host.witness('calm', 'foreign');
    const race = { isOver: false };
    const racing = Promise.all(
      [1, 2].map(async () => {
        while (!race.isOver) await host.supervisord.supervisorctl('update');
      }),
    );
    try {
      for (const n of [2, 3, 4, 5]) {
        await host.publish(apps, sleeper(n));
        for (const app of apps) {
          await waitFor(`${app} to run content ${String(n)}`, () => host.runs(app, n));
        }
      }
    } finally {
      race.isOver = true;
      await racing;
    }
    await host.waitUntilAtRest();
    for (const app of apps) expect(await host.runs(app, 5)).toBe(true);
    await witness.testify();
  });
});

describe('a supervisorctl', () => {
  it('B3: that hangs delays no other app, and is tried again', async () => {
    const { shim, ...host } = await startHostWithShim();
    await host.run('stuck');
    await host.run('other');
    const witness = await host.witness('calm', 'foreign');
    shim.order('stuck', 'hang');
    await host.publish('stuck', sleeper(2));
    const first = await shim.waitUntilObeyed('stuck');
    for (const n of [2, 3, 4]) {
      const beganMs = performance.now();
      await host.publish('other', sleeper(n));
      await expectRecovery('B3 other app', delayMs, beganMs, () => host.runs('other', n));
    }
    await host.waitUntilUnready('stuck: Retrying');
    expect((await host.readiness()).reasons).toContain('supervisorctl update took longer than');
    await waitFor('no child to be left', () => !isAlive(first));

    shim.revoke('stuck');
    await expectRecovery('B3', 5_000, performance.now(), () => host.runs('stuck', 2));
    await host.waitUntilAtRest();
    await witness.testify();
  });

  it('B12: that is killed half way leaves no app stopped, though nothing differs', async () => {
    const { shim, ...host } = await startHostWithShim();
    await host.run('victim');
    const witness = await host.witness('calm', 'foreign');
    shim.order('victim', 'hang');
    await host.publish('victim', sleeper(2));
    const child = await shim.waitUntilObeyed('victim');
    expect((await host.process('victim'))?.statename).toBe('STOPPED');
    await host.publish('victim', sleeper(1));
    shim.revoke('victim');
    kill(child);
    await expectRecovery('B12', boundMs, performance.now(), () => host.runs('victim', 1));
    await host.waitUntilAtRest();
    expect(host.fileText('victim')).not.toContain('autostart=false');
    await witness.testify();
  });

  it('B13: that is killed after it took a group out has it put in again', async () => {
    const { shim, ...host } = await startHostWithShim();
    await host.run('victim');
    const witness = await host.witness('calm', 'foreign');
    shim.order('victim', 'hangAfterRemoval');
    await host.publish('victim', sleeper(2));
    const child = await shim.waitUntilObeyed('victim');
    expect(await host.process('victim')).toBeUndefined();
    shim.revoke('victim');
    kill(child);
    await expectRecovery('B13', boundMs, performance.now(), () => host.runs('victim', 2));
    await host.waitUntilAtRest();
    await witness.testify();
  });
});

/** It may have been given up already. */
function kill(pid: number): void {
  if (isAlive(pid)) process.kill(pid, 'SIGKILL');
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
