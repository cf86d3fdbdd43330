/** `npm run bench:rollout`: sets up what is missing, then hands over to the bench of rollouts. */
import process from 'node:process';
import { ensureReady } from '../../test/setup/ensure.js';

if (!ensureReady({ builds: ['dist', 'tools'] }).isBuilt) process.exit(1);
await import('../../dist/bench/rollout/main.js');
