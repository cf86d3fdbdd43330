/** `npm run bench:console`: sets up what is missing, then hands over to the bench of the console. */
import process from 'node:process';
import { ensureReady } from '../../test/setup/ensure.js';

if (!ensureReady({ builds: ['dist', 'tools'] }).isBuilt) process.exit(1);
await import('../../dist/bench/console/main.js');
