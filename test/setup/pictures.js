/** `npm run pictures`: sets up what is missing, then draws docs/pictures from a cluster that runs. */
import process from 'node:process';
import { ensureReady } from './ensure.js';

if (!ensureReady({ builds: ['dist', 'tools'] }).isBuilt) process.exit(1);
await import('../../dist/test/pictures/main.js');
