/** When a program counts as ended, and what becomes of what it started. */
import { asyncScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../../effects/drivers/runCommand.ts';
import { waitFor } from '../../support/waitFor.ts';

const run = (script: string, timeoutMs: number, more: { readonly signal?: AbortSignal } = {}) =>
  runProgram(asyncScheduler, {
    ...{ path: '/bin/sh', args: ['-c', script], env: { PATH: '/usr/bin:/bin' }, cwd: '/' },
    ...{ timeoutMs, outputMaxBytes: 1_000_000, ...more },
  });

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('runProgram', () => {
  it('does not wait for what holds the pipes of a program that has ended, and lets it be', async () => {
    for (const start of ['setsid sleep 302', 'sleep 302']) {
      const outcome = await run(`${start} & echo $!; echo no >&2; exit 3`, 60_000);
      expect(outcome).toMatchObject({ type: 'Ended', code: 3, stderr: 'no\n' });
      const pid = outcome.type === 'Ended' ? Number(outcome.stdout) : Number.NaN;
      expect(isAlive(pid)).toBe(true);
      process.kill(pid);
    }
  });

  it('reads all that it wrote, and what is written right after it', async () => {
    const outcome = await run(
      'head -c 500000 /dev/zero; (sleep 0.05; echo late >&2) & exit 0',
      60_000,
    );
    expect(outcome).toMatchObject({ type: 'Ended', code: 0, stderr: 'late\n' });
    expect(outcome.type === 'Ended' ? outcome.stdout.length : 0).toBe(500_000);
  });

  it('ends it with all that it started when its time is up, or it is aborted', async () => {
    const abort = new AbortController();
    const mark = `3${String(process.pid)}`;
    const cases = [
      run(`sleep ${mark} & sleep ${mark}`, 300),
      run(`sleep ${mark} & sleep ${mark}`, 60_000, { signal: abort.signal }),
    ];
    asyncScheduler.schedule(() => abort.abort(), 300);
    expect(await Promise.all(cases)).toEqual([{ type: 'TimedOut' }, { type: 'TimedOut' }]);
    await waitFor('them to be gone', async () => {
      const found = await run(`ps -eo args | grep -c '^slee[p] ${mark}'`, 60_000);
      return found.type === 'Ended' && found.stdout === '0\n';
    });
  });

  it('says what could not be started', async () => {
    const request = { path: '/nowhere', args: [], env: {}, cwd: '/', timeoutMs: 1_000 };
    const outcomes = [
      await runProgram(asyncScheduler, { ...request, outputMaxBytes: 10 }),
      await runProgram(asyncScheduler, { ...request, path: 'a\0b', outputMaxBytes: 10 }),
    ];
    expect(outcomes.map(({ type }) => type)).toEqual(['NotStarted', 'NotStarted']);
  });
});
