/**
 * The package as `npm pack` makes it of a clean copy: the sources that are in it, built there, and the
 * packages of the lock file that the agent runs with.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { findProjectRoot } from './findProjectRoot.ts';

const root = findProjectRoot();
const sources = [
  ...['src', 'streams', 'reducers', 'effects', 'docs', 'deploy'],
  ...['package.json', 'package-lock.json', '.npmrc', 'tsconfig.json', 'README.md', 'LICENSE'],
];

export interface Packed {
  readonly sha256: string;
  readonly tarball: string;
  /** In bytes, of the tarball and of what is in it. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
  /** Paths of `files` begin here. */
  readonly dir: string;
}

export function packProject(into: string): Packed {
  mkdirSync(into, { recursive: true });
  for (const name of [...sources, ...runtimePackages()]) {
    mkdirSync(dirname(join(into, name)), { recursive: true });
    cpSync(join(root, name), join(into, name), { recursive: true });
  }
  const run = (command: string, ...args: readonly string[]): string =>
    execFileSync(command, args, {
      cwd: into,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 ** 2,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  // The types were checked before; what is wanted is what comes out.
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  run(process.execPath, compiler, '-p', 'src/tsconfig.json', '--noCheck');
  const [report] = JSON.parse(run('npm', 'pack', '--json', '--ignore-scripts')) as readonly {
    readonly filename: string;
    readonly size: number;
    readonly unpackedSize: number;
    readonly files: Packed['files'];
  }[];
  if (report === undefined) throw new Error('npm pack made nothing');
  const { filename, size, unpackedSize, files } = report;
  const tarball = join(into, filename);
  const sha256 = createHash('sha256').update(readFileSync(tarball)).digest('hex');
  return { sha256, tarball, size, unpackedSize, files, dir: into };
}

/** Paths from the root, as `node_modules/pino`. */
export function runtimePackages(): readonly string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path]) => path);
}
