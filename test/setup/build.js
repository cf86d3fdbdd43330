/**
 * Compiles when a source differs from the last build, by content. `dist` is what is shipped; `tools`
 * is the demo, the soak and the bench, compiled beside it and never packed.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { root, runLoudly } from './shell.js';

const production = ['src', 'streams', 'reducers', 'effects'];
const builds = {
  dist: {
    project: 'src/tsconfig.json',
    sources: production,
    // The console's page, and what of it is bundled, are made from what was compiled.
    bundle: 'src/console/build.js',
    bundled: ['.tsx', '.css', '.html', '.svg', '.js'].map((suffix) => ['src/console', suffix]),
    stamp: 'dist/.stamp',
    result: 'dist/src/main.js',
    also: 'dist/page/index.html',
  },
  tools: {
    project: 'test/setup/tsconfig.json',
    sources: [
      ...production,
      'test/demo',
      'test/soak',
      'test/pictures',
      'test/support',
      'test/faults/support',
      'test/cluster/support',
      'bench',
    ],
    stamp: 'dist/.stamp-tools',
    result: 'dist/test/demo/main.js',
  },
};

/** False when the compiler found errors; they are shown. */
export function ensureBuild(name) {
  const build = builds[name];
  const stamp = join(root, build.stamp);
  const wanted = fingerprint(build);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === `${wanted} ${resultHash(build)}`) {
    return true;
  }
  console.log(`set-up: building (${build.project})`);
  rmSync(stamp, { force: true });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const isClean = runLoudly(process.execPath, [tsc, '-p', build.project], { cwd: root }) === 0;
  removeOrphans(build);
  if (!isClean) return false;
  if (build.bundle !== undefined) {
    if (runLoudly(process.execPath, [build.bundle], { cwd: root }) !== 0) return false;
  }
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stamp, `${wanted} ${resultHash(build)}`);
  return true;
}

function fingerprint({ project, sources, bundled = [] }) {
  const hash = createHash('sha256');
  const configs = ['package.json', 'package-lock.json', 'tsconfig.json', project];
  const compiled = sources.flatMap((folder) => listFiles(folder, '.ts'));
  const others = bundled.flatMap(([folder, suffix]) => listFiles(folder, suffix));
  for (const path of [...configs, ...compiled, ...others]) {
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(root, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

/** Notices a build made by hand from other sources. */
function resultHash({ result, also }) {
  const paths = [result, also].filter((one) => one !== undefined).map((one) => join(root, one));
  if (!paths.every((path) => existsSync(path))) return '-';
  const hash = createHash('sha256');
  for (const path of paths) hash.update(readFileSync(path));
  return hash.digest('hex');
}

/** A compiled file whose source has gone would still be importable. */
function removeOrphans({ sources }) {
  const suffixes = sources.flatMap((folder) => ['.js', '.d.ts'].map((end) => [folder, end]));
  for (const file of suffixes.flatMap(([folder, end]) => listFiles(join('dist', folder), end))) {
    const source = join(root, relative('dist', file).replace(/\.(?:js|d\.ts)$/, '.ts'));
    if (!existsSync(source)) rmSync(join(root, file), { force: true });
  }
}

/** Relative to the project, sorted; an absent folder has no files. */
function listFiles(folder, suffix) {
  const top = join(root, folder);
  if (!existsSync(top)) return [];
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}
