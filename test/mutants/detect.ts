/** Who may notice a bug in a copy of the checkout: the simulator, and the tests. */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Size } from '../../src/simulate/run/request.ts';
import type { SeedReply } from './seeds.ts';

/** Undefined: nothing was noticed. Throws when it could not be looked at all. */
export type Finding = string | undefined;

/** Far beyond what any seed takes: a bug makes it go round in circles. */
const seedMaxMs = 60_000;
const testsMaxMs = 300_000;

export async function findBySimulator(dir: string, sizes: readonly Size[]): Promise<Finding> {
  let done = 0;
  let finding: Finding;
  let rest = '';
  const onOutput = (text: string): void => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const { seed, failure } of lines.map((line) => JSON.parse(line) as SeedReply)) {
      done += 1;
      if (failure !== undefined) {
        finding ??= `${failure.invariant}, seed ${seed}: ${failure.detail.split('\n')[0] ?? ''}`;
      }
    }
  };
  const args = ['out/test/mutants/seeds.js', JSON.stringify(sizes)];
  const ended = await run(dir, args, seedMaxMs, onOutput);
  if (finding !== undefined) return finding;
  const seed = sizes[done]?.seed ?? '';
  if (ended.isTooLate) return `seed ${seed} does not come to an end`;
  if (done < sizes.length) throw new Error(`the simulator ended by itself: ${ended.errors}`);
  return undefined;
}

interface TestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

export async function findByTests(dir: string, paths: readonly string[]): Promise<Finding> {
  if (paths.length === 0) return undefined;
  const report = join(dir, 'report.json');
  rmSync(report, { force: true });
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--config=test/vitest.config.ts'];
  const options = ['--bail=1', '--reporter=json', `--outputFile.json=${report}`];
  const ended = await run(dir, [...args, ...options, ...paths], testsMaxMs, () => undefined);
  if (ended.isTooLate) return 'the tests do not come to an end';
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as TestReport;
  for (const { assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed');
    if (failed !== undefined) return `"${failed.fullName.trim()}"`;
  }
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  if (ended.code === 0 && tests.length > 0) return undefined;
  throw new Error(`vitest ended with ${String(ended.code)}: ${ended.errors}`);
}

interface Ended {
  readonly code: number | null;
  /** It was killed after `silentMaxMs` without a word. */
  readonly isTooLate: boolean;
  /** The end of what it said of errors. */
  readonly errors: string;
}

function run(
  dir: string,
  args: readonly string[],
  silentMaxMs: number,
  onOutput: (text: string) => void,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: dir,
      // The same properties each time: what was caught once is caught again.
      env: { ...process.env, SUPERVENE_SEED: '1', TMPDIR: dir, VITEST: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    let isTooLate = false;
    const kill = (): void => void child.kill('SIGKILL');
    const lateness = setTimeout(() => {
      isTooLate = true;
      kill();
    }, silentMaxMs);
    process.once('exit', kill);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      lateness.refresh();
      onOutput(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-2_000);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(lateness);
      process.off('exit', kill);
      resolve({ code, isTooLate, errors });
    });
  });
}
