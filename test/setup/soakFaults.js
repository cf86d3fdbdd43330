/**
 * `npm run soak:faults`: sets up what is missing, then breaks real parts on three hosts, round after
 * round, until it is stopped; `-- --minutes 30`, `-- --seed SEED`, `-- --keep DIR` for what is left
 * of a violation.
 */
import process from 'node:process';
import { ensureReady } from './ensure.js';

if (!ensureReady({ builds: ['dist', 'tools'] }).isBuilt) process.exit(1);
await import('../../dist/test/soak/faults/main.js');
