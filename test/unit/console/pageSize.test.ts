/** What a browser loads before the page is there, as it is sent: compressed, within a budget. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

const budgetBytes = 250_000;
let built: TempDir;

beforeAll(async () => {
  built = await createTempDir('page');
  const root = findProjectRoot();
  const build = join(root, 'src/console/build.js');
  execFileSync(process.execPath, [build, `--page-out=${built.path}`], { cwd: root });
}, 120_000);
afterAll(() => built.remove());

/** The page itself, its script and style, and all that these load without being asked to. */
function firstFiles(): readonly string[] {
  const found = new Set(['index.html']);
  for (const name of found) {
    for (const other of loadedBy(name)) found.add(other);
  }
  return [...found];
}

function loadedBy(name: string): readonly string[] {
  const text = readFileSync(join(built.path, name), 'utf8');
  const loads = name.endsWith('.html')
    ? /(?:src|href)="\/([^"]+)"/g
    : name.endsWith('.css')
      ? /url\("?(?:\.\/)?([\w-]+\.\w+)"?\)/g
      : /(?:\bfrom|\bimport)\s*"\.\/([^"]+)"/g;
  return [...text.matchAll(loads)].map(([, path]) => path ?? '');
}

describe('the first load of the page', () => {
  it(`is at most ${String(budgetBytes)} bytes, compressed`, () => {
    const sizes = firstFiles().map((name) => statSync(join(built.path, `${name}.br`)).size);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(sizes.length).toBeGreaterThanOrEqual(4);
    expect(total).toBeLessThanOrEqual(budgetBytes);
  });

  it('asks no other host, and has no code or style of its own in the page', () => {
    const html = readFileSync(join(built.path, 'index.html'), 'utf8');
    expect(html).not.toMatch(/https?:|\/\/\w/);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
    for (const name of firstFiles().filter((path) => path.endsWith('.css'))) {
      expect(readFileSync(join(built.path, name), 'utf8')).not.toMatch(
        /url\(["']?(?:https?:)?\/\//,
      );
    }
  });

  it('finds every file that it names', () => {
    expect(firstFiles().filter((name) => !existsSync(join(built.path, name)))).toEqual([]);
  });
});
