/** What test/integration/drivers.test.ts asks of both drivers, asked of them over the model. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Driver } from '../../../../effects/drivers/driver.ts';
import { createRpcDriver } from '../../../../effects/drivers/rpcDriver.ts';
import { createSupervisorctlDriver } from '../../../../effects/drivers/supervisorctlDriver.ts';
import type { GroupChange, GroupUpdate } from '../../../../src/domain/plan.ts';
import { ok } from '../../../../src/domain/result.ts';
import type { AppName, ProcessStatus } from '../../../../src/domain/types.ts';
import type { SupervisordClient } from '../../../../src/simulate/model/supervisordClient.ts';
import { createModelHost, type ModelHost } from '../../../support/fidelity/modelHost.ts';
import { conf } from '../../../support/programConf.ts';

describe.each(['supervisorctl', 'rpc'] as const)('driver %s over the model', (kind) => {
  let host: ModelHost;
  let client: SupervisordClient;
  let driver: Driver;

  const begin = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) host.files.set(`${name}.conf`, conf(name));
    host.model.start();
    await host.pass(3_000);
    for (const name of names) expect(host.state(`${name}:${name}`)).toBe('RUNNING');
  };
  beforeEach(() => {
    host = createModelHost();
    client = host.connect();
    const { scheduler } = host;
    driver =
      kind === 'rpc'
        ? createRpcDriver({ ...client.supervisor, scheduler }, { timeoutMs: 20_000 })
        : createSupervisorctlDriver(
            { scheduler, env: {}, runCommand: client.runCommand },
            { configPath: '/etc/supervisord.conf', timeoutMs: 20_000 },
          );
  });
  const write = (name: string, ...options: readonly string[]): void =>
    void host.files.set(`${name}.conf`, conf(name, ...options));
  const stop = async (...names: readonly string[]): Promise<void> => {
    await host.settled(client.supervisor.stopProcesses(names.map((name) => `${name}:${name}`)));
    await host.pass(10);
    for (const name of names) expect(host.state(`${name}:${name}`)).toBe('STOPPED');
  };
  const update = (change: GroupChange, ...names: readonly string[]): readonly GroupUpdate[] =>
    names.map((name) => ({ app: name as AppName, change, because: 'a test' }));
  const apply = (...groups: readonly GroupUpdate[]) => host.settled(driver.updateGroups(groups));
  const groups = (): readonly string[] => [...new Set(host.model.list().map(({ group }) => group))];
  const running = async (name: string): Promise<ProcessStatus | undefined> => {
    await host.pass(3_000);
    return host.model.list().find(({ group, state }) => group === name && state === 'RUNNING');
  };

  it('adds, changes and removes a group', async () => {
    await begin('same');
    const same = await running('same');
    write('web');
    expect(await apply(...update('Added', 'web'))).toEqual(ok(undefined));
    const first = await running('web');
    write('web', 'environment=A="1"');
    await stop('web');
    expect(await apply(...update('Changed', 'web'))).toEqual(ok(undefined));
    expect((await running('web'))?.pid).toBeGreaterThan(first?.pid ?? 0);
    host.files.delete('web.conf');
    await stop('web');
    expect(await apply(...update('Removed', 'web'))).toEqual(ok(undefined));
    expect(groups()).toEqual(['same']);
    expect(await running('same')).toEqual(same);
  });

  it('does groups of every kind at once', async () => {
    await begin('old0', 'old1', 'old2');
    write('old0', 'environment=A="1"');
    host.files.delete('old1.conf');
    write('new0');
    write('new1');
    await stop('old0', 'old1');
    const all = [...update('Changed', 'old0'), ...update('Removed', 'old1')];
    expect(await apply(...all, ...update('Added', 'new0', 'new1'))).toEqual(ok(undefined));
    expect(groups()).toEqual(['new0', 'new1', 'old0', 'old2']);
    for (const name of groups()) expect(await running(name)).toBeDefined();
    const nothing = { added: [], changed: [], removed: [] };
    expect(await host.settled(client.supervisor.reloadConfig())).toEqual(ok(nothing));
  });

  it('does nothing when given nothing, and no harm when called twice', async () => {
    await begin('a');
    write('foreign');
    expect(await apply()).toEqual(ok(undefined));
    write('b');
    host.files.delete('a.conf');
    await stop('a');
    const both = [...update('Added', 'b'), ...update('Removed', 'a')];
    expect(await apply(...both)).toEqual(ok(undefined));
    const before = await running('b');
    expect(await apply(...both)).toEqual(ok(undefined));
    expect(await running('b')).toEqual(before);
    expect(groups()).toEqual(['b']);
  });

  it('names a group that is nowhere, and does the others', async () => {
    await begin();
    write('a');
    const result = await apply(...update('Added', 'ghost', 'a'));
    expect(result.ok ? '' : result.error.detail).toBe('ghost: no such group');
    expect(await running('a')).toBeDefined();
  });

  it('fails with 92 and the place when a file is refused', async () => {
    await begin();
    write('a');
    host.files.set('z-foreign.conf', '[program:z]\ncommand=%(ENV_NO_SUCH)s\n');
    const result = await apply(...update('Added', 'a'));
    expect(result).toMatchObject({ ok: false, error: { type: 'Fault', faultCode: 92 } });
    expect(result.ok ? '' : result.error.detail).toContain('/etc/conf.d/z-foreign.conf');
    expect(groups()).toEqual([]);
  });

  it('is not held up by a group that is still stopping: it fails, the others are done', async () => {
    host.files.set('slow.conf', conf('slow', 'command=behave stop=ignore', 'stopwaitsecs=60'));
    await begin('b');
    await host.settled(client.supervisor.stopProcesses(['slow:slow']));
    host.files.set('slow.conf', conf('slow'));
    write('b', 'environment=A="1"');
    write('added');
    await stop('b');
    const result = await apply(...update('Changed', 'slow', 'b'), ...update('Added', 'added'));
    expect(result).toMatchObject({ ok: false, error: { type: 'Fault', faultCode: 91 } });
    expect(result.ok ? '' : result.error.detail).toMatch(/^slow: STILL_RUNNING/);
    expect(await running('b')).toBeDefined();
    expect(await running('added')).toBeDefined();
  });

  it('says that supervisord is away, shutting down, or hangs', async () => {
    await begin('a');
    host.model.kill();
    const stale = await apply(...update('Added', 'a'));
    expect(stale).toMatchObject({ ok: false, error: { type: 'Unreachable' } });
    host.files.set('a.conf', conf('a', 'command=behave stop=ignore'));
    host.model.start();
    await host.pass(3_000);
    host.model.calls.shutdown();
    const ending = await apply(...update('Added', 'a'));
    expect(ending).toMatchObject({ ok: false, error: { type: 'ShuttingDown' } });
    await host.pass(20_000);
    const missing = await apply(...update('Added', 'a'));
    expect(missing).toMatchObject({ ok: false, error: { type: 'Unreachable' } });
    host.model.start();
    host.model.hang();
    const hung = await apply(...update('Added', 'a'));
    expect(hung).toMatchObject({ ok: false, error: { type: 'TimedOut' } });
  });
});
