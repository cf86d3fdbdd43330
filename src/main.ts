#!/usr/bin/env node
/**
 * The entry: real streams and files for `runCli`, and its exit code for the shell.
 *
 * `--version` loads nothing else. Output that nobody reads any more ends the program quietly.
 */
import { readVersion } from './version.ts';

const argv = process.argv.slice(2);

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${readVersion()}\n`);
} else {
  await run();
}

async function run(): Promise<void> {
  const [{ runCli }, { createProcessIo, flush }] = await Promise.all([
    import('./commands/runCli.ts'),
    import('./commands/processIo.ts'),
  ]);
  const code = await runCli(argv, readVersion(), createProcessIo());
  await flush();
  // Not left to the event loop: a connection that is slow to close must not hold a shell up.
  process.exit(code);
}
