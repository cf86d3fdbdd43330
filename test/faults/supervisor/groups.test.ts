/** Groups that fail, are stopped, removed or hidden by others, and supervisords that are not ours. */
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AgentHostOptions, sleeper, startAgentHost } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { startSupervisord } from '../../support/supervisord.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type CalmHost, foreignConf, startCalmHost } from '../support/calmHost.ts';
import { expectRecovery } from '../support/recovery.ts';
import { startWitness } from '../support/witness.ts';

const pollMs = 2_000;

let etcd: Etcd;
const cleanups: (() => Promise<void>)[] = [];
beforeAll(async () => {
  etcd = await startEtcd();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(() => etcd.stop());

async function startHost(options: Partial<AgentHostOptions> = {}): Promise<CalmHost> {
  const host = await startCalmHost({ etcd, ...options });
  cleanups.push(host.stop);
  return host;
}

const spawnsOf = (host: CalmHost, app: string): number =>
  readFileSync(host.supervisord.logPath, 'utf8').split(`spawned: '${app}'`).length - 1;

it('B5: shows a program that cannot start as what it is, and leaves it at that', async () => {
  const host = await startHost();
  const witness = await host.witness('calm', 'foreign');
  const revision = await host.publish(
    'broken',
    'command=/bin/false\nstartsecs=1\nstartretries=1\n',
  );
  await waitFor('the quarantine', async () =>
    (await host.view()).quarantined.some((it) => it.app === 'broken' && it.code === 'E_FATAL'),
  );
  await host.waitUntilApplied(revision);
  const before = [await host.stepCount('UpdateGroups'), spawnsOf(host, 'broken')];
  await host.run('other');
  await host.run('other', 2);
  const after = [await host.stepCount('UpdateGroups'), spawnsOf(host, 'broken')];
  expect(after).toEqual([(before[0] ?? 0) + 2, before[1]]);
  await witness.testify();
  expect((await host.readiness()).status).toBe(200);
});

it('B6: leaves stopped what an operator stopped while another app changes', async () => {
  const host = await startHost();
  await host.run('stopped');
  const witness = await host.witness('calm', 'foreign');
  await host.supervisord.supervisorctl('stop', 'stopped:*');
  await host.run('other');
  await host.run('other', 2);
  await host.waitUntilHeld('stopped', 'OperatorStop');
  await host.run('other', 3);
  expect((await host.process('stopped'))?.statename).toBe('STOPPED');
  expect(spawnsOf(host, 'stopped')).toBe(1);
  await witness.testify();
});

it('B9: puts a group back that somebody took out', async () => {
  const host = await startHost();
  const pid = await host.run('gone');
  const witness = await host.witness('calm', 'foreign');
  await host.supervisord.rpc('stopProcess', 'gone:gone', true);
  await host.supervisord.rpc('removeProcessGroup', 'gone');
  // If it was seen stopped in between, then an operator stopped it.
  const isHeld = async (): Promise<boolean> =>
    (await host.process('gone'))?.statename === 'STOPPED' &&
    (await host.view()).held.some((it) => it.app === 'gone' && it.code === 'OperatorStop');
  await expectRecovery(
    'B9',
    pollMs,
    performance.now(),
    async () => (await host.runs('gone', 1)) || isHeld(),
  );
  expect((await host.process('gone'))?.pid).not.toBe(pid);
  await witness.testify();
});

describe('a file that supervisord cannot read', () => {
  const harms = [
    ['a link to nowhere', (path: string) => symlinkSync('/nowhere/at/all', path)],
    ['a directory', (path: string) => mkdirSync(path)],
  ] as const;
  it.each(harms)('B15: %s in the place of ours stops nothing', async (_, harm) => {
    const host = await startHost();
    const path = host.filePath('calm');
    const witness = await host.witness('calm', 'foreign');
    rmSync(path);
    harm(path);
    await host.run('other');
    await host.run('other', 2);
    expect(await host.waitUntilHeld('calm', 'ForeignFile')).toContain(path);
    rmSync(path, { recursive: true });
    await expectRecovery(
      'B15',
      pollMs,
      performance.now(),
      () => host.fileText('calm') !== undefined,
    );
    await host.waitUntilAtRest();
    await witness.testify();
  });

  it('B15: a link to nowhere in the place of a foreign one stops nothing', async () => {
    const host = await startHost();
    const path = join(host.supervisord.confDir, 'foreign.conf');
    const { foreign, calm } = await host.pids();
    renameSync(path, `${path}.away`);
    symlinkSync('/nowhere/at/all', path);
    await host.run('other');
    await host.run('other', 2);
    await host.waitUntilApplied(await host.unpublish('other'));
    expect(await host.pids()).toEqual({ calm, foreign });
    renameSync(`${path}.away`, path);
    await host.run('other', 3);
    expect(await host.pids()).toMatchObject({ calm, foreign });
  });
});

it('B18: keeps its hands off a supervisord that does not read its directory', async () => {
  const mine = await startSupervisord();
  cleanups.push(mine.stop);
  const other = await startSupervisord({ confs: foreignConf });
  cleanups.push(other.stop);
  await other.waitForState('foreign:foreign', 'RUNNING');
  const witness = await startWitness({
    processes: other.processes,
    running: ['foreign'],
    foreign: [join(other.confDir, 'foreign.conf')],
  });
  const host = await startAgentHost({ etcd, supervisord: { ...mine, url: other.url } });
  cleanups.push(host.agent.stop);
  await host.publish('new', sleeper());
  const reason = await host.waitUntilHeld('new', 'UnplannedDiff');
  expect(reason).toContain('supervisor.url is the way to another one');
  const { status, reasons } = await host.readiness();
  expect({ status, reasons }).toEqual({ status: 503, reasons: expect.stringContaining(reason) });
  expect(await mine.processes()).toEqual([]);
  expect((await other.processes()).map(({ group }) => group)).toEqual(['foreign']);
  await witness.testify();
});

it('B19: says that no include covers its directory, and goes on when one does', async () => {
  const supervisord = await startSupervisord({ confs: foreignConf });
  const text = readFileSync(supervisord.configPath, 'utf8');
  await supervisord.waitForState('foreign:foreign', 'RUNNING');
  const elsewhere = join(supervisord.confDir, 'foreign.conf');
  writeFileSync(supervisord.configPath, text.replace(/files=.*/, `files=${elsewhere}`));
  const host = await startAgentHost({ etcd, supervisord });
  cleanups.push(host.stop);
  const witness = await startWitness({
    processes: supervisord.processes,
    running: ['foreign'],
    foreign: [elsewhere],
  });
  await host.publish('new', sleeper());
  const reason = await host.waitUntilHeld('new', 'UnplannedDiff');
  expect(reason).toContain(`includes no files in ${supervisord.confDir}`);
  const { status, reasons } = await host.readiness();
  expect({ status, reasons }).toEqual({ status: 503, reasons: expect.stringContaining(reason) });

  writeFileSync(supervisord.configPath, text);
  await expectRecovery('B19', 12_000, performance.now(), async () => {
    return (await host.process('new'))?.statename === 'RUNNING';
  });
  await host.waitUntilFree('UnplannedDiff');
  await host.agent.waitUntilReady();
  await witness.testify();
});

it('B21: lets a program be whose log cannot be written', async () => {
  const host = await startHost();
  const witness = await host.witness('calm', 'foreign');
  const chatty =
    'command=/bin/sh -c "while :; do echo word; sleep 0.05; done"\nstartsecs=0\nstdout_logfile=/dev/full\n';
  await host.waitUntilApplied(await host.publish('chatty', chatty));
  const { pid } = await host.waitForState('chatty', 'RUNNING');
  await host.run('other');
  await host.run('other', 2);
  expect(await host.process('chatty')).toMatchObject({ statename: 'RUNNING', pid });
  await host.waitUntilAtRest();
  await witness.testify();
});
