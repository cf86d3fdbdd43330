/** The control socket, spoken to as the commands do. */
import { linkSync, lstatSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { err, ok } from '../../../src/domain/result.ts';
import { createControlServer } from '../../../src/http/controlServer.ts';
import { runCliHere } from '../../support/fakeCommandIo.ts';
import { type TempDir, createTempDir } from '../../support/tempDir.ts';

let dir: TempDir;
const closers: (() => Promise<void>)[] = [];
beforeEach(async () => {
  dir = await createTempDir('control');
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await dir.remove();
});

async function start(
  hostId = 'web1',
): Promise<{ readonly socketPath: string; readonly calls: string[] }> {
  const socketPath = join(dir.path, 'control.sock');
  const calls: string[] = [];
  const server = await createControlServer(
    {
      hostId,
      retry: (app, by) => {
        calls.push(`retry ${app} by ${by}`);
        return app === 'web' ? ok({}) : err({ status: 404, error: 'no such app here' });
      },
      confirm: (by) => {
        calls.push(`confirm by ${by}`);
        return ok({ host: hostId });
      },
      stateJson: () => ({ desired: [] }),
    },
    { socketPath },
  );
  if (!server.ok) throw new Error(server.error);
  closers.push(server.value.close);
  return { socketPath, calls };
}

/** Nothing listens there. */
const noEtcd = ['--etcd', 'http://127.0.0.1:1'];

describe('createControlServer', () => {
  it('hands retry and confirm on with who asked', async () => {
    const { calls } = await start();
    const env = { USER: 'ann' };
    const retry = await runCliHere(['retry', 'web', '--journal', dir.path], { env });
    expect(retry).toEqual({ code: 0, stdout: 'web: the agent of web1 tries again\n', stderr: '' });
    const confirm = await runCliHere(['confirm', 'web1', '--json', '--journal', dir.path], { env });
    expect(JSON.parse(confirm.stdout)).toEqual({ host: 'web1', confirmed: true });
    expect(calls).toEqual(['retry web by ann', 'confirm by ann']);
  });

  it('confirms nothing here for a host that somebody takes this one for, and names its own', async () => {
    const { calls } = await start('web2');
    const named = await runCliHere(['confirm', 'web1', '--journal', dir.path, ...noEtcd]);
    expect(named.code).toBe(1);
    expect(calls).toEqual([]);
    const slip = await runCliHere(['confirm', '--host', 'web1', '--journal', dir.path]);
    expect(slip.code).toBe(2);
    expect(calls).toEqual([]);
    const here = await runCliHere(['confirm', '--journal', dir.path]);
    expect(here.stdout).toBe('web2: the removals that are held may happen\n');
  });

  it('passes the refusal of an unknown app on, with exit code 1', async () => {
    await start();
    const { code, stderr } = await runCliHere(['retry', 'wbe', '--journal', dir.path]);
    expect(code).toBe(1);
    expect(stderr).toContain('wbe: no such app here');
  });

  it('is open to its owner only, and takes the place of a socket left behind', async () => {
    const { socketPath } = await start();
    expect(lstatSync(socketPath).mode & 0o777).toBe(0o600);
    // As a process that was killed leaves it.
    linkSync(socketPath, `${socketPath}.left`);
    for (const close of closers.splice(0)) await close();
    renameSync(`${socketPath}.left`, socketPath);
    await start();
    expect(await runCliHere(['confirm', '--journal', dir.path])).toMatchObject({ code: 0 });
  });

  it('leaves a file in its place alone and says so', async () => {
    const socketPath = join(dir.path, 'control.sock');
    writeFileSync(socketPath, 'mine');
    const deps = {
      hostId: 'web1',
      retry: () => ok({}),
      confirm: () => ok({}),
      stateJson: () => ({}),
    };
    const server = await createControlServer(deps, { socketPath });
    expect(server).toMatchObject({ ok: false, error: expect.stringContaining('not a socket') });
  });

  it('refuses a path that the system would cut off', async () => {
    const deps = {
      hostId: 'web1',
      retry: () => ok({}),
      confirm: () => ok({}),
      stateJson: () => ({}),
    };
    const server = await createControlServer(deps, { socketPath: `/tmp/${'x'.repeat(120)}` });
    expect(server).toMatchObject({ ok: false, error: expect.stringContaining('too long') });
  });
});
