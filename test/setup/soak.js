/**
 * `npm run soak`: sets up what is missing, then simulates one seed after another until it is stopped;
 * `-- --minutes 10`, `-- --from SEED`, `-- --workers 1`.
 */
import process from 'node:process';
import { ensureReady } from './ensure.js';

if (!ensureReady({ builds: ['dist', 'tools'] }).isBuilt) process.exit(1);
await import('../../dist/test/soak/main.js');
