/** An agent that the machine starves, freezes, kills or starts twice. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mainPath } from '../../support/agent.ts';
import { type AgentHostOptions, sleeper } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { freePort } from '../../support/freePort.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type CalmHost, startCalmHost } from '../support/calmHost.ts';
import {
  createFreezer,
  createMemoryGroup,
  freeze,
  thaw,
  whyNoControlGroup,
} from '../support/cgroup.ts';
import { whyNoMounts } from '../support/mounts.ts';
import { expectRecovery } from '../support/recovery.ts';

let etcd: Etcd;
let temp: TempDir;
let host: CalmHost | undefined;
const undo: (() => unknown)[] = [];
beforeAll(async () => {
  etcd = await startEtcd();
});
beforeEach(async () => {
  temp = await createTempDir('limits');
});
afterEach(async () => {
  await host?.stop();
  host = undefined;
  for (const step of undo.splice(0).reverse()) await step();
  await temp.remove();
});
afterAll(() => etcd.stop());

const addresses = { SUPERVENE_ADDRESSES: '172.16.238.11' };

async function start(options: Partial<AgentHostOptions> = {}): Promise<CalmHost> {
  host = await startCalmHost({ etcd, ...options });
  return host;
}

describe('an agent', () => {
  it('D7: killed for want of memory comes back to where it was', async (context) => {
    const whyNot = await whyNoControlGroup('memory');
    if (whyNot !== undefined) return context.skip(whyNot);
    const group = createMemoryGroup(400 * mebibyte);
    undo.push(group.remove);
    const host = await start({ within: group.within, environment: addresses });
    const witness = await host.witness('calm', 'foreign');
    // Somebody in the same group takes it all; the agent is what the kernel is told to prefer.
    spawnSync('choom', ['-n', '1000', '-p', String(host.agent.pid)]);
    const [command = '', ...args] = group.within;
    const hog = spawn(command, [
      ...[...args, process.execPath, '-e'],
      'setInterval(() => (globalThis.all ??= []).push(Buffer.alloc(2 ** 24, 1)), 5)',
    ]);
    undo.push(() => hog.kill('SIGKILL'));
    await waitFor('the agent to be killed', () => !host.agent.isRunning);
    hog.kill('SIGKILL');
    await waitFor('the other to end', () => group.pids().length === 0);
    expect(group.read('memory.oom_control')).not.toContain('oom_kill 0');
    await witness.testify();
    await host.publish('calm', sleeper(2));
    host.agent.start();
    await expectRecovery('D7', 5_000, performance.now(), () => host.runs('calm', 2));
    await host.waitUntilAtRest();
  });

  it('D7, E11: has room enough in 200 MB for thousands of apps of others', async (context) => {
    const whyNot = await whyNoControlGroup('memory');
    if (whyNot !== undefined) return context.skip(whyNot);
    const group = createMemoryGroup(200 * mebibyte);
    undo.push(group.remove);
    const host = await start({ within: group.within, environment: addresses });
    const { pid } = host.agent;
    const content = Buffer.from(`command=/bin/true\nenvironment=X="${'x'.repeat(8_000)}"\n`);
    for (let n = 0; n < 3_000; n += 50) {
      const keys = Array.from({ length: 50 }, (_, at) => `${host.prefix}/other${String(n + at)}`);
      await etcd.txn(
        Object.fromEntries(
          keys.flatMap((key) => [
            [`${key}/ips`, '10.9.9.9'],
            [`${key}/content`, content.toString('base64')],
          ]),
        ),
      );
    }
    // A listing of all that, too.
    etcd.pause();
    await host.waitUntilUnready('etcd');
    etcd.resume();
    await host.run('a');
    await host.waitUntilAtRest();
    expect(host.agent.pid).toBe(pid);
    expect(host.agent.isRunning).toBe(true);
    expect(group.read('memory.oom_control')).toContain('oom_kill 0');
  });

  it('D8: is the only one, in a mount and process namespace of its own as well', async (context) => {
    const whyNot = whyNoMounts();
    if (whyNot !== undefined) return context.skip(whyNot);
    const host = await start();
    const witness = await host.witness('calm', 'foreign');
    const second = spawn(
      'unshare',
      ['-m', '-p', '-f', '--kill-child', '--mount-proc', process.execPath, mainPath, 'agent'],
      {
        env: {
          PATH: process.env['PATH'],
          ...host.agent.environment,
          SUPERVENE_JOURNAL: join(temp.path, 'own'),
          SUPERVENE_LISTEN: `127.0.0.1:${String(await freePort())}`,
        },
      },
    );
    undo.push(() => second.kill('SIGKILL'));
    let said = '';
    for (const stream of [second.stdout, second.stderr]) {
      stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    }
    const [code] = (await once(second, 'close')) as [number | null];
    expect(code).toBe(1);
    expect(said).toContain(`${host.supervisord.confDir} is in use by another process`);
    await witness.testify();
    await host.run('a');
  });

  it('D10: that stood still does what is wanted then, and nothing of what was', async (context) => {
    const whyNot = await whyNoControlGroup('freezer');
    if (whyNot !== undefined) return context.skip(whyNot);
    const freezer = createFreezer();
    undo.push(freezer.remove);
    const host = await start({ within: freezer.within, environment: addresses });
    await host.run('a');
    await host.waitUntilAtRest();
    const witness = await host.witness('calm', 'foreign');
    const updatesBefore = await host.stepCount('UpdateGroups');
    await freeze(freezer);
    for (let n = 2; n < 30; n += 1) await host.publish('a', sleeper(n));
    const revision = await host.unpublish('gone');
    etcd.etcdctl('compaction', revision);
    // Longer than any deadline of a call, and than etcd keeps a silent connection.
    await sleep(15_000);
    expect(await host.runs('a', 1)).toBe(true);
    thaw(freezer);
    await expectRecovery('D10', 5_000, performance.now(), () => host.runs('a', 29));
    await host.waitUntilAtRest();
    // The first that is heard may stand alone; all others come after the last.
    expect((await host.stepCount('UpdateGroups')) - updatesBefore).toBeLessThanOrEqual(2);
    expect((await fetch(`${host.agent.url}/healthz`)).status).toBe(200);
    await witness.testify();
  });

  it('D12: without a descriptor to spare stays up, and goes on when there are some', async () => {
    const host = await start();
    await host.run('a');
    await host.waitUntilAtRest();
    const witness = await host.witness('calm', 'a', 'foreign');
    const { pid } = host.agent;
    const before = openFiles(pid);
    // Descriptors are given from below: no new one, whatever is open now.
    limitFiles(pid, 3);
    const revision = await host.publish(['calm', 'b'], sleeper(2));
    await host.publish('calm', sleeper(1));
    await sleep(5_000);
    expect(host.agent.isRunning).toBe(true);
    expect(await host.process('b')).toBeUndefined();
    await witness.testify();
    limitFiles(pid, 1_024);
    await expectRecovery('D12', 5_000, performance.now(), () => host.runs('b', 2));
    await host.waitUntilApplied(revision);
    await host.waitUntilAtRest();
    await waitFor('no descriptor to be lost', () => openFiles(pid) <= before + 4);
    expect(host.agent.pid).toBe(pid);
  });

  it('D15: exchanged for a newer version and back again restarts nothing', async () => {
    const link = join(temp.path, 'main');
    const own = (path: string): void => {
      writeFileSync(link, path);
    };
    own(mainPath);
    // What follows the command is that of this tree, and is not used.
    const host = await start({
      within: ['sh', '-c', `exec ${process.execPath} "$(cat ${link})" agent`],
      environment: addresses,
    });
    await host.run('a');
    await host.waitUntilAtRest();
    const witness = await host.witness('calm', 'a', 'foreign');
    const newer = copyWithVersion(join(temp.path, 'newer'), '99.0.0');
    for (const [path, version] of [
      [newer, '99.0.0'],
      [mainPath, 'of this tree'],
    ] as const) {
      // In the middle of work that is not waited for.
      const revision = await host.publish('moving', sleeper(path.length));
      await host.agent.terminate();
      own(path);
      host.agent.start();
      await host.waitUntilApplied(revision);
      await host.waitUntilAtRest();
      const { host: self } = (await host.view()) as unknown as { host: { version: string } };
      if (path === newer) expect(self.version).toBe(version);
      else expect(self.version).not.toBe('99.0.0');
      expect(await host.runs('moving', path.length)).toBe(true);
    }
    await witness.testify();
    expect(host.agent.output()).not.toContain('damaged');
  });
});

const mebibyte = 2 ** 20;

const openFiles = (pid: number): number => readdirSync(`/proc/${String(pid)}/fd`).length;

function limitFiles(pid: number, count: number): void {
  const run = spawnSync('prlimit', ['--pid', String(pid), `--nofile=${String(count)}:`]);
  expect(run.status).toBe(0);
}

/** Of what was built; gives the path of its main file. */
function copyWithVersion(dir: string, version: string): string {
  const root = findProjectRoot();
  cpSync(join(root, 'dist'), join(dir, 'dist'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as object;
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ ...manifest, version }));
  return join(dir, 'dist/src/main.js');
}
