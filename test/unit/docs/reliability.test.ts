import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProjectRoot } from '../../support/findProjectRoot.ts';

/**
 * docs/reliability.md has one line for each fault that was thought of: which test shows what happens,
 * or why none does. Titles of tests begin with the rows they show: `A2: …`, `A2, B1: …`.
 */
const root = findProjectRoot();
const doc = join(root, 'docs/reliability.md');
const rowCounts = { A: 25, B: 21, C: 14, D: 16, E: 25 };

interface Row {
  readonly id: string;
  readonly cells: readonly string[];
  /** Paths of tests, from the root. */
  readonly tests: readonly string[];
}

function readRows(): readonly Row[] {
  const lines = readFileSync(doc, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const id = /^[A-E]\d+$/.exec(cells[1] ?? '')?.[0];
    if (id === undefined) return [];
    const links = [...line.matchAll(/\]\(([^)]+)\)/g)].map(([, path = '']) => path);
    const tests = links.map((path) => join(dirname('docs/x'), path));
    return [{ id, cells: cells.slice(2, -1), tests }];
  });
}

/** By row, the test files that name it: in a title, or in a table that titles are made of. */
function readTitles(): ReadonlyMap<string, ReadonlySet<string>> {
  const filesByRow = new Map<string, Set<string>>();
  for (const file of testFiles()) {
    const names = readFileSync(join(root, file), 'utf8').matchAll(
      /['"`]((?:[A-E]\d+(?:, | and )?)+)(?=['"`]|: )/g,
    );
    for (const [, start = ''] of names) {
      for (const [id] of start.matchAll(/[A-E]\d+/g)) {
        filesByRow.set(id, (filesByRow.get(id) ?? new Set()).add(file));
      }
    }
  }
  return filesByRow;
}

function testFiles(): readonly string[] {
  return ['faults', 'integration'].flatMap((suite) =>
    readdirSync(join(root, 'test', suite), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.startsWith('support'))
      .map((name) => join('test', suite, name)),
  );
}

describe('docs/reliability.md', () => {
  const rows = readRows();
  const titles = readTitles();

  it('has every fault once', () => {
    const wanted = Object.entries(rowCounts).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, index) => `${letter}${String(index + 1)}`),
    );
    expect(rows.map(({ id }) => id)).toEqual(wanted);
  });

  it('names tests that are there and name the fault, or says why there is none', () => {
    for (const { id, cells, tests } of rows) {
      const result = cells.at(-1) ?? '';
      if (tests.length === 0) expect(result, id).toMatch(/^(?:not tested|in parts): .{20,}/);
      for (const path of tests) {
        expect(existsSync(join(root, path)), `${id}: ${path}`).toBe(true);
        if (path.includes('faults') || path.includes('integration')) {
          expect([...(titles.get(id) ?? [])], `${id} in titles`).toContain(path);
        }
      }
    }
  });

  it('knows every test of a fault', () => {
    const told = new Map(rows.map(({ id, tests }) => [id, tests]));
    for (const [id, files] of titles) {
      expect([...(told.get(id) ?? [])].sort(), id).toEqual(expect.arrayContaining([...files]));
    }
  });
});
