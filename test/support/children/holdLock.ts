/** `holdLock.ts JOURNAL_DIR CONF_DIR`: says `held` or why not, starts a child of its own, and stays. */
import { spawn } from 'node:child_process';
import { acquireLock } from '../../../src/journal/lock.ts';

const [journalDir = '', confDir = ''] = process.argv.slice(2);
const lock = await acquireLock({ journalDir, confDir, host: 'host-1' });
if (!lock.ok) {
  process.stdout.write(`${lock.error}\n`);
  process.exit(1);
}
// It outlives us when we are killed, and must not keep the lock.
const orphan = spawn('sleep', ['30'], { stdio: 'ignore', detached: true });
process.stdout.write(`held ${String(orphan.pid)}\n`);
setInterval(() => undefined, 1000);
