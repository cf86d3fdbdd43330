/** An operator's stop holds whatever else happens, until an operator starts it again (B6-B8). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { waitFor } from '../../support/waitFor.ts';
import { sleeper, startAgentHost, type AgentHost } from '../../support/agentHost.ts';

let etcd: Etcd;
let host: AgentHost;
beforeAll(async () => {
  etcd = await startEtcd();
  host = await startAgentHost({ etcd });
});
afterAll(async () => {
  await host.stop();
  await etcd.stop();
});

const isFileHeld = (app: string): boolean =>
  host.fileText(app)?.includes('autostart=false') === true;

async function run(app: string): Promise<void> {
  await host.waitUntilApplied(await host.publish(app, sleeper(1)));
  await host.waitForState(app, 'RUNNING');
}

async function stopByHand(app: string): Promise<void> {
  await host.supervisord.supervisorctl('stop', `${app}:*`);
  await host.waitUntilHeld(app, 'OperatorStop');
  await waitFor('a file that keeps it stopped', () => isFileHeld(app));
}

/** Until the agent has dealt with the new supervisord. */
async function anew(restart: () => Promise<void>): Promise<void> {
  const before = (await host.view()).actual.supervisor.instance;
  await restart();
  await waitFor('the agent to know the new supervisord', async () => {
    const { actual, plan } = await host.view();
    const isKnown = actual.supervisor.instance !== before;
    return isKnown && actual.supervisor.status === 'Reachable' && plan.steps.length === 0;
  });
  await host.agent.waitUntilReady();
}

describe('an operator stop', () => {
  it('B7, B8: holds through new content, restarts of supervisord and of the agent', async () => {
    await run('other');
    await run('held');
    await stopByHand('held');
    const others = (await host.pids())['other'];

    await host.waitUntilApplied(await host.publish('held', sleeper(2)));
    expect(host.fileText('held')).toContain('N="2"');
    expect(isFileHeld('held')).toBe(true);
    expect((await host.process('held'))?.statename).toBe('STOPPED');
    expect((await host.pids())['other']).toBe(others);

    for (const restart of [host.supervisord.restart, host.supervisord.rpcRestart]) {
      await anew(restart);
      await host.waitForState('other', 'RUNNING');
      expect((await host.process('held'))?.start).toBe(0);
    }

    await host.agent.kill();
    const revision = await host.publish('held', sleeper(3));
    host.agent.start();
    await host.waitUntilApplied(revision);
    expect(host.fileText('held')).toContain('N="3"');
    expect(isFileHeld('held')).toBe(true);
    expect((await host.process('held'))?.start).toBe(0);
    await host.waitUntilHeld('held', 'OperatorStop');
  });

  it('ends when an operator starts it again, without a restart', async () => {
    await run('freed');
    await stopByHand('freed');
    await host.supervisord.supervisorctl('start', 'freed:*');
    const started = await host.waitForState('freed', 'RUNNING');
    await waitFor('a file that lets it start', () => !isFileHeld('freed'));
    expect(await host.agent.terminate()).toBe(0);
    host.agent.start();
    await host.agent.waitUntilReady();
    expect((await host.view()).held.filter(({ app }) => app === 'freed')).toEqual([]);
    expect((await host.process('freed'))?.pid).toBe(started.pid);

    await host.waitUntilApplied(await host.publish('freed', sleeper(2)));
    const changed = await host.waitForState('freed', 'RUNNING');
    expect(changed.pid).not.toBe(started.pid);
    await anew(host.supervisord.restart);
    await host.waitForState('freed', 'RUNNING');
  });

  it('counts when nobody was watching: the agent was down', async () => {
    await run('unseen');
    expect(await host.agent.terminate()).toBe(0);
    await host.supervisord.supervisorctl('stop', 'unseen:*');
    const revision = await host.publish('unseen', sleeper(2));
    host.agent.start();
    await host.waitUntilApplied(revision);
    await waitFor('a file that keeps it stopped', () => isFileHeld('unseen'));
    expect((await host.process('unseen'))?.statename).toBe('STOPPED');
  });
});
