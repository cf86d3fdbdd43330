import { afterEach, describe, expect, it } from 'vitest';
import { signal } from '../support/managedPids.ts';
import { startSupervisord, type Supervisord } from '../support/supervisord.ts';
import { waitFor } from '../support/waitFor.ts';

const sleeper = (name: string): string =>
  `[program:${name}]\ncommand=sleep 1000\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n`;

describe('startSupervisord', () => {
  let supervisord: Supervisord | undefined;
  afterEach(async () => {
    await supervisord?.stop();
  });

  it('runs what its conf directory holds and leaves no process behind', async () => {
    const server = (supervisord = await startSupervisord({
      confs: { 'a.conf': sleeper('a') },
      tcp: true,
      password: 'pässword',
    }));
    const first = await server.waitForState('a:a', 'RUNNING');
    expect(server.managedPids()).toEqual([first.pid]);
    const outcome = await server.supervisorctl('status');
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toContain('RUNNING');

    await server.rpcRestart();
    const second = await server.waitForState('a:a', 'RUNNING');
    expect(second.pid).not.toBe(first.pid);

    await server.kill();
    expect(server.managedPids()).toEqual([second.pid]);
    await server.restart();
    await server.waitForState('a:a', 'RUNNING');
    expect(server.managedPids()).toHaveLength(2);
    await server.stop();
    expect(server.managedPids()).toEqual([]);
    await waitFor('its pid to go', () => !signal(server.pid, 0));
  });
});
