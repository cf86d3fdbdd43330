/**
 * `supervene/simulate` as somebody else's project finds it: packed, installed, imported by name, with
 * its types; and the example of docs/simulation.md, as it stands there.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { runFile } from '../../support/packProject.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

const root = findProjectRoot();
const timeoutMs = 180_000;

let temp: TempDir;
let installed: string;
beforeAll(async () => {
  temp = await createTempDir('package');
  // What `npm install` makes of the package, which brings its dependencies along.
  const flags = ['--ignore-scripts', '--silent', '--pack-destination', temp.path];
  await runFile('npm', ['pack', ...flags], { cwd: root });
  const [archive = ''] = readdirSync(temp.path).filter((name) => name.endsWith('.tgz'));
  installed = join(temp.path, 'node_modules/supervene');
  mkdirSync(installed, { recursive: true });
  await runFile('tar', ['-xzf', join(temp.path, archive), '-C', installed, '--strip-components=1']);
}, timeoutMs);
afterAll(() => temp.remove());

async function run(...argv: readonly string[]): Promise<string> {
  // The runner of these tests must not be mistaken for the one of the example.
  const env = { PATH: process.env['PATH'] };
  return (await runFile(process.execPath, argv, { cwd: temp.path, env })).stdout;
}

describe('the package', () => {
  it(
    'runs the example of docs/simulation.md',
    async () => {
      const text = readFileSync(join(root, 'docs/simulation.md'), 'utf8');
      const [, example = ''] = /```js\n(.*?)```/s.exec(text) ?? [];
      expect(example).toContain("from 'supervene/simulate'");
      writeFileSync(join(temp.path, 'example.test.mjs'), example);
      const report = await run('--test', '--test-reporter=tap', 'example.test.mjs');
      expect(report).toMatch(/^# pass 2$/m);
      expect(report).toMatch(/^# fail 0$/m);
    },
    timeoutMs,
  );

  it(
    'has types that a strict compiler accepts',
    async () => {
      writeFileSync(join(temp.path, 'typed.mts'), typed);
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      const types = ['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node'];
      const flags = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2023'];
      expect(await run(tsc, ...flags, '--module', 'nodenext', ...types, 'typed.mts')).toBe('');
    },
    timeoutMs,
  );

  it('still is the command', async () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      readonly version: string;
      readonly bin: { readonly supervene: string };
    };
    const main = join(installed, manifest.bin.supervene);
    expect(await run(main, '--version')).toBe(`${manifest.version}\n`);
    const small = ['--hosts', '1', '--apps', '2', '--events', '50', '--faults', 'none'];
    expect(await run(main, 'simulate', '--seed', '1', ...small)).toContain(
      `supervene ${manifest.version}:`,
    );
  });
});

const typed = `
import { createCluster, simulate, type Action, type Cluster, type Violation } from 'supervene/simulate';
const cluster: Cluster = createCluster({ hosts: 2, reconcile: { quietMs: 5 } });
export const violations: readonly Violation[] = cluster.violations;
export const codes: readonly string[] = cluster.hosts.flatMap((host) => host.held().map((held) => held.code));
export const cut: Action = { type: 'CutPower', host: 0, atCall: 0, downMs: 5 };
// @ts-expect-error: nothing of the kind
cluster.perform({ type: 'Explode' });
export const result = await simulate({ seed: '1', hosts: 1, apps: 1, events: 1, faults: ['power-cut'] });
`;
