/**
 * What the golden journals are recorded of: short stories with a real etcd, supervisord and agent,
 * that together show every event and every reason to hold that real parts can be brought to show.
 */
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runSupervene } from './agent.ts';
import { type AgentHost, sleeper, type startAgentHost } from './agentHost.ts';
import { type Etcd, startEtcd } from './etcd.ts';
import { startSupervisord } from './supervisord.ts';
import { waitFor } from './waitFor.ts';

export interface Stage {
  readonly etcd: Etcd;
  /** The journal's directory, made by the recorder. */
  readonly journalDir: string;
  /** For whatever else a story needs. */
  readonly dir: string;
  /** Stopped afterwards. */
  readonly start: (options?: Partial<Parameters<typeof startAgentHost>[0]>) => Promise<AgentHost>;
  /** Done afterwards, last first. */
  readonly later: (cleanup: () => unknown) => void;
}

export type Scenario = (stage: Stage) => Promise<void>;

const body = (n: number, more = ''): string => `${sleeper(n)}${more}`;
const logsDir = '/var/log/supervene-golden';
const dies = 'command=/bin/false\nstartsecs=1\nstartretries=0\n';

async function run(host: AgentHost, apps: readonly string[], n = 1): Promise<void> {
  await host.waitUntilApplied(await host.publish(apps, body(n)));
  for (const app of apps) await host.waitForState(app, 'RUNNING');
}

const confirm = (host: AgentHost) =>
  runSupervene(['confirm', host.name], { environment: host.agent.environment });
const retry = (host: AgentHost, app: string) =>
  runSupervene(['retry', app], { environment: host.agent.environment });

