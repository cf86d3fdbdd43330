/** What is given to people: the same bytes from the same sources, and nothing that is not theirs. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProjectRoot } from '../support/findProjectRoot.ts';
import { createTempDir, type TempDir } from '../support/tempDir.ts';

const root = findProjectRoot();
const sources = [
  ...['src', 'streams', 'reducers', 'effects', 'docs', 'deploy'],
  ...['package.json', 'package-lock.json', '.npmrc', 'tsconfig.json', 'README.md', 'LICENSE'],
];

/** Every file of the package is one of these. */
const allowed =
  /^(?:package\.json|README\.md|LICENSE|docs\/[\w-]+\.md|deploy\/supervene\.service|dist\/(?:src|streams|reducers|effects)\/[\w/-]+\.(?:js|d\.ts))$/;

interface Packed {
  readonly sha256: string;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
  readonly dir: string;
}

/** From a copy of its own, at a path of another length. */
function pack(into: string): Packed {
  mkdirSync(into, { recursive: true });
  for (const name of sources) cpSync(join(root, name), join(into, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(into, 'node_modules'));
  const run = (command: string, ...args: readonly string[]): string =>
    execFileSync(command, args, {
      cwd: into,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  // The types were checked before; what is wanted is what comes out.
  run(process.execPath, 'node_modules/typescript/bin/tsc', '-p', 'src/tsconfig.json', '--noCheck');
  const [report] = JSON.parse(run('npm', 'pack', '--json', '--ignore-scripts')) as readonly {
    readonly filename: string;
    readonly files: Packed['files'];
  }[];
  const tarball = readFileSync(join(into, report?.filename ?? ''));
  const sha256 = createHash('sha256').update(tarball).digest('hex');
  return { sha256, files: report?.files ?? [], dir: into };
}

let temp: TempDir;
let first: Packed;
let second: Packed;
beforeAll(async () => {
  temp = await createTempDir('pack');
  first = pack(join(temp.path, 'a'));
  second = pack(join(temp.path, 'b/somewhere/else'));
}, 600_000);
afterAll(() => temp.remove());

describe('npm pack', () => {
  it('gives the same bytes from two copies of the sources', () => {
    expect(first.sha256).toBe(second.sha256);
  });

  it('takes the program, its manual and its unit along, and nothing else', () => {
    const paths = first.files.map(({ path }) => path);
    expect(paths.filter((path) => !allowed.test(path))).toEqual([]);
    for (const path of ['dist/src/main.js', 'deploy/supervene.service', 'docs/security.md']) {
      expect(paths).toContain(path);
    }
  });

  it('has no path of the machine that built it, and no secret', () => {
    for (const { path } of first.files) {
      const text = readFileSync(join(first.dir, path), 'utf8');
      expect(text.includes(temp.path) || text.includes(root), path).toBe(false);
      expect(text, path).not.toMatch(/BEGIN (?:\w+ )?PRIVATE KEY-----\n[A-Za-z0-9+/=]{20}/);
      expect(text, path).not.toMatch(/sourceMappingURL/);
    }
  });
});
