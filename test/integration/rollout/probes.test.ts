/** What a health check may ask and run, against real servers and processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { asyncScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { probeCommand } from '../../../effects/rollout/probeCommand.ts';
import { probeUrl, type ProbeOutcome } from '../../../effects/rollout/probeUrl.ts';
import { createTempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

async function askServer(answer: RequestListener, host = 'localhost'): Promise<ProbeOutcome> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://${host}:${String(port)}/ready?key=secret`;
  try {
    return await probeUrl(url, AbortSignal.timeout(2_000));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('a URL', () => {
  it.each([
    [200, true],
    [204, true],
    [302, true],
    [404, false],
    [500, false],
  ])('that answers %i is well: %s', async (status, isHealthy) => {
    const outcome = await askServer((_, answer) => {
      answer.writeHead(status, { location: 'http://198.51.100.1/' }).end();
    });
    expect(outcome.isHealthy).toBe(isHealthy);
    expect(outcome.detail).toContain(`answers ${String(status)}`);
    expect(outcome.detail).not.toContain('secret');
  });

  it('that never ends its answer is well at once', async () => {
    const outcome = await askServer((_, answer) => {
      const more = setInterval(() => answer.write('x'.repeat(65_536)), 1);
      answer.on('close', () => clearInterval(more));
    });
    expect(outcome.isHealthy).toBe(true);
  });

  it('that does not answer is not well, in the time it is given', async () => {
    const outcome = await askServer(() => undefined);
    expect(outcome).toMatchObject({ isHealthy: false });
    expect(outcome.detail).toContain('no answer in time');
  });
});

async function runCheck(
  command: (dir: string) => string,
  environment = 'OWN="yes"',
): Promise<{ readonly outcome: ProbeOutcome; readonly said: string; readonly pidText: string }> {
  const dir = await createTempDir('probe');
  const child = spawn('/bin/sleep', ['100'], {
    env: { OWN: 'yes', HIDDEN: 'no', HOME: '/', TOKEN: 'hunter2-secret' },
    cwd: dir.path,
  });
  try {
    const outcome = await probeCommand(asyncScheduler, {
      command: command(dir.path),
      program: { user: undefined, directory: undefined, environment },
      pid: child.pid ?? 0,
      timeoutMs: 1_000,
      signal: AbortSignal.timeout(5_000),
    });
    const read = (name: string): string =>
      existsSync(join(dir.path, name)) ? readFileSync(join(dir.path, name), 'utf8') : '';
    return { outcome, said: read('said'), pidText: read('pid') };
  } finally {
    child.kill('SIGKILL');
    await dir.remove();
  }
}

describe('a command', () => {
  it('has the environment and the directory of its program, and nothing of ours', async () => {
    process.env['OF_THE_AGENT'] = 'secret';
    const { outcome, said } = await runCheck(() => '/bin/sh -c "pwd > said; env >> said"');
    delete process.env['OF_THE_AGENT'];
    expect(outcome).toEqual({ isHealthy: true, detail: 'its command says so' });
    expect(said).toContain('OWN=yes');
    expect(said).not.toMatch(/HIDDEN|OF_THE_AGENT/);
    expect(said.split('\n')[0]).toContain('probe');
  });

  it('goes through no shell', async () => {
    const { outcome, said } = await runCheck(() => '/bin/echo x > said; /bin/true');
    expect(outcome.isHealthy).toBe(true);
    expect(said).toBe('');
  });

  it('that ends with another status is not well, and what it says is shown', async () => {
    const { outcome } = await runCheck(() => '/bin/sh -c "echo not yet >&2; exit 3"');
    expect(outcome).toEqual({
      isHealthy: false,
      detail: 'its command ended with 3: not yet',
    });
  });

  it('does not tell others what the environment of the program holds', async () => {
    const { outcome } = await runCheck(
      () => '/bin/sh -c "echo with $TOKEN >&2; exit 3"',
      'TOKEN="x"',
    );
    expect(outcome.detail).toBe('its command ended with 3: with ***');
  });

  it('that hangs is ended, with all it has started', async () => {
    const { outcome, pidText } = await runCheck(
      () => '/bin/sh -c "sleep 100 & echo $! > pid; wait"',
    );
    expect(outcome.isHealthy).toBe(false);
    const pid = Number(pidText);
    expect(pid).toBeGreaterThan(1);
    await waitFor('its child to be gone', () => !isAlive(pid));
  });
});

/** What has ended and was not yet waited for is gone. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  } catch {
    return false;
  }
}
