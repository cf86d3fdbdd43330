/**
 * The package as `npm pack` makes it of a clean copy: the sources that are in it, built there, and the
 * packages of the lock file that the agent runs with.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cp, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { findProjectRoot } from './findProjectRoot.ts';

const root = findProjectRoot();
const sources = [
  ...['src', 'streams', 'reducers', 'effects', 'docs', 'deploy'],
  ...['package.json', 'package-lock.json', '.npmrc', 'tsconfig.json'],
  ...['README.md', 'README.zh-CN.md', 'LICENSE'],
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

/** What a child process says; not waited for in a way that keeps the runner of the tests waiting. */
export const runFile = promisify(execFile);

export async function packProject(into: string): Promise<Packed> {
  await mkdir(into, { recursive: true });
  for (const name of [...sources, ...runtimePackages()]) {
    await mkdir(dirname(join(into, name)), { recursive: true });
    await cp(join(root, name), join(into, name), { recursive: true });
  }
  const run = async (command: string, ...args: readonly string[]): Promise<string> =>
    (await runFile(command, args, { cwd: into, maxBuffer: 64 * 1024 ** 2 })).stdout;
  // The types were checked before; what is wanted is what comes out.
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, compiler, '-p', 'src/tsconfig.json', '--noCheck');
  // What the page is made of is not in the package: it is found above, and only now.
  const above = join(dirname(into), 'node_modules');
  await symlink(join(root, 'node_modules'), above);
  try {
    await run(process.execPath, 'src/console/build.js');
  } finally {
    await rm(above);
  }
  const [report] = JSON.parse(await run('npm', 'pack', '--json', '--ignore-scripts')) as readonly {
    readonly filename: string;
    readonly size: number;
    readonly unpackedSize: number;
    readonly files: Packed['files'];
  }[];
  if (report === undefined) throw new Error('npm pack made nothing');
  const { filename, size, unpackedSize, files } = report;
  const tarball = join(into, filename);
  const sha256 = createHash('sha256')
    .update(await readFile(tarball))
    .digest('hex');
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
