/** The real conf files over the model file system, crashed at every call. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfFiles, createConfFiles } from '../../../effects/confFiles.ts';
import { type FileDeps } from '../../../src/clients/fileSystem.ts';
import { type AppName } from '../../../src/domain/types.ts';
import { createRng } from '../../../src/simulate/kernel/rng.ts';
import { writeStep } from '../../support/confStep.ts';
import { fcParams } from '../../support/seed.ts';
import { type CrashPlan, createSimulatedDisk, type Life } from '../../support/simulatedDisk.ts';

const confDir = '/etc/supervisor/conf.d';
const pathOf = (app: string): string => `${confDir}/${app}.supervene.conf`;
const over = (files: FileDeps): ConfFiles =>
  createConfFiles({ confDir, mode: 0o600, uid: undefined, gid: undefined }, files);

/** More than a page, so that a file can be torn within. */
const oldBody = '[program:x]\ncommand=old\n'.padEnd(5_000, 'o');
const newBody = '[program:x]\ncommand=new\n'.padEnd(9_000, 'n');
const oldText = (app: string): string => writeStep(app, oldBody).text;
const newText = (app: string): string => writeStep(app, newBody).text;

/** `changed` and `removed` are there at the start, `added` is not. */
const apps = ['changed', 'added', 'removed', 'bystander'];
const writes = ['changed', 'added'].map((app) => writeStep(app, newBody));
const removals = [{ type: 'RemoveFile' as const, app: 'removed' as AppName, because: '' }];

async function prepare() {
  const disk = createSimulatedDisk();
  disk.model.mkdir(confDir, 0o755);
  disk.model.syncAll();
  const life = disk.beginLife();
  const first = over(life.files).writeAll(
    ['changed', 'removed', 'bystander'].map((app) => writeStep(app, oldBody)),
  );
  await disk.settle(life, first);
  return disk;
}

type Disk = Awaited<ReturnType<typeof prepare>>;

/** What each app's file may hold; undefined: it may be absent. */
const allowed: ReadonlyMap<string, readonly (string | undefined)[]> = new Map([
  ['changed', [oldText('changed'), newText('changed')]],
  ['added', [undefined, newText('added')]],
  ['removed', [oldText('removed'), undefined]],
  ['bystander', [oldText('bystander')]],
]);

function textOf({ model }: Disk, app: string): string | undefined {
  const names = model.readdir(confDir);
  return names.includes(`${app}.supervene.conf`) ? model.readText(pathOf(app)) : undefined;
}

function expectWhole(disk: Disk): void {
  for (const app of apps) {
    const text = textOf(disk, app);
    if (allowed.get(app)?.includes(text) !== true) {
      throw new Error(
        `${app} holds ${String(text?.length)} bytes that nobody wrote: ${text?.slice(0, 60) ?? ''}`,
      );
    }
  }
}

async function changeAll(disk: Disk, life: Life) {
  const files = over(life.files);
  return disk.settle(
    life,
    (async () => [...(await files.writeAll(writes)), ...(await files.removeAll(removals))])(),
  );
}

/** A new life: sweeps, does the work again, and all is as it should be, for ever. */
async function recover(disk: Disk, seed: string): Promise<void> {
  const life = disk.beginLife();
  expect((await disk.settle(life, over(life.files).sweepTemporaries()))?.errors).toEqual([]);
  const left = disk.model.readdir(confDir).filter((name) => !name.endsWith('.supervene.conf'));
  expect(left).toEqual([]);
  const outcomes = await changeAll(disk, life);
  expect(outcomes?.map(({ type }) => type)).toEqual(['FileWritten', 'FileWritten', 'FileRemoved']);
  disk.model.crash(createRng(seed));
  expect(apps.map((app) => textOf(disk, app))).toEqual([
    newText('changed'),
    newText('added'),
    undefined,
    oldText('bystander'),
  ]);
}

const powerCutsEach = 25;

describe('safety: conf files and crashes', () => {
  it('are absent, old or new, whichever call is the last one', async () => {
    const calm = await prepare();
    const life = calm.beginLife();
    await changeAll(calm, life);
    // Every way ends somewhere: the number of calls is known from the one that does not crash.
    expect(life.calls.length).toBeGreaterThan(5);
    for (const [atCall] of life.calls.entries()) {
      for (const when of ['before', 'after'] as const) {
        for (let cut = -1; cut < powerCutsEach; cut++) {
          const seed = `${when} ${String(atCall)} ${String(cut)}`;
          const how = cut === -1 ? 'Kill' : 'PowerCut';
          const disk = await prepare();
          const plan: CrashPlan = { atCall, when, how, rng: createRng(seed) };
          await changeAll(disk, disk.beginLife(plan));
          expectWhole(disk);
          await recover(disk, seed);
        }
      }
    }
  });

  it('are what was said of them, whatever calls fail, for ever', async () => {
    const type = fc.constantFrom('open', 'write', 'sync', 'rename', 'close', 'chmod', 'unlink');
    const fault = fc.record({
      types: fc.tuple(type as fc.Arbitrary<'open'>),
      errno: fc.constantFrom('EIO', 'ENOSPC', 'EROFS'),
      after: fc.nat(6),
      times: fc.integer({ min: 1, max: 2 }),
    });
    const latencies = fc.option(fc.nat(5), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { maxLength: 3 }),
        fc.nat(),
        latencies,
        fc.constantFrom('whole' as const, 'short' as const),
        fc.option(fc.nat(25), { nil: undefined }),
        async (list, number, latencyMaxMs, kind, atCall) => {
          const disk = await prepare();
          const rng = createRng(String(number));
          const latency = rng.fork('latency');
          const latencyMs =
            latencyMaxMs === undefined ? undefined : () => latency.below(latencyMaxMs + 1);
          disk.faults.writes = kind;
          for (const one of list) disk.faults.fail(one);
          const plan: CrashPlan | undefined =
            atCall === undefined ? undefined : { atCall, when: 'before', how: 'PowerCut', rng };
          const life = disk.beginLife(plan, latencyMs);
          const outcomes = await changeAll(disk, life);
          life.end();
          disk.model.crash(rng);
          expectWhole(disk);
          for (const outcome of outcomes ?? []) {
            if (outcome.type === 'FileWritten') {
              expect(textOf(disk, outcome.app)).toBe(newText(outcome.app));
            } else if (outcome.type === 'FileRemoved') {
              expect(textOf(disk, outcome.app)).toBe(undefined);
            }
          }
          disk.faults.clear();
          await recover(disk, String(number));
        },
      ),
      fcParams(400),
    );
  });

  it('stay what they were where there is no room', async () => {
    const disk = await prepare();
    disk.model.setCapacity(disk.model.usedBytes() + 4096);
    const life = disk.beginLife();
    const outcomes = await changeAll(disk, life);
    expect(outcomes?.map(({ type }) => type)).toEqual(['FileFailed', 'FileFailed', 'FileRemoved']);
    expectWhole(disk);
    expect(disk.model.readdir(confDir).sort()).toEqual([
      'bystander.supervene.conf',
      'changed.supervene.conf',
    ]);
    disk.model.setCapacity(undefined);
    await recover(disk, 'room again');
  });
});
