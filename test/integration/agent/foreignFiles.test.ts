/** What is not ours is never touched; where it is in the way it is named, and its end heals. */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentHost, sleeper, startAgentHost } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { startSupervisord, type Supervisord } from '../../support/supervisord.ts';
import { waitFor } from '../../support/waitFor.ts';

let etcd: Etcd;
let supervisord: Supervisord;
let host: AgentHost;
beforeAll(async () => {
  etcd = await startEtcd();
  supervisord = await startSupervisord({
    confs: { 'app.conf': section('demo1'), 'web.conf': section('web') },
  });
  host = await startAgentHost({ etcd, supervisord });
});
afterAll(async () => {
  await host.stop();
  await etcd.stop();
});

function section(name: string): string {
  return `[group:${name}]\nprograms=${name}\n\n[program:${name}]\n${sleeper()}`;
}

const pathOf = (name: string): string => join(supervisord.confDir, name);
const hashOf = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(pathOf(name)))
    .digest('hex');

describe('foreign files', () => {
  it('that define a group of ours hold that app, and heal when they go', async () => {
    const before = { hash: hashOf('app.conf'), pid: (await host.pids())['demo1'] };
    await host.publish(['demo1', 'demo2'], sleeper(2));
    await host.waitForState('demo2', 'RUNNING');
    expect(await host.waitUntilHeld('demo1', 'ForeignFile')).toContain(pathOf('app.conf'));
    expect({ hash: hashOf('app.conf'), pid: (await host.pids())['demo1'] }).toEqual(before);
    expect(host.fileText('demo1')).toBeUndefined();

    renameSync(pathOf('app.conf'), pathOf('app.conf.off'));
    await host.waitUntilFree('ForeignFile');
    // Ready it is all the time, and at first what runs is still what the foreign file started.
    await waitFor('demo1 to run by a file of ours', async () => {
      const after = await host.process('demo1');
      return after?.statename === 'RUNNING' && after.pid !== before.pid;
    });
    expect(host.fileText('demo1')).toContain('N="2"');
    rmSync(pathOf('app.conf.off'));
  });

  it('B11: that supervisord refuses hold all that is new, are named, and heal when mended', async () => {
    await host.agent.waitUntilReady();
    const pids = await host.pids();
    supervisord.writeConf('broken.conf', '[program:junk]\nnumprocs=many\n');
    const revision = await host.publish('demo2', sleeper(3));
    expect(await host.waitUntilHeld(undefined, 'ForeignConfBroken')).toContain('broken.conf');
    expect((await host.readiness()).reasons).toContain('broken.conf');
    expect(await host.pids()).toEqual(pids);
    supervisord.writeConf('broken.conf', '');
    await host.waitUntilFree('ForeignConfBroken');
    await host.waitUntilApplied(revision);
    expect(host.fileText('demo2')).toContain('N="3"');
    expect((await host.waitForState('demo2', 'RUNNING')).pid).not.toBe(pids['demo2']);
    supervisord.removeConf('broken.conf');
  });

  it('C12: at the name of one of ours are neither replaced nor removed', async () => {
    const name = 'taken.supervene.conf';
    supervisord.writeConf(name, '; mine\n');
    await host.publish('taken', sleeper());
    expect(await host.waitUntilHeld('taken', 'ForeignFile')).toContain(pathOf(name));
    await host.unpublish('taken');
    await host.waitUntilFree('ForeignFile');
    expect(readFileSync(pathOf(name), 'utf8')).toBe('; mine\n');
    await host.publish('taken', sleeper());
    await host.waitUntilHeld('taken', 'ForeignFile');
    supervisord.removeConf(name);
    await host.waitForState('taken', 'RUNNING');
  });

  it('C6: behind a link at one of our names are not followed', async () => {
    const target = join(supervisord.dir, 'secret');
    await host.waitUntilApplied(await host.publish('linked', sleeper()));
    const { pid } = await host.waitForState('linked', 'RUNNING');
    copyFileSync(host.filePath('linked'), target);
    const text = readFileSync(target, 'utf8');
    // At one stroke: a file that is missing is put back at once.
    const link = join(supervisord.dir, 'link');
    symlinkSync(target, link);
    renameSync(link, host.filePath('linked'));
    expect(await host.waitUntilHeld('linked', 'ForeignFile')).toContain(host.filePath('linked'));
    await host.waitUntilApplied(await host.publish('linked', sleeper(2)));
    await host.waitUntilHeld('linked', 'ForeignFile');
    expect(lstatSync(host.filePath('linked')).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe(text);
    expect((await host.pids())['linked']).toBe(pid);
    rmSync(host.filePath('linked'));
    await host.waitUntilFree('ForeignFile');
    // Ready it is all the time: what it applied before is not taken back by a repair.
    await waitFor('a file of its own', () => host.fileText('linked') !== undefined);
    expect(lstatSync(host.filePath('linked')).isFile()).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe(text);
  });

  it('B10: and their groups are as they were after all that', async () => {
    const before = { hash: hashOf('web.conf'), ...(await host.process('web')) };
    // Half-edited by its owner, who has not asked for the update yet.
    supervisord.writeConf('web.conf', `${section('web')}priority=1\n${section('later')}`);
    const edited = hashOf('web.conf');
    await host.waitUntilApplied(await host.unpublish('demo1', 'demo2'));
    await host.waitUntilApplied(await host.publish('demo3', sleeper()));
    await host.waitForState('demo3', 'RUNNING');
    const web = await host.process('web');
    expect(web?.pid).toBe(before.pid);
    expect(web?.start).toBe(before.start);
    expect(hashOf('web.conf')).toBe(edited);
    expect(await host.process('later')).toBeUndefined();
    expect(existsSync(host.filePath('demo1'))).toBe(false);
  });
});
