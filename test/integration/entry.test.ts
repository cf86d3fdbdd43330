/** The built program as a shell meets it. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mainPath, runSupervene } from '../support/agent.ts';
import { findProjectRoot } from '../support/findProjectRoot.ts';
import { createTempDir } from '../support/tempDir.ts';

describe('the entry', () => {
  it('shows the version of package.json', async () => {
    const packageText = readFileSync(join(findProjectRoot(), 'package.json'), 'utf8');
    const { version } = JSON.parse(packageText) as { version: string };
    const outcome = { code: 0, stdout: `${version}\n`, stderr: '' };
    expect(await runSupervene(['--version'])).toEqual(outcome);
    expect(await runSupervene(['-V'])).toEqual(outcome);
  });

  it('loads next to nothing before it knows what is wanted, so that --version is fast', () => {
    const text = readFileSync(join(findProjectRoot(), 'src/main.ts'), 'utf8');
    expect([...text.matchAll(/^import .*$/gm)].map(([line]) => line)).toEqual([
      "import { readVersion } from './version.ts';",
    ]);
  });

  it('keeps text for people and for programs apart, and gives the exit code', async () => {
    const wrong = await runSupervene(['apps', '--jsno']);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('Did you mean --json?');
    const away = await runSupervene(['apps', '--json', '--etcd', 'http://127.0.0.1:1']);
    expect(away.code).toBe(1);
    expect(JSON.parse(away.stdout)).toHaveProperty('error');
  });

  it('reads standard input', async () => {
    const good = await runSupervene(['validate', '-'], { input: 'command=/bin/cat\n' });
    expect(good).toEqual({ code: 0, stdout: '', stderr: '' });
    const bad = await runSupervene(['validate', '-'], { input: 'command=/bin/cat\n[x]\n' });
    expect(bad.stdout).toMatch(/^\(standard input\):2: E_SECTION_HEADER /);
    expect(bad.code).toBe(1);
  });

  it('ends quietly when nobody reads on', async () => {
    const dir = await createTempDir('entry');
    const file = join(dir.path, 'bad.conf');
    await writeFile(file, 'comand=x\n');
    const files = Array.from({ length: 3000 }, () => file);
    const script = '"$@" | head -1; echo "${PIPESTATUS[0]}"';
    const argv = ['-c', script, 'bash', process.execPath, mainPath, 'validate', ...files];
    const [stdout, stderr] = await new Promise<readonly [string, string]>((resolve) => {
      execFile('bash', argv, (_error, out, errors) => {
        resolve([out, errors]);
      });
    });
    await dir.remove();
    expect(stdout.split('\n').slice(1)).toEqual(['0', '']);
    expect(stderr).toBe('');
  });
});
