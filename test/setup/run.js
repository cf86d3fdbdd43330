/**
 * `npm test`: sets up what is missing, builds, runs the unit, property and integration tests, and ends
 * with the line `N passed, N failed` (and `, N skipped` when there are any). Arguments are handed to
 * vitest: `npm test -- test/unit/placement.test.ts`, `npm test -- -t 'a sentence'`.
 */
import { randomInt } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { ensureReady } from './ensure.js';
import { root, runLoudly, runQuietly } from './shell.js';

const { isBuilt } = ensureReady();
const counts = runVitest(process.argv.slice(2));
if (!isBuilt) {
  console.log('The build failed (errors above); what the tests ran may be out of date.');
  counts.failed += 1;
}
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exitCode = counts.failed > 0 ? 1 : 0;

function runVitest(args) {
  // One seed for the whole run: every worker gets it through the environment. In a checkout it is the
  // commit's: what was judged once is judged alike again, and each commit is searched elsewhere.
  const seed = process.env.SUPERVENE_SEED ?? seedOfCommit() ?? String(randomInt(2 ** 31));
  console.log(`seed: SUPERVENE_SEED=${seed}`);
  // Also the tests' own folder for temporary files, so that nothing of a run outlives it.
  const scratch = mkdtempSync(join(tmpdir(), 'supervene-test-'));
  // Some tests run a program as another user, who has to get through to what is his.
  chmodSync(scratch, 0o711);
  const report = join(scratch, 'report.json');
  try {
    const status = runLoudly(
      process.execPath,
      [
        join(root, 'node_modules/vitest/vitest.mjs'),
        'run',
        '--config=test/vitest.config.ts',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        ...args,
      ],
      { cwd: root, env: { ...process.env, SUPERVENE_SEED: seed, TMPDIR: scratch } },
    );
    const left = readdirSync(scratch).filter((name) => name.startsWith('sv-'));
    if (left.length > 0) console.log(`Left behind by a test, and removed: ${left.join(', ')}`);
    return count(report, status);
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

function seedOfCommit() {
  const { status, output } = runQuietly('git', ['-C', root, 'rev-parse', '--short=7', 'HEAD']);
  const hex = /^[0-9a-f]{7}/.exec(output)?.[0];
  return status === 0 && hex !== undefined ? String(Number.parseInt(hex, 16)) : undefined;
}

/** What vitest reported; whatever went wrong beside a test (a file, a hook) is one failure more. */
function count(path, status) {
  const tests = readTests(path);
  const of = (state) => tests.filter((test) => test.status === state).length;
  const counts = { passed: of('passed'), failed: of('failed'), skipped: 0 };
  counts.skipped = tests.length - counts.passed - counts.failed;
  if (counts.passed + counts.failed === 0) {
    console.log('No test was executed.');
    counts.failed += 1;
  } else if (status !== 0 && counts.failed === 0) {
    console.log(`vitest ended with ${status} although no test failed: see above.`);
    counts.failed += 1;
  }
  return counts;
}

/** Each test, and for a file that failed without a failed test (it could not be loaded) one entry. */
function readTests(path) {
  let report;
  try {
    report = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return [];
  }
  return report.testResults.flatMap((file) => {
    const isExplained = file.assertionResults.some((test) => test.status === 'failed');
    return file.status === 'failed' && !isExplained
      ? [...file.assertionResults, { status: 'failed' }]
      : file.assertionResults;
  });
}
