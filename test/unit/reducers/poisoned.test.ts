/** A file of ours that supervisord refuses stops the updates of all apps: it must not stay. */
import { describe, expect, it } from 'vitest';
import { createWorld, type World } from '../../support/world/world.ts';

const isPoison = (file: string): boolean => file.includes('poison');

/** The only version of `bad` ever written is one that supervisord refuses, and nobody knows yet. */
async function writtenUnseen(): Promise<World> {
  const world = createWorld(undefined, isPoison);
  for (const name of ['one', 'two', 'three', 'four']) world.put(name, '/bin/ok');
  await world.settle();
  world.faults.names = 'File';
  world.put('bad', '/bin/poison');
  world.power(false);
  await world.pass(100);
  expect(world.fileText('bad')).toContain('poison');
  return world;
}

async function expectFreed(world: World): Promise<void> {
  world.put('good', '/bin/ok');
  world.power(true);
  await world.settle();
  expect(world.fileText('bad')).toBeUndefined();
  expect(world.process('good')?.state).toBe('RUNNING');
}

describe('a file that supervisord refuses is taken back', () => {
  it('though half of its keys are gone', async () => {
    const world = await writtenUnseen();
    world.putRaw('bad', { ips: '10.0.0.1' });
    await expectFreed(world);
  });

  it('though its newer content is refused', async () => {
    const world = await writtenUnseen();
    world.putRaw('bad', { ips: '10.0.0.1', content: '[program:x]\ncommand=x' });
    await expectFreed(world);
  });

  it('though the host lost the address that it is placed by', async () => {
    const world = await writtenUnseen();
    world.put('bad', '/bin/poison', { ips: '10.0.0.7' });
    world.identify({ addresses: ['10.0.0.1', '10.0.0.7'] });
    world.identify({ addresses: ['10.0.0.1'] });
    expect(world.heldCodes()).toContain('IdentityLost');
    await expectFreed(world);
  });

  it('though another file was refused before it, and is mended now', async () => {
    const world = createWorld(undefined, isPoison);
    world.faults.foreign = { file: '/etc/supervisor/conf.d/other.conf', detail: 'bad' };
    world.put('bad', '/bin/poison');
    await world.settle();
    expect(world.heldCodes()).toContain('ForeignConfBroken');
    world.put('bad', '/bin/ok');
    await world.settle();
    expect(world.fileText('bad')).toContain('poison');
    world.faults.foreign = undefined;
    await world.settle();
    expect(world.process('bad')?.state).toBe('RUNNING');
    expect(world.heldCodes()).toEqual([]);
  });

  it('but not from a directory that cannot be read', async () => {
    const world = await writtenUnseen();
    world.putRaw('bad', { ips: '10.0.0.1' });
    world.power(true);
    world.dispatch({ type: 'ConfDirLost', detail: 'gone' });
    const before = world.plans.length;
    await world.settle();
    const steps = world.plans.slice(before).flatMap((plan) => plan.steps);
    expect(steps.map(({ type }) => type)).not.toContain('RemoveFile');
    expect(world.fileText('bad')).toContain('poison');
  });

  it('though its removal waits for a word', async () => {
    const world = await writtenUnseen();
    world.replaceEtcd({ clusterId: '2', apps: {} });
    world.power(true);
    await world.settle();
    expect(world.fileText('bad')).toBeUndefined();
    expect(world.heldCodes()).toContain('RemovalUnconfirmed');
    for (const name of ['one', 'two', 'three', 'four']) {
      expect(world.fileText(name)).toBeDefined();
      expect(world.process(name)?.state).toBe('RUNNING');
    }
  });

  it('though its newer content is refused by the host', async () => {
    const world = await writtenUnseen();
    world.faults.refusedByHost.add('bad');
    world.put('bad', '/bin/ok', { extra: 'user=nobody\n' });
    await expectFreed(world);
    expect(world.heldCodes()).toContain('Quarantined');
  });
});
