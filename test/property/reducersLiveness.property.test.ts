/** What always comes to be once inputs stop and everything is well again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fcParams } from '../support/seed.ts';
import { pastScripts } from '../support/world/pastScripts.ts';
import { apps, heal, runScript, script, type Stage } from '../support/world/script.ts';

describe('liveness', () => {
  it('converges when inputs stop, whatever went before', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const stage = await runScript(steps);
        const { world } = stage;
        heal(world);
        await world.settle(120_000);
        const { plan, state } = world.loop.current();
        expect(plan.steps).toEqual([]);
        expect(state.running).toBeUndefined();
        for (const name of apps) expectConverged(stage, name);
      }),
      { ...fcParams(150), examples: pastScripts },
    );
  });

  it('runs the last content published of every app that can run', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const { world, operators } = await runScript(steps);
        heal(world);
        await world.settle(120_000);
        for (const name of apps) world.put(name, '/bin/ok last');
        await world.settle(60_000);
        for (const name of apps) {
          expect(world.supervisor.loaded.get(name)?.command, name).toBe('/bin/ok last');
          const state = world.process(name)?.state;
          if (!operators.maybeStopped.has(name)) expect(state, name).toBe('RUNNING');
          else expect(['RUNNING', 'STOPPED'], name).toContain(state);
          if (operators.surelyStopped.has(name)) expect(state, name).toBe('STOPPED');
        }
      }),
      { ...fcParams(150), examples: pastScripts },
    );
  });
});

function expectConverged({ world, operators }: Stage, name: string): void {
  const app = world.app(name);
  if (app === undefined) {
    expect(world.fileText(name), name).toBeUndefined();
    expect(world.supervisor.loaded.has(name), name).toBe(false);
    return;
  }
  if (app.hold !== undefined) expect(operators.maybeStopped, name).toContain(name);
  const { released } = app;
  if (released.type !== 'Wanted') return;
  const isQuarantined = app.quarantines.some(({ sha256 }) => sha256 === released.version.sha256);
  if (isQuarantined) return;
  const wantedSha256 =
    app.hold === undefined ? released.version.sha256 : released.version.heldSha256;
  expect(app.file, name).toMatchObject({ type: 'Ours', sha256: wantedSha256 });
  expect(app.loaded?.versionSha256, name).toBe(released.version.sha256);
  if (!released.version.facts.autostart) return;
  const stopped = operators.maybeStopped.has(name) ? ['STOPPED'] : [];
  for (const { group, id, state } of world.supervisor.list()) {
    if (group === name) expect(['RUNNING', 'FATAL', ...stopped], id).toContain(state);
  }
}
