/**
 * House rules that no other tool looks after: small files, finished files, one way to export, and a
 * top level that stays as it is. A file that must be longer is named here, with its reason.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const production = ['src', 'streams', 'reducers', 'effects'];
const lineLimit = 300;
/** Path to a limit of its own; the numbers may only go down. */
const longer: ReadonlyMap<string, number> = new Map([]);

const topLevel = [
  'package.json tsconfig.json src streams reducers effects test docker-compose.yml README.md',
  'README.zh-CN.md',
  'bench docs deploy',
  // What tools and a licence force there.
  '.ci .dockerignore .gitignore .npmrc .prettierignore LICENSE package-lock.json',
  // Made by tools, never committed.
  '.git dist node_modules',
].flatMap((line) => line.split(' '));

interface SourceFile {
  readonly path: string;
  readonly lines: readonly string[];
}

const sources: readonly SourceFile[] = [...production, 'test', 'bench']
  .flatMap(listTypeScript)
  .map((path) => ({ path, lines: readFileSync(join(root, path), 'utf8').split('\n') }));
const productionSources = sources.filter(({ path }) =>
  production.some((folder) => path.startsWith(`${folder}/`)),
);

describe('the source', () => {
  it('is found', () => {
    expect(productionSources.length).toBeGreaterThan(5);
  });

  it(`has no production file above ${lineLimit} lines`, () => {
    const tooLong = productionSources
      .map(({ path, lines }) => ({ path, length: lines.length - 1 }))
      .filter(({ path, length }) => length > (longer.get(path) ?? lineLimit))
      .map(({ path, length }) => `${path} has ${length}`);
    expect(tooLong).toEqual([]);
  });

  it('leaves no note of unfinished work', () => {
    expect(linesMatching(sources, new RegExp(['TO', 'DO|FIX', 'ME|XX', 'X\\b'].join('')))).toEqual(
      [],
    );
  });

  it('has no test that is skipped or runs alone', () => {
    const tests = sources.filter(({ path }) => path.startsWith('test/'));
    expect(linesMatching(tests, /\b(?:it|test|describe)\.(?:only|skip|todo)\b/)).toEqual([]);
  });

  it('exports by name only', () => {
    const others = sources.filter(({ path }) => !path.endsWith('.config.ts'));
    expect(linesMatching(others, /^export default\b/)).toEqual([]);
  });

  it('begins every production file with what it is', () => {
    const silent = productionSources.filter(
      ({ lines }) => !/^(?:\/\*\*|\/\/|#!)/.test(lines[0] ?? ''),
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it('has no barrel files', () => {
    expect(sources.map(({ path }) => path).filter((path) => /\/index\.ts$/.test(path))).toEqual([]);
  });
});

describe('the top level', () => {
  it('has only what belongs there', () => {
    expect(readdirSync(root).filter((name) => !topLevel.includes(name))).toEqual([]);
  });
});

function linesMatching(files: readonly SourceFile[], pattern: RegExp): readonly string[] {
  return files.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line}`] : [])),
  );
}

function listTypeScript(folder: string): readonly string[] {
  const top = join(root, folder);
  if (statSync(top, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => relative(root, join(top, name)))
    .sort();
}
