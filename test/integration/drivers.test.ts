import * as fs from 'node:fs';
import * as path from 'node:path';
import { asyncScheduler } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Driver } from '../../effects/drivers/driver.ts';
import { createRpcDriver } from '../../effects/drivers/rpcDriver.ts';
import { createSupervisorctlDriver } from '../../effects/drivers/supervisorctlDriver.ts';
import { createSupervisor, type Supervisor } from '../../src/clients/supervisor.ts';
import type { GroupChange, GroupUpdate } from '../../src/domain/plan.ts';
import { ok } from '../../src/domain/result.ts';
import type { AppName } from '../../src/domain/types.ts';
import { findPidsWith } from '../support/managedPids.ts';
import { conf } from '../support/programConf.ts';
import { type ProcessInfo, startSupervisord, type Supervisord } from '../support/supervisord.ts';
import { waitFor } from '../support/waitFor.ts';

type Kind = 'supervisorctl' | 'rpc';

// Ends neither by TERM nor by itself, once it has made the file `deaf`.
const stubborn = [
  `command=sh -c "trap '' TERM; echo > deaf; while :; do sleep 1; done"`,
  'stopwaitsecs=60',
  'killasgroup=true',
];

describe.each<Kind>(['supervisorctl', 'rpc'])('updateGroups, driver %s', (kind) => {
  let supervisord: Supervisord;
  let supervisor: Supervisor;
  let driver: Driver;

  const begin = async (confs: Readonly<Record<string, string>> = {}): Promise<void> => {
    supervisord = await startSupervisord({
      confs: Object.fromEntries(
        Object.entries(confs).map(([name, text]) => [`${name}.conf`, text]),
      ),
    });
    supervisor = createSupervisor({ url: supervisord.url });
    driver = createDriver(20_000);
    for (const name of Object.keys(confs)) await running(name);
  };
  const createDriver = (
    timeoutMs: number,
    env: Readonly<Record<string, string | undefined>> = process.env,
  ): Driver => {
    const { configPath } = supervisord;
    if (kind === 'supervisorctl') {
      return createSupervisorctlDriver(
        { scheduler: asyncScheduler, env },
        { configPath, timeoutMs },
      );
    }
    const client = createSupervisor({
      url: supervisord.url,
      callTimeoutMs: Math.min(timeoutMs, 5_000),
    });
    return createRpcDriver({ ...client, scheduler: asyncScheduler }, { timeoutMs });
  };
  const running = (name: string): Promise<ProcessInfo> =>
    supervisord.waitForState(`${name}:${name}`, 'RUNNING');
  const isDeaf = (): Promise<unknown> =>
    waitFor('the trap to be set', () => fs.existsSync(path.join(supervisord.dir, 'deaf')));
  const stop = async (...names: readonly string[]): Promise<void> => {
    await supervisor.stopProcesses(names.map((name) => `${name}:${name}`));
    for (const name of names) await supervisord.waitForState(`${name}:${name}`, 'STOPPED');
  };
  const write = (name: string, ...options: readonly string[]): void =>
    supervisord.writeConf(`${name}.conf`, conf(name, ...options));
  const groups = async (): Promise<readonly string[]> =>
    (await supervisord.processes()).map(({ group }) => group);
  const update = (change: GroupChange, ...names: readonly string[]): readonly GroupUpdate[] =>
    names.map((name) => ({ app: name as AppName, change, because: 'a test' }));

  afterEach(async () => {
    supervisor.close();
    await supervisord.stop();
  });

  it('adds, changes and removes a group', async () => {
    await begin({ same: conf('same') });
    const same = await running('same');
    write('web');
    expect(await driver.updateGroups(update('Added', 'web'))).toEqual(ok(undefined));
    const first = await running('web');

    write('web', 'environment=A="1"');
    await stop('web');
    expect(await driver.updateGroups(update('Changed', 'web'))).toEqual(ok(undefined));
    const second = await running('web');
    expect(second.pid).not.toBe(first.pid);
    await hasChange(second.pid);

    supervisord.removeConf('web.conf');
    await stop('web');
    expect(await driver.updateGroups(update('Removed', 'web'))).toEqual(ok(undefined));
    expect(await groups()).toEqual(['same']);
    expect((await running('same')).pid).toBe(same.pid);
  });

  it('does ten groups of every kind at once', async () => {
    const names = Array.from({ length: 7 }, (_, i) => `old${i}`);
    await begin(Object.fromEntries(names.map((name) => [name, conf(name)])));
    for (const name of names.slice(0, 4)) write(name, 'environment=A="1"');
    for (const name of names.slice(4)) supervisord.removeConf(`${name}.conf`);
    for (const name of ['new0', 'new1', 'new2']) write(name);
    await stop(...names);
    const result = await driver.updateGroups([
      ...update('Changed', ...names.slice(0, 4)),
      ...update('Removed', ...names.slice(4)),
      ...update('Added', 'new0', 'new1', 'new2'),
    ]);
    expect(result).toEqual(ok(undefined));
    expect(await groups()).toEqual(['new0', 'new1', 'new2', ...names.slice(0, 4)]);
    for (const name of await groups()) await running(name);
    expect(await supervisor.reloadConfig()).toEqual(ok({ added: [], changed: [], removed: [] }));
  });

  it('does nothing when given nothing, and no harm when called twice', async () => {
    await begin({ a: conf('a') });
    supervisord.writeConf('foreign.conf', conf('foreign'));
    expect(await driver.updateGroups([])).toEqual(ok(undefined));
    write('b');
    supervisord.removeConf('a.conf');
    await stop('a');
    const both = [...update('Added', 'b'), ...update('Removed', 'a')];
    expect(await driver.updateGroups(both)).toEqual(ok(undefined));
    const { pid } = await running('b');
    expect(await driver.updateGroups(both)).toEqual(ok(undefined));
    expect(await driver.updateGroups(update('Changed', 'b'))).toEqual(ok(undefined));
    expect((await running('b')).pid).toBe(pid);
    expect(await groups()).toEqual(['b']);
  });

  it('names a group that is nowhere, and does the others', async () => {
    await begin();
    write('a');
    const result = await driver.updateGroups(update('Added', 'ghost', 'a'));
    expect(result).toMatchObject({ ok: false, error: { type: 'Failed' } });
    expect(result.ok ? '' : result.error.detail).toBe('ghost: no such group');
    await running('a');
  });

  it("leaves another's pending change alone", async () => {
    await begin({ foreign: conf('foreign'), leaving: conf('leaving') });
    const { pid } = await running('foreign');
    supervisord.writeConf('foreign.conf', conf('foreign', 'environment=A="1"'));
    supervisord.writeConf('half.conf', conf('half', 'command=/half/written'));
    supervisord.removeConf('leaving.conf');
    write('mine');
    expect(await driver.updateGroups(update('Added', 'mine'))).toEqual(ok(undefined));
    await running('mine');
    expect(await groups()).toEqual(['foreign', 'leaving', 'mine']);
    expect((await running('foreign')).pid).toBe(pid);
  });

  it('fails with 92 and the place when a file is refused, without the environment', async () => {
    await begin();
    write('a');
    supervisord.writeConf('z-foreign.conf', '[program:z]\ncommand=%(ENV_NO_SUCH)s\n');
    const result = await driver.updateGroups(update('Added', 'a'));
    expect(result).toMatchObject({ ok: false, error: { type: 'Fault', faultCode: 92 } });
    const detail = result.ok ? '' : result.error.detail;
    expect(detail).toContain('z-foreign.conf');
    expect(detail).not.toContain('ENV_PATH');
    expect(await groups()).toEqual([]);
  });

  it('is not held up by a group that is still stopping: it fails, the others are done', async () => {
    await begin({ slow: conf('slow', ...stubborn), b: conf('b') });
    await isDeaf();
    await supervisor.stopProcesses(['slow:slow']);
    await supervisord.waitForState('slow:slow', 'STOPPING');
    for (const name of ['slow', 'b']) write(name, 'environment=A="1"');
    write('added');
    await stop('b');
    const began = performance.now();
    const result = await driver.updateGroups([
      ...update('Changed', 'slow', 'b'),
      ...update('Added', 'added'),
    ]);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(result).toMatchObject({ ok: false, error: { type: 'Fault', faultCode: 91 } });
    expect(result.ok ? '' : result.error.detail).toMatch(/^slow: STILL_RUNNING/);
    const { pid } = await running('b');
    await hasChange(pid);
    await running('added');
  });

  it('fails for a name that a group and a foreign program share, and does the others', async () => {
    await begin();
    // Two groups of one name, as supervisord sees it: the second cannot be added (fault 90).
    supervisord.writeConf('x.conf', '[program:same]\ncommand=sleep 1000\nstartsecs=0\n');
    supervisord.writeConf(
      'y.conf',
      '[group:same]\nprograms=other\n[program:other]\ncommand=sleep 1000\n',
    );
    write('z');
    const result = await driver.updateGroups(update('Added', 'same', 'z'));
    await running('z');
    // By RPC it is asked for once only, so there is nothing to refuse.
    if (kind === 'supervisorctl') {
      expect(result).toMatchObject({ ok: false, error: { type: 'Fault', faultCode: 90 } });
      expect(result.ok ? '' : result.error.detail).toMatch(/^same: /);
    } else expect(result).toEqual(ok(undefined));
  });

  it('says that supervisord is away, for a missing and for a stale socket', async () => {
    await begin();
    await supervisord.kill();
    const stale = await driver.updateGroups(update('Added', 'a'));
    expect(stale).toMatchObject({ ok: false, error: { type: 'Unreachable' } });
    fs.rmSync(supervisord.socketPath);
    const missing = await driver.updateGroups(update('Added', 'a'));
    expect(missing).toMatchObject({ ok: false, error: { type: 'Unreachable' } });
  });

  it('says that supervisord is shutting down', async () => {
    await begin({ slow: conf('slow', ...stubborn) });
    await isDeaf();
    await supervisord.rpc('shutdown');
    const result = await driver.updateGroups(update('Added', 'a'));
    expect(result).toMatchObject({ ok: false, error: { type: 'ShuttingDown' } });
  });

  it('gives up in time when supervisord hangs, and leaves no child', async () => {
    await begin();
    supervisord.pause();
    const began = performance.now();
    const result = await createDriver(700).updateGroups(update('Added', 'a'));
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(result).toMatchObject({ ok: false, error: { type: 'TimedOut' } });
    expect(findPidsWith('cmdline', supervisord.configPath)).toEqual([supervisord.pid]);
    supervisord.resume();
  });

  if (kind === 'rpc') {
    it('takes a group out for good only when the plan says so', async () => {
      await begin({ a: conf('a'), b: conf('b') });
      const { pid } = await running('a');
      supervisord.removeConf('a.conf');
      write('b', 'environment=A="1"');
      await stop('b');
      const result = await driver.updateGroups(update('Changed', 'a', 'b'));
      expect(result.ok ? '' : result.error.detail).toBe(
        'a: planned as Changed, but by its files it is Removed',
      );
      expect((await running('a')).pid).toBe(pid);
      await running('b');
    });
  }
});

/** RUNNING comes with the fork; the environment changes a moment later, with the exec. */
function hasChange(pid: number): Promise<unknown> {
  return waitFor('the new environment', () =>
    fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes('A=1'),
  );
}
