/** Changes that come torn, far too often, to no effect, or to names that are somebody else's. */
import { request as httpRequest, Agent as HttpAgent } from 'node:http';
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentHost, sleeper } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type CalmHost, startCalmHost } from '../support/calmHost.ts';
import { expectRecovery } from '../support/recovery.ts';
import type { Witness } from '../support/witness.ts';

const address = '172.16.238.11';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

let etcd: Etcd;
let host: CalmHost;
beforeAll(async () => {
  etcd = await startEtcd();
  host = await startCalmHost({ etcd, environment: { SUPERVENE_RESTART_LIMIT: '3/15s' } });
});
afterAll(async () => {
  await host.stop();
  await etcd.stop();
});

const keyOf = (app: string, leaf: string): string => `${host.prefix}/${app}/${leaf}`;
const put = (app: string, leaf: 'ips' | 'content', value: string): Promise<string> =>
  etcd.put(keyOf(app, leaf), leaf === 'content' ? base64(value) : value);

async function spawnsOf(app: string): Promise<number> {
  const log = (await host.supervisord.rpc('readLog', 0, 0)) as string;
  return log.split(`spawned: '${app}'`).length - 1;
}

/** Nothing of this may concern these two. */
const watch = (...more: readonly string[]): Promise<Witness> =>
  host.witness('calm', 'foreign', ...more);

describe('odd changes beside healthy apps', () => {
  it('E9: takes a command that is not there, and shows it FATAL', async () => {
    const witness = await watch();
    await host.publish('nowhere', 'command=/no/such/program\nstartretries=0\n');
    await waitFor('the quarantine', async () =>
      (await host.view()).quarantined.some((it) => it.app === 'nowhere' && it.code === 'E_FATAL'),
    );
    expect((await host.process('nowhere'))?.statename).toBe('FATAL');
    await host.run('mended-nowhere');
    await host.waitUntilApplied(await host.publish('nowhere', sleeper()));
    await waitFor('it to run', () => host.runs('nowhere', 1));
    await witness.testify();
  });

  it.each([
    ['blanks, duplicates and a comma too many', ` ${address}\n, ${address} ,172.16.238.12, ,`],
    ['a block and an unknown item', '172.16.238.0/24, nonsense, 999.9.9.9'],
    ['IPv4 in IPv6', '::ffff:172.16.238.11'],
    ['upper case', 'HOST'],
    ['a star', '*'],
  ])('E14: places by %s', async (what, ips) => {
    const app = what.replaceAll(' ', '-').replaceAll(',', '');
    const placement = ips === 'HOST' ? host.name.toUpperCase() : ips;
    await etcd.txn({ [keyOf(app, 'ips')]: placement, [keyOf(app, 'content')]: base64(sleeper()) });
    await waitFor('it to run', () => host.runs(app, 1));
  });

  it('E16: comes to what both halves of a torn change say, however far apart', async () => {
    await host.run('torn');
    const witness = await watch();
    for (const [n, gapMs] of [
      [2, 0],
      [3, 50],
    ] as const) {
      await put('torn', 'ips', `172.16.238.1${String(n)}, ${address}`);
      await sleep(gapMs);
      const revision = await put('torn', 'content', sleeper(n));
      await waitFor('it to run', () => host.runs('torn', n));
      await host.waitUntilApplied(revision);
    }
    expect(await spawnsOf('torn')).toBe(3);
    await witness.testify();
  });

  it('E19: runs what is deleted and back at once, restarted no more than once for it', async () => {
    await host.run('blink');
    const witness = await watch();
    // A deletion that stands alone is acted on at once: what follows may come before or after that.
    for (let n = 0; n < 3; n += 1) {
      await host.unpublish('blink');
      await host.waitUntilApplied(await host.publish('blink', sleeper()));
    }
    await host.waitUntilAtRest();
    expect(await host.runs('blink', 1)).toBe(true);
    expect(await spawnsOf('blink')).toBeLessThanOrEqual(4);
    await witness.testify();
  });

  it('E22: counts keys that are not ours, and looks no further', async () => {
    const witness = await watch();
    const before = await ignoredKeys(host);
    const keys = ['nested/y/z', 'bare', 'calm/notes', 'calm/content/more', 'calm//ips', '/ips'];
    await etcd.txn(Object.fromEntries(keys.map((key) => [`${host.prefix}/${key}`, 'hello'])));
    await etcd.put(`${host.prefix}2/calm/content`, base64('command=/bin/false\n'));
    await host.run('after-nested');
    // They are counted with each listing.
    expect(await host.agent.terminate()).toBe(0);
    host.agent.start();
    await host.agent.waitUntilReady();
    expect(await ignoredKeys(host)).toBe(before + keys.length);
    const apps = (await host.view()).actual.apps.map(({ app }) => app);
    expect(apps).not.toEqual(expect.arrayContaining(['nested']));
    expect(apps).not.toEqual(expect.arrayContaining(['bare']));
    await host.waitUntilAtRest();
    await witness.testify();
  });

  it('E23: keeps apart two apps whose processes have one name', async () => {
    const witness = await watch();
    const body = `${sleeper()}process_name=same\n`;
    await host.waitUntilApplied(await host.publish(['twin1', 'twin2'], body));
    await waitFor('both to run', async () => {
      return (await host.runs('twin1', 1)) && host.runs('twin2', 1);
    });
    const twin2 = (await host.process('twin2'))?.pid;
    await host.waitUntilApplied(await host.publish('twin1', `${sleeper(2)}process_name=same\n`));
    await waitFor('the first to run anew', () => host.runs('twin1', 2));
    expect((await host.process('twin2'))?.pid).toBe(twin2);
    await witness.testify();
  });

  it('E24: writes nothing and restarts nothing where only the looks of it change', async () => {
    await host.run('looks');
    const witness = await watch('looks');
    const inode = statSync(host.filePath('looks')).ino;
    const writes = await host.stepCount('WriteFile');
    for (const body of [
      `; a comment\n${sleeper()}`,
      sleeper().replaceAll('=', ' : ').replace('N : ', 'N='),
      sleeper().replaceAll('\n', '\r\n'),
      sleeper().replace('command', 'COMMAND'),
    ]) {
      await host.waitUntilApplied(await host.publish('looks', body));
    }
    expect(statSync(host.filePath('looks')).ino).toBe(inode);
    expect(await host.stepCount('WriteFile')).toBe(writes);
    expect(await spawnsOf('looks')).toBe(1);
    await witness.testify();
  });

  it('E25: leaves a program alone that has the name of an app, be it the agent itself', async () => {
    host.supervisord.writeConf('agent.conf', `[program:supervene]\n${sleeper()}`);
    await host.supervisord.supervisorctl('update', 'supervene');
    await host.waitForState('supervene', 'RUNNING');
    const witness = await watch('supervene');
    await host.publish('supervene', 'command=/bin/false\n');
    const reason = await host.waitUntilHeld('supervene', 'ForeignFile');
    expect(reason).toContain('agent.conf');
    await host.run('after-supervene');
    expect(host.fileText('supervene')).toBeUndefined();
    await host.unpublish('supervene');
    await host.waitUntilFree('ForeignFile');
    await witness.testify();
  });

  it('E20: restarts an app that never stops changing a few times, and delays no other', async () => {
    await host.run('flapping', 0);
    await host.run('bystander', 0);
    await host.waitUntilAtRest();
    const witness = await watch();
    const spawnsBefore = await spawnsOf('flapping');
    const flood = startFlood(etcd, keyOf('flapping', 'content'), (n) => base64(sleeper(n)));
    const beganMs = performance.now();
    for (const n of [1, 2, 3]) {
      await sleep(2_000);
      const putMs = performance.now();
      await host.publish('bystander', sleeper(n));
      await expectRecovery('E20 another app', 1_000, putMs, () => host.runs('bystander', n));
    }
    const last = await flood.stop();
    const tookS = (performance.now() - beganMs) / 1_000;
    const healedMs = performance.now();
    const limit = 3 * Math.ceil(tookS / 15 + 1);
    // The limit may make the last one wait, for no longer than its window.
    await expectRecovery('E20', 15_000, healedMs, () => host.runs('flapping', last));
    expect((await spawnsOf('flapping')) - spawnsBefore).toBeLessThanOrEqual(limit);
    expect(last).toBeGreaterThan(3 * limit);
    await host.waitUntilAtRest();
    await witness.testify();
  });
});

