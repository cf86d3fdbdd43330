/**
 * A copy of what the fences look at, in a temporary folder, to plant faults in: the configurations,
 * `src/domain` and the planted files; `node_modules` is a link. Each fence runs over it once.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { createTempDir } from './tempDir.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const copied = [
  'package.json',
  'tsconfig.json',
  'src/domain',
  'reducers/tsconfig.json',
  'test/tidy',
];

export interface PlantedTree {
  /** Each complaint as `file: rule`; the file relative to the tree. */
  readonly complaints: readonly string[];
  readonly remove: () => Promise<void>;
}

export async function plantTree(files: ReadonlyMap<string, string>): Promise<PlantedTree> {
  const { path, remove } = await createTempDir('fences');
  try {
    for (const name of copied) await cp(join(root, name), join(path, name), { recursive: true });
    for (const [name, text] of files) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), text);
    }
    await symlink(join(root, 'node_modules'), join(path, 'node_modules'));
    const complaints = await Promise.all([lint(path), cruise(path), compile(path)]);
    return { complaints: complaints.flat().sort(), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

interface LintedFile {
  readonly filePath: string;
  readonly messages: readonly { readonly ruleId: string | null; readonly message: string }[];
}

async function lint(cwd: string): Promise<readonly string[]> {
  const args = ['--config', 'test/tidy/eslint.config.js', '--format', 'json', '.'];
  const output = await runBin(cwd, 'eslint/bin/eslint.js', args);
  const files = JSON.parse(output) as readonly LintedFile[];
  return files.flatMap(({ filePath, messages }) =>
    messages.map((one) => `${filePath.slice(cwd.length + 1)}: ${one.ruleId ?? one.message}`),
  );
}

interface Cruise {
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

async function cruise(cwd: string): Promise<readonly string[]> {
  const config = ['--config', 'test/tidy/dependency-cruiser.cjs', '--output-type', 'json'];
  const folders = ['src', 'streams', 'reducers', 'effects'];
  const bin = 'dependency-cruiser/bin/dependency-cruise.mjs';
  const output = await runBin(cwd, bin, [...config, ...folders]);
  const { summary } = JSON.parse(output) as Cruise;
  return summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`);
}

async function compile(cwd: string): Promise<readonly string[]> {
  const args = ['-p', 'reducers/tsconfig.json', '--pretty', 'false'];
  const output = await runBin(cwd, 'typescript/bin/tsc', args);
  const errors = output.matchAll(/^(\S+?)\(\d+,\d+\): error (TS\d+)/gm);
  return [...errors].map(([, file, code]) => `${file ?? ''}: ${code ?? ''}`);
}

/** The exit status is not looked at: the complaints are the result. */
function runBin(cwd: string, bin: string, args: readonly string[]): Promise<string> {
  const script = join(root, 'node_modules', bin);
  const options = { cwd, maxBuffer: 64 * 1024 * 1024, timeout: 110_000 };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) => {
      if (stdout === '' && error !== null && stderr !== '') reject(new Error(stderr));
      else resolve(stdout);
    });
  });
}