/** The settings of the next process of this agent. */
function resettle(host: AgentHost, settings: Readonly<Record<string, string>>): void {
  Object.assign(host.agent.environment, settings);
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  /** An ordinary life: apps come, change in a burst and go; half a pair; a restart of the agent. */
  life: async ({ etcd, start }) => {
    const host = await start();
    await host.agent.waitUntilReady();
    await run(host, ['demo1', 'demo2']);
    // Closer together than the quiet window.
    await Promise.all([host.publish('demo1', body(2)), host.publish('demo2', body(2))]);
    await host.waitUntilApplied(await host.publish('demo3', body(1)));
    await etcd.put(`${host.prefix}/elsewhere/ips`, '10.99.99.99');
    await etcd.put(`${host.prefix}/half/ips`, '*');
    await host.waitUntilHeld('half', 'Pending');
    await host.agent.terminate();
    host.agent.start();
    await host.agent.waitUntilReady();
    await host.waitUntilApplied(await host.unpublish('demo2', 'half'));
  },

  /** What is refused for its content, by this host, and for what it does. */
  badContent: async ({ start, later }) => {
    const host = await start();
    await run(host, ['demo1', 'demo2', 'demo3']);
    await host.publish('demo1', 'startsecs=many\nenvironment=TOKEN="hunter2-canary"\n');
    await host.waitUntilHeld('demo1', 'Refused');
    await host.publish('demo2', `${body(2)}user=nobody-of-this-name\n`);
    await host.waitUntilHeld('demo2', 'Quarantined');
    await host.publish('demo3', `${dies}environment=TOKEN="hunter2-canary"\n`);
    await host.waitUntilHeld('demo3', 'Quarantined');
    await host.waitForState('demo3', 'RUNNING');
    await retry(host, 'demo3');
    await sleep(300);
    await host.waitUntilHeld('demo3', 'Quarantined');
    await host.waitForState('demo3', 'RUNNING');
    // Inside content a path is not rewritten: it must say nothing of where this was recorded.
    later(() => {
      rmSync(logsDir, { recursive: true, force: true });
    });
    await host.publish('demo4', `${body(1)}stdout_logfile=${join(logsDir, 'x.log')}\n`);
    await host.waitUntilHeld('demo4', 'Quarantined');
    mkdirSync(logsDir);
    await host.waitForState('demo4', 'RUNNING');
  },

  /** `rollback = "off"`: what fails stays where people can look at it, until they say so. */
  rollbackOff: async ({ start }) => {
    const host = await start({
      environment: { SUPERVENE_ROLLBACK: 'off', SUPERVENE_DRIVER: 'rpc' },
    });
    await run(host, ['demo1']);
    await host.publish('demo1', dies);
    await host.waitUntilHeld('demo1', 'Failed');
    await retry(host, 'demo1');
    await sleep(300);
    await host.waitUntilHeld('demo1', 'Failed');
  },

  /** Stopped by hand, held through new content and restarts of everything, started by hand. */
  operatorStop: async ({ start }) => {
    const host = await start({ environment: { SUPERVENE_DRIVER: 'rpc' } });
    await run(host, ['demo1', 'demo2']);
    await host.supervisord.supervisorctl('stop', 'demo1:*');
    await host.waitUntilHeld('demo1', 'OperatorStop');
    await host.waitUntilApplied(await host.publish('demo1', body(2)));
    await host.supervisord.restart();
    await host.waitForState('demo2', 'RUNNING');
    await host.agent.kill();
    host.agent.start();
    await host.waitUntilHeld('demo1', 'OperatorStop');
    await host.supervisord.supervisorctl('start', 'demo1:*');
    await host.waitUntilFree('OperatorStop');
  },

  /** More at once than goes without a word; then all there is, at one stroke. */
  removals: async ({ etcd, start }) => {
    const host = await start();
    const apps = ['a', 'b', 'c', 'd', 'e'];
    await run(host, apps);
    await etcd.put(`${host.prefix}/z/ips`, '10.99.99.99');
    await host.unpublish(...apps);
    await host.waitUntilHeld('a', 'MassRemoval');
    await confirm(host);
    await waitFor('all to go', async () => Object.keys(await host.pids()).length === 0);
    await run(host, ['f', 'g']);
    await etcd.delPrefix(`${host.prefix}/`);
    await host.waitUntilHeld('f', 'RemovalUnconfirmed');
  },

  /** The address that apps are placed by goes away, and comes back. */
  lostIdentity: async ({ start }) => {
    const host = await start({ addresses: ['172.16.238.11'] });
    await run(host, ['demo1', 'demo2']);
    await host.agent.terminate();
    resettle(host, { SUPERVENE_ADDRESSES: '172.16.238.12' });
    host.agent.start();
    await host.waitUntilHeld('demo1', 'IdentityLost');
    await host.agent.terminate();
    resettle(host, { SUPERVENE_ADDRESSES: '172.16.238.11' });
    host.agent.start();
    await host.agent.waitUntilReady();
  },

  /** Content that changes faster than its program may be restarted. */
  restartLimit: async ({ start }) => {
    const host = await start({
      environment: { SUPERVENE_DRIVER: 'rpc', SUPERVENE_RESTART_LIMIT: '2/4s' },
    });
    await run(host, ['demo1']);
    for (const n of [2, 3]) await host.waitUntilApplied(await host.publish('demo1', body(n)));
    const revision = await host.publish('demo1', body(4));
    await host.waitUntilHeld('demo1', 'RestartLimit');
    await host.waitUntilApplied(revision);
  },

  /** Files that are not ours are in the way: same group, same name, and one that breaks the reread. */
  foreignFiles: async ({ start }) => {
    const section = `[group:demo1]\nprograms=demo1\n\n[program:demo1]\n${sleeper()}`;
    const supervisord = await startSupervisord({ confs: { 'app.conf': section } });
    const host = await start({ supervisord });
    await host.publish(['demo1', 'demo2'], body(2));
    await host.waitForState('demo2', 'RUNNING');
    await host.waitUntilHeld('demo1', 'ForeignFile');
    renameSync(join(supervisord.confDir, 'app.conf'), join(supervisord.confDir, 'app.conf.off'));
    await host.waitUntilFree('ForeignFile');
    await host.agent.waitUntilReady();
    supervisord.writeConf('broken.conf', '[program:junk]\nnumprocs=many\n');
    await host.publish('demo2', body(3));
    await host.waitUntilHeld(undefined, 'ForeignConfBroken');
    supervisord.writeConf('broken.conf', '');
    await host.waitUntilFree('ForeignConfBroken');
    supervisord.writeConf('taken.supervene.conf', '; mine\n');
    await host.publish('taken', body(1));
    await host.waitUntilHeld('taken', 'ForeignFile');
    // Edited by somebody, and put back.
    appendFileSync(host.filePath('demo2'), 'user=nobody\n');
    await waitFor('the file as it was', () => host.fileText('demo2')?.includes('user=') === false);
  },

  /** supervisord no longer includes the directory: it would drop what runs. */
  unplannedDiff: async ({ start }) => {
    const supervisord = await startSupervisord();
    const host = await start({ supervisord });
    await run(host, ['demo1']);
    const text = readFileSync(supervisord.configPath, 'utf8');
    writeFileSync(supervisord.configPath, text.replace(/files=.*/, 'files=/nowhere/*.conf'));
    await host.publish('demo2', body(1));
    await host.waitUntilHeld('demo1', 'UnplannedDiff');
    writeFileSync(supervisord.configPath, text);
    // Nobody watches that file: the next reread tells.
    await host.publish('demo3', body(1));
    await host.waitUntilFree('UnplannedDiff');
    await host.waitForState('demo2', 'RUNNING');
  },

  /** Everything goes away once: etcd, supervisord, the conf directory; changes come meanwhile. */
  outages: async ({ etcd, start }) => {
    const host = await start({ environment: { SUPERVENE_DRIVER: 'rpc' } });
    await run(host, ['demo1', 'demo2']);
    await etcd.kill();
    await host.waitUntilHeld(undefined, 'EtcdStale');
    await etcd.start();
    await host.waitUntilFree('EtcdStale');
    await host.supervisord.shutdown();
    await host.publish('demo1', body(2));
    await host.waitUntilHeld(undefined, 'SupervisorUnreachable');
    await host.supervisord.restart();
    await host.agent.waitUntilReady();
    const { confDir } = host.supervisord;
    renameSync(confDir, `${confDir}.away`);
    await host.waitUntilHeld(undefined, 'ConfDirUnusable');
    renameSync(`${confDir}.away`, confDir);
    await host.waitUntilFree('ConfDirUnusable');
    await host.waitForState('demo1', 'RUNNING');
  },

  /** supervisord hangs while it is wanted: calls are given up, and made again. */
  hanging: async ({ start }) => {
    const host = await start({ environment: { SUPERVENE_DRIVER: 'rpc', SUPERVENE_POLL: '10s' } });
    await run(host, ['demo1']);
    for (const n of [2, 3, 4]) {
      host.supervisord.pause();
      await host.publish('demo1', body(n));
      await sleep(7_000);
      host.supervisord.resume();
      await sleep(500);
    }
    await host.waitForState('demo1', 'RUNNING');
  },

  /** No space for a file of ours; then none for the journal, which owns up to what it lacks. */
  diskFull: async ({ start, journalDir, dir, later }) => {
    const confDir = join(dir, 'conf');
    for (const path of [confDir, journalDir]) {
      mkdirSync(path, { recursive: true });
      const args = ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', path];
      if (spawnSync('mount', args).status !== 0) throw new Error('mounting takes root');
    }
    later(() => spawnSync('umount', ['-l', confDir]));
    const supervisord = await startSupervisord({ confDir });
    const host = await start({ supervisord });
    await run(host, ['demo1']);
    fill(join(confDir, 'filler'));
    await host.publish('demo2', body(1, `; ${'x'.repeat(8_000)}\n`));
    await host.waitUntilHeld('demo2', 'Retrying');
    rmSync(join(confDir, 'filler'));
    await host.waitForState('demo2', 'RUNNING');
    fill(join(journalDir, 'filler'));
    await waitFor('the journal to be unwritable', async () => {
      await host.publish('elsewhere', '');
      return (await host.readiness()).reasons.includes('JournalUnwritable');
    });
    const revision = await host.publish('demo1', body(2));
    await sleep(1_500);
    rmSync(join(journalDir, 'filler'));
    await host.waitUntilApplied(revision);
  },

  /** Killed in the middle of an apply, twice; the second time with a torn end. */
  crash: async ({ start, journalDir }) => {
    const host = await start({ environment: { SUPERVENE_RESTART_LIMIT: 'off' } });
    await run(host, ['demo1']);
    await host.publish('demo1', body(2));
    await waitFor('the file', () => host.fileText('demo1')?.includes('N="2"'), { intervalMs: 1 });
    await host.agent.kill();
    host.agent.start();
    await host.agent.waitUntilReady();
    await host.publish('demo1', body(3));
    await sleep(60);
    await host.agent.kill();
    host.agent.start();
    await host.agent.waitUntilReady();
    await host.publish('demo1', body(4));
    await sleep(60);
    await host.agent.kill();
    const newest = spawnSync('sh', ['-c', `ls -t ${journalDir}/*.jsonl | head -1`], {
      encoding: 'utf8',
    }).stdout.trim();
    appendFileSync(newest, '{"seq":4711,"atMs":1,"eve');
  },

  /** etcd is wiped, and another cluster answers: what is not there any more is not believed to be gone. */
  otherEtcd: async ({ start }) => {
    const fragile = await startEtcd();
    const host = await start({ etcd: fragile });
    try {
      await run(host, ['demo1', 'demo2']);
      await fragile.wipe();
      await host.waitUntilHeld('demo1', 'RemovalUnconfirmed');
      await host.waitUntilApplied(await host.publish(['demo1', 'demo2'], body(1)));
      await host.agent.waitUntilReady();
    } finally {
      await fragile.stop();
    }
  },

  /** A change that is taken back while its program stops: the start is owed. */
  slowStop: async ({ start }) => {
    const slow = (n: number): string =>
      `command=/bin/sh -c 'trap "sleep 1; exit 0" TERM; while :; do sleep 0.05; done'\n` +
      `startsecs=0\nstopwaitsecs=30\nenvironment=N="${String(n)}"\n`;
    const host = await start({ environment: { SUPERVENE_DRIVER: 'rpc' } });
    await host.waitUntilApplied(await host.publish('slow', slow(1)));
    await host.waitForState('slow', 'RUNNING');
    await sleep(200);
    await host.publish('slow', slow(2));
    await host.waitForState('slow', 'STOPPING');
    await host.publish('slow', slow(1));
    await sleep(2_500);
    await host.waitForState('slow', 'RUNNING');
  },
};

/** To the last byte. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  for (let size = 65_536; size > 0; size = size === 1 ? 0 : size / 2) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch {
      // Full for this size.
    }
  }
  closeSync(file);
}
