import * as fs from 'node:fs';
import * as path from 'node:path';
import { asyncScheduler } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Driver } from '../../effects/drivers/driver.ts';
import { runCommand } from '../../effects/drivers/runCommand.ts';
import { createSupervisorctlDriver } from '../../effects/drivers/supervisorctlDriver.ts';
import type { GroupChange, GroupUpdate } from '../../src/domain/plan.ts';
import { ok } from '../../src/domain/result.ts';
import type { AppName } from '../../src/domain/types.ts';
import { findPidsWith } from '../support/managedPids.ts';
import { startSupervisord, type Supervisord } from '../support/supervisord.ts';
import { waitFor } from '../support/waitFor.ts';

// What both drivers promise is in drivers.test.ts; this is what only a child process brings.
describe('createSupervisorctlDriver', () => {
  let supervisord: Supervisord;

  beforeEach(async () => {
    supervisord = await startSupervisord();
  });
  afterEach(() => supervisord.stop());

  const createDriver = (
    timeoutMs: number,
    env: Readonly<Record<string, string | undefined>> = process.env,
  ): Driver =>
    createSupervisorctlDriver(
      { scheduler: asyncScheduler, env },
      { configPath: supervisord.configPath, timeoutMs },
    );
  const update = (change: GroupChange, ...names: readonly string[]): readonly GroupUpdate[] =>
    names.map((name) => ({ app: name as AppName, change, because: 'a test' }));

  it('runs the command as written, found through PATH, with little of our environment', async () => {
    const bin = path.join(supervisord.dir, 'bin');
    shim(bin, `printf '%s\\n' "$@" > '${bin}/args'; env > '${bin}/env'`);
    const env = { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, SECRET: 'x' };
    await createDriver(5_000, env).updateGroups(update('Added', 'b', 'a', 'b'));
    expect(fs.readFileSync(`${bin}/args`, 'utf8').trim().split('\n')).toEqual([
      '-c',
      supervisord.configPath,
      'update',
      'b',
      'a',
    ]);
    expect(fs.readFileSync(`${bin}/env`, 'utf8')).not.toContain('SECRET');
  });

  it('ends all that the command has started, and survives a flood of output', async () => {
    const bin = path.join(supervisord.dir, 'bin');
    shim(bin, `sleep 4711 & sleep 4711`);
    const env = { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    const result = await createDriver(300, env).updateGroups(update('Added', 'a'));
    expect(result).toMatchObject({ error: { type: 'TimedOut' } });
    await waitFor('no sleep left', () => findPidsWith('cmdline', 'sleep\u00004711').length === 0);
    shim(bin, `head -c 3000000 /dev/zero | tr '\\0' x; echo; exit 3`);
    const flood = await createDriver(9_000, env).updateGroups(update('Added', 'a'));
    expect(flood).toMatchObject({ error: { type: 'Failed' } });
    expect(flood.ok ? 0 : flood.error.detail.length).toBeLessThan(1_000);
  });

  it('says so when there is no supervisorctl, or no configuration', async () => {
    const bare = createSupervisorctlDriver(
      {
        scheduler: asyncScheduler,
        env: {},
        runCommand: (scheduler, request) =>
          runCommand(scheduler, { ...request, command: 'supervisorctl-of-nowhere' }),
      },
      { configPath: supervisord.configPath, timeoutMs: 5_000 },
    );
    expect(await bare.updateGroups(update('Added', 'a'))).toMatchObject({
      error: { type: 'Failed', detail: expect.stringContaining('PATH') as unknown },
    });
    fs.renameSync(supervisord.configPath, `${supervisord.configPath}.away`);
    expect(await createDriver(20_000).updateGroups(update('Added', 'a'))).toMatchObject({
      error: { type: 'Failed', detail: expect.stringContaining('config file') as unknown },
    });
  });

  it('splits names that are too many for one command line', async () => {
    const names = Array.from({ length: 3_000 }, (_, i) => `ghost-${i}-`.padEnd(60, 'x'));
    const result = await createDriver(20_000).updateGroups(update('Removed', ...names));
    expect(result).toEqual(ok(undefined));
  });
});

function shim(bin: string, script: string): void {
  fs.mkdirSync(bin, { recursive: true });
  fs.writeFileSync(path.join(bin, 'supervisorctl'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
