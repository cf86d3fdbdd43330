/** `npm run demo`: sets up what is missing, then hands over to the demo; `-- --once` ends by itself. */
import process from 'node:process';
import { ensureReady } from './ensure.js';

if (!ensureReady({ builds: ['dist', 'tools'] }).isBuilt) process.exit(1);
await import('../../dist/test/demo/main.js');
