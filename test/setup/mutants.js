/**
 * `npm run mutants`: sets up what is missing, then plants one small bug after another in a copy of the
 * checkout; `-- --only WORDS`, `-- --by simulator`, `-- --seeds 2`.
 */
import { join } from 'node:path';
import process from 'node:process';
import { ensureReady } from './ensure.js';
import { root, runLoudly } from './shell.js';

ensureReady({ builds: [] });
const script = ['--import', './test/support/runTs.js', join(root, 'test/mutants/run.ts')];
process.exitCode = runLoudly(process.execPath, [...script, ...process.argv.slice(2)], {
  cwd: root,
});
