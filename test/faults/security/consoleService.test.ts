/**
 * The console as its systemd unit runs it, as far as that can be seen without systemd: as a user that
 * is not root, without capabilities, with nothing to write to but its own folder.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mainPath } from '../../support/agent.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { freePort } from '../../support/freePort.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

const unit = readFileSync(join(findProjectRoot(), 'deploy/supervene-console.service'), 'utf8');
const page = readFileSync(join(findProjectRoot(), 'docs/console.md'), 'utf8');

function isThere(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}

let temp: TempDir;
let child: ChildProcess | undefined;
beforeEach(async () => {
  temp = await createTempDir('conunit');
});
afterEach(async () => {
  child?.kill('SIGKILL');
  child = undefined;
  await temp.remove();
});

describe('the unit of the console', () => {
  it('is understood by systemd, and exposed to at most 1.1, as docs/console.md says', (ctx) => {
    if (!isThere('systemd-analyze')) ctx.skip('systemd-analyze is not installed');
    const path = join(temp.path, 'supervene-console.service');
    writeFileSync(path, unit.replace('/usr/local/bin/supervene console', '/bin/true'));
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', path], {
      encoding: 'utf8',
    });
    // What is said of the units of this machine is not said of ours.
    expect(verified.stderr.split('\n').filter((line) => line.includes('supervene'))).toEqual([]);
    const security = ['security', '--offline=true', '--no-pager', path];
    const { stdout } = spawnSync('systemd-analyze', security, { encoding: 'utf8' });
    const score = /exposure level for supervene-console\.service: ([\d.]+)/.exec(stdout)?.[1];
    expect(Number(score)).toBeGreaterThan(0);
    expect(Number(score)).toBeLessThanOrEqual(1.1);
    expect(page).toContain('**1.1**');
  });

  it('names a user, and the files that docs/console.md names', () => {
    for (const line of ['User=supervene-console', 'StateDirectory=supervene-console']) {
      expect(unit).toContain(`\n${line}\n`);
    }
    expect(page).toContain('useradd --system --home-dir /var/lib/supervene-console');
    expect(/^ExecStart=.* (\/\S+)$/m.exec(unit)?.[1]).toBe('/etc/supervene/console.toml');
    expect(page).toContain('users = "/var/lib/supervene-console/users.json"');
  });

  it('has rights enough: not root, no capability, its own folder', async (ctx) => {
    if (process.geteuid?.() !== 0) ctx.skip('only root can become somebody else');
    if (!isThere('setpriv')) ctx.skip('setpriv is not installed');
    const state = join(temp.path, 'state');
    mkdirSync(state, { mode: 0o700 });
    chmodSync(temp.path, 0o755);
    chownSync(state, 12_345, 12_345);
    const port = await freePort();
    const settings = join(temp.path, 'console.toml');
    const users = join(state, 'users.json');
    writeFileSync(
      settings,
      `[etcd]\nendpoints = ["http://127.0.0.1:1"]\n` +
        `[console]\nlisten = "127.0.0.1:${String(port)}"\nusers = "${users}"\n`,
    );
    chownSync(settings, 0, 12_345);
    chmodSync(settings, 0o640);
    const nobody = ['--reuid=12345', '--regid=12345', '--clear-groups', '--no-new-privs'];
    const without = [...nobody, '--bounding-set=-all', '--inh-caps=-all'];
    const command = [process.execPath, mainPath, 'console', '--config', settings];
    const started = spawn('setpriv', [...without, ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/bin:/bin' },
    });
    child = started;
    let said = '';
    for (const stream of [started.stdout, started.stderr]) {
      stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    }
    await waitFor('the address for the first user', () => {
      if (started.exitCode !== null) throw new Error(said);
      return said.includes('#set-up=');
    });
    const key = statSync(`${users}.key`);
    expect([key.uid, key.mode & 0o777]).toEqual([12_345, 0o600]);
  });
});
