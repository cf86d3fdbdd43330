/**
 * What is given to people: the same bytes from the same sources, nothing that is not theirs, and it
 * runs on a machine that has Node and nothing else: no compiler, no registry, no shell.
 */
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { type Packed, packProject, runFile, runtimePackages } from '../../support/packProject.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

const root = findProjectRoot();
const mebibyte = 1024 ** 2;
/** What it may weigh at most; docs/install.md says so. */
const budget = { packed: 8 * mebibyte, unpacked: 32 * mebibyte };

/** Of the tests of that package, as everybody gets it from the registry; nothing reads it. */
const publishedKey = 'node_modules/xmlrpc/tmp/server.key';

/** Every file of ours in the package is one of these. */
const allowed =
  /^(?:package\.json|README(?:\.zh-CN)?\.md|LICENSE|docs\/[\w-]+\.md|docs\/pictures\/[\w-]+\.(?:svg|png)|dist\/(?:src|streams|reducers|effects)\/[\w/-]+\.(?:js|d\.ts)|dist\/page\/[\w-]+\.(?:html|js|css|svg|wav)(?:\.gz|\.br)?)$/;
const examples = readdirSync(join(root, 'deploy'), { recursive: true, encoding: 'utf8' }).map(
  (path) => join('deploy', path),
);

let temp: TempDir;
let first: Packed;
let second: Packed;
beforeAll(async () => {
  temp = await createTempDir('pack');
  first = await packProject(join(temp.path, 'a'));
  second = await packProject(join(temp.path, 'b/somewhere/else'));
}, 600_000);
afterAll(() => temp.remove());

describe('npm pack', () => {
  it('gives the same bytes from two copies of the sources', () => {
    expect(first.sha256).toBe(second.sha256);
  });

  it('takes the program, its manual and its examples along, and nothing else of ours', () => {
    const ours = ownFiles().filter((path) => !examples.includes(path));
    expect(ours.filter((path) => !allowed.test(path))).toEqual([]);
    const paths = ownFiles();
    const needed = ['dist/src/main.js', 'dist/page/index.html', 'deploy/supervene.service'];
    for (const path of [...needed, 'README.zh-CN.md', 'docs/security.md']) {
      expect(paths).toContain(path);
    }
    expect(paths.filter((path) => /\.(?:pem|key|env|tgz)$|\.test\.js$/.test(path))).toEqual([]);
  });

  it('takes the packages of the lock file along that the agent runs with, and no other', () => {
    const bundled = first.files
      .map(
        ({ path }) =>
          /^((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\/package\.json$/.exec(path)?.[1],
      )
      .filter((path) => path !== undefined);
    expect([...new Set(bundled)].sort()).toEqual([...runtimePackages()].sort());
  });

  it('has no path of the machine that built it, and no secret', () => {
    for (const { path } of first.files) {
      const text = readFileSync(join(first.dir, path), 'utf8');
      expect(text.includes(temp.path) || text.includes(root), path).toBe(false);
      if (path === publishedKey) continue;
      expect(text, path).not.toMatch(/BEGIN (?:\w+ )?PRIVATE KEY-----\n[A-Za-z0-9+/=]{20}/);
      if (!path.startsWith('node_modules/')) expect(text, path).not.toMatch(/sourceMappingURL/);
    }
  });

  it('stays within its budget', () => {
    expect(first.size).toBeLessThan(budget.packed);
    expect(first.unpackedSize).toBeLessThan(budget.unpacked);
  });
});

function ownFiles(): readonly string[] {
  return first.files.map(({ path }) => path).filter((path) => !path.startsWith('node_modules/'));
}

describe('npm install of the package, with Node alone and no network', () => {
  let host: string;
  beforeAll(async () => {
    host = join(temp.path, 'host');
    mkdirSync(join(host, 'bin'), { recursive: true });
    mkdirSync(join(host, 'home'));
    symlinkSync(process.execPath, join(host, 'bin/node'));
    const npm = join(dirname(realpathSync(whereIs('npm'))), 'npm-cli.js');
    // Nothing listens there: whatever is not in the tarball is not to be had.
    const nowhere = ['--registry=http://127.0.0.1:9', '--fetch-retries=0', '--no-audit'];
    const flags = ['--ignore-scripts', '--omit=dev', ...nowhere];
    await run([npm, 'install', ...flags, first.tarball]);
  }, 600_000);

  /** With a PATH on which nothing is but node. */
  async function run(argv: readonly string[], program = process.execPath): Promise<string> {
    const env = { PATH: join(host, 'bin'), HOME: join(host, 'home') };
    return (await runFile(program, argv, { cwd: host, env })).stdout;
  }
  const supervene = (...argv: readonly string[]): Promise<string> =>
    run(argv, join(host, 'node_modules/.bin/supervene'));

  it('gives a command that says its version and lists what it can do', async () => {
    expect(await supervene('--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await supervene('--help')).toContain('publish [options] <APP>');
  });

  it('checks content, and rehearses a cluster', async () => {
    writeFileSync(join(host, 'web.conf'), 'command=/srv/web\nstartsecs=2\n');
    expect(await supervene('validate', 'web.conf')).toBe('');
    writeFileSync(join(host, 'bad.conf'), 'comand=/srv/web\n');
    const refused = { code: 1, stdout: expect.stringContaining('E_') as unknown };
    await expect(supervene('validate', 'bad.conf')).rejects.toMatchObject(refused);
    const small = ['--hosts', '2', '--apps', '3', '--events', '100', '--faults', 'none'];
    expect(await supervene('simulate', '--seed', '1', ...small)).toContain('invariants');
  });

  it('can be imported by the tests of others', async () => {
    const script =
      "import('supervene/simulate').then((names) => console.log(typeof names.simulate))";
    expect(await run(['-e', script])).toBe('function\n');
  });

  it('brings the units and the examples to where the pages of docs find them', () => {
    const installed = join(host, 'node_modules/supervene');
    for (const name of ['deploy/supervene.service', 'deploy/supervene-console.service']) {
      const unit = readFileSync(join(installed, name), 'utf8');
      expect(unit).toBe(readFileSync(join(root, name), 'utf8'));
    }
  });
});

function whereIs(command: string): string {
  return execFileSync('/bin/sh', ['-c', `command -v ${command}`], { encoding: 'utf8' }).trim();
}