async function ignoredKeys({ agent }: AgentHost): Promise<number> {
  const { desired } = (await agent.state()) as { desired: { ignoredKeys: number } };
  return desired.ignoredKeys;
}

/**
 * Far faster than restarts, and yet what an agent keeps up with on a machine that is busy with other
 * tests: each change costs it about 2 ms of a core, so that a thousand a second are too many.
 */
const putsPerSecond = 20;

/** Puts one value after the other over one connection, until it is stopped; gives the last `n`. */
function startFlood({ port }: Etcd, key: string, valueOf: (n: number) => string) {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: 1 });
  const flood = { isOver: false };
  const putOnce = (n: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const options = { port, agent, method: 'POST', path: '/v3/kv/put' };
      const sent = httpRequest(options, (answer) => answer.on('end', resolve).resume());
      sent.on('error', reject);
      sent.end(JSON.stringify({ key: base64(key), value: base64(valueOf(n)) }));
    });
  // Awaited by `stop` only: until then a failure is nobody's.
  const done = (async (): Promise<number> => {
    const beganMs = performance.now();
    let n = 0;
    while (!flood.isOver) {
      const dueMs = beganMs + (n * 1_000) / putsPerSecond;
      if (dueMs > performance.now()) await sleep(dueMs - performance.now());
      await putOnce((n += 1));
    }
    return n;
  })();
  done.catch(() => undefined);
  return {
    stop: async (): Promise<number> => {
      flood.isOver = true;
      const last = await done;
      agent.destroy();
      return last;
    },
  };
}
