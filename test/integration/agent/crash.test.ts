/** Killed at any moment, the agent ends where it would have ended anyway (D1, B1, B12, D16). */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AgentHost, sleeper, startAgentHost } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { readJournalFiles } from '../../support/journalFiles.ts';
import { waitFor } from '../../support/waitFor.ts';

let etcd: Etcd;
const hosts: AgentHost[] = [];
beforeAll(async () => {
  etcd = await startEtcd();
});
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.stop();
});
afterAll(() => etcd.stop());

async function startHost(environment: Readonly<Record<string, string>> = {}): Promise<AgentHost> {
  const host = await startAgentHost({
    etcd,
    environment: { SUPERVENE_RESTART_LIMIT: 'off', ...environment },
  });
  hosts.push(host);
  return host;
}

/** Notes each start of content `n` in a file, and stops at once. */
const noted = (host: AgentHost, n: number): string =>
  `command=/bin/sh -c 'echo start-${String(n)}. >> ${startsPath(host)}; exec sleep 1000'\n` +
  'startsecs=0\n';
const startsPath = (host: AgentHost): string => join(host.supervisord.dir, 'starts');

function startsOf(host: AgentHost, n: number): number {
  const text = existsSync(startsPath(host)) ? readFileSync(startsPath(host), 'utf8') : '';
  return text.split(`start-${String(n)}.`).length - 1;
}

type Moment = 'AtOnce' | 'Soon' | 'Later' | 'Written' | 'Updating' | 'Started';

async function untilMoment(host: AgentHost, moment: Moment, n: number, saidBefore: number) {
  const quickly = { intervalMs: 1 };
  const has = (text: string | undefined, part: string): boolean => text?.includes(part) === true;
  switch (moment) {
    case 'AtOnce':
      return;
    case 'Soon':
      return sleep(15);
    case 'Later':
      return sleep(120);
    case 'Written':
      await waitFor('the file', () => has(host.fileText('a'), `start-${String(n)}.`), quickly);
      return;
    case 'Updating': {
      const said = (): string => host.agent.output().slice(saidBefore);
      await waitFor('the update', () => has(said(), 'updating groups'), quickly);
      return;
    }
    case 'Started':
      await waitFor('the start', () => startsOf(host, n) > 0, quickly);
      return;
  }
}

/** Takes this long to stop. */
const slow = (seconds: number, n = 1): string =>
  `command=/bin/sh -c 'trap "sleep ${String(seconds)}; exit 0" TERM; while :; do sleep 0.05; done'\n` +
  `startsecs=0\nstopwaitsecs=30\nenvironment=N="${String(n)}"\n`;

async function publishAndWaitForStop(host: AgentHost, body: string, next: string) {
  await host.waitUntilApplied(await host.publish('slow', body));
  await host.waitForState('slow', 'RUNNING');
  // The shell has to have set its trap.
  await sleep(100);
  await host.publish('slow', next);
  return host.waitForState('slow', 'STOPPING');
}

describe('a killed agent', () => {
  it.each([
    ['supervisorctl', ['AtOnce', 'Written', 'Updating', 'Started', 'Later']],
    ['rpc', ['Written', 'Started', 'Soon']],
  ] as const)('converges as if nothing had been, by %s', async (driver, moments) => {
    const host = await startHost({ SUPERVENE_DRIVER: driver });
    await host.waitUntilApplied(await host.publish(['a', 'other'], noted(host, 0)));
    const other = await host.waitForState('other', 'RUNNING');
    for (const [at, moment] of moments.entries()) {
      const n = at + 1;
      const saidBefore = host.agent.output().length;
      const revision = await host.publish('a', noted(host, n));
      await untilMoment(host, moment, n, saidBefore);
      await host.agent.kill();
      host.agent.start();
      await host.waitUntilApplied(revision);
      await host.waitForState('a', 'RUNNING');
      await waitFor('the newest to have started', () => startsOf(host, n) > 0);
      expect(startsOf(host, n)).toBeLessThanOrEqual(2);
      expect((await host.view()).held).toEqual([]);
    }
    expect((await host.process('other'))?.pid).toBe(other.pid);
    expect(host.leftovers()).toEqual([]);
    await host.agent.terminate();
    const { events, faults } = readJournalFiles(host.agent.journalDir);
    expect(faults).toEqual([]);
    const lives = events.filter(({ type }) => type === 'AgentStarted');
    expect(lives).toHaveLength(moments.length + 1);
  });

  it('that asked for a stop owes the start, also when the change is taken back', async () => {
    const host = await startHost();
    const before = await publishAndWaitForStop(host, slow(1), slow(1, 2));
    await host.agent.kill();
    const revision = await host.publish('slow', slow(1));
    await host.waitForState('slow', 'STOPPED');
    host.agent.start();
    await host.waitUntilApplied(revision);
    const after = await host.waitForState('slow', 'RUNNING');
    expect(after.pid).not.toBe(before.pid);
    expect((await host.view()).held).toEqual([]);
    expect(host.fileText('slow')).not.toContain('autostart=false');
  });

  it('D3: cuts off the torn end of its journal, and says so', async () => {
    const host = await startHost();
    await host.waitUntilApplied(await host.publish('a', sleeper()));
    const pids = await host.pids();
    await host.agent.kill();
    const { events, newest } = readJournalFiles(host.agent.journalDir);
    appendFileSync(newest, '{"seq":4711,"atMs":1,"eve');
    host.agent.start();
    await host.agent.waitUntilReady();
    expect(host.agent.output()).toContain('ended in the middle of a line');
    expect(await host.pids()).toEqual(pids);
    await host.agent.terminate();
    const after = readJournalFiles(host.agent.journalDir);
    expect(after.faults).toEqual([]);
    expect(after.events.length).toBeGreaterThan(events.length);
  });
});

describe('a supervisord that is away', () => {
  it('gets what changed meanwhile when it is back', async () => {
    const host = await startHost();
    await host.waitUntilApplied(await host.publish(['a', 'b'], sleeper()));
    await host.supervisord.shutdown();
    const revision = await host.publish('a', sleeper(2));
    await host.waitUntilHeld(undefined, 'SupervisorUnreachable');
    expect((await host.readiness()).reasons).toContain('SupervisorUnreachable');
    await host.supervisord.restart();
    await host.waitUntilApplied(revision, { timeoutMs: 10_000 });
    expect(host.fileText('a')).toContain('N="2"');
    const { a, b } = await host.pids();
    expect([a, b]).not.toContain(0);
  });
});

describe('SIGTERM', () => {
  it('D16: ends the agent with 0 within 5 s, also during a slow stop', async () => {
    const host = await startHost();
    const old = await publishAndWaitForStop(host, slow(20), slow(20, 2));
    const beganMs = performance.now();
    expect(await host.agent.terminate()).toBe(0);
    expect(performance.now() - beganMs).toBeLessThan(5_000);
    host.agent.start();
    process.kill(-old.pid, 'SIGKILL');
    const after = await host.waitForState('slow', 'RUNNING');
    expect(after.pid).not.toBe(old.pid);
    expect(host.fileText('slow')).toContain('N="2"');
  });
});
