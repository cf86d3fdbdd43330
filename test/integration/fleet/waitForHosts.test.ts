/** `publish --wait`, `unpublish --wait` and `status --watch` with three real hosts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fleet, startFleet } from '../../support/fleetHosts.ts';
import { type PseudoTerminal, runOnTerminal } from '../../support/pseudoTerminal.ts';
import { waitFor } from '../../support/waitFor.ts';

let fleet: Fleet;
beforeAll(async () => {
  const environment = { SUPERVENE_FLEET_TTL: '5s', SUPERVENE_ALLOW_REMOVALS: 'true' };
  fleet = await startFleet({ environment });
  await fleet.waitUntilReported();
}, 60_000);
afterAll(async () => {
  await fleet.stop();
});

/** Has proved itself after a second; `n` makes another content of it. */
const running = (n = 1): string =>
  `command=/bin/sleep 1000\nstartsecs=1\nenvironment=N="${String(n)}"\n`;
/** Runs for a while, and not for long enough. */
const dying = 'command=/bin/sh -c "sleep 0.8; exit 1"\nstartsecs=1\nstartretries=0\n';

function publish(app: string, hosts: string, body: string, ...more: readonly string[]) {
  return fleet.run(['publish', app, '--hosts', hosts, '--file', '-', ...more], body);
}

describe('publish --wait', () => {
  it('ends with 0 when it runs on every host, and tells each as it gets there', async () => {
    const { code, stdout } = await publish('web', 'web1,web2,web3', running(), '--wait');
    expect(code, stdout).toBe(0);
    for (const host of ['web1', 'web2', 'web3']) {
      expect(stdout).toMatch(new RegExp(`^web on ${host}: converged: revision \\d+$`, 'm'));
      expect(await fleet.host(host).process('web')).toMatchObject({ statename: 'RUNNING' });
    }
    expect(stdout).toMatch(/^3 of 3 places converged in /m);
  });

  it('fails as soon as a host has put the old version back, and not after the time-out', async () => {
    await publish('dies', 'web1', running(), '--wait');
    const { code, stdout } = await publish('dies', 'web1,web2', dying, '--wait=300');
    expect(code, stdout).toBe(3);
    expect(stdout).toMatch(/^dies on web[12]: (?:rolled-back|quarantined): E_(?:FATAL|EXITED): /m);
    expect(stdout).not.toMatch(/^dies on web[12]: converged/m);
    expect(stdout).not.toContain('not everywhere after');
  });

  it('fails as soon as a host refuses it, with the reason; then it can be taken away', async () => {
    const body = `${running()}user=nobody-of-that-name\n`;
    const { code, stdout } = await publish('odd', 'web2', body, '--wait=300', '--json');
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      app: 'odd',
      isChanged: true,
      wait: {
        isConverged: false,
        isTimedOut: false,
        apps: [{ host: 'web2', condition: 'quarantined', code: 'E_NO_SUCH_USER', stage: 'failed' }],
      },
    });
    const removed = await fleet.run(['unpublish', 'odd', '--wait']);
    expect(removed.code, removed.stdout).toBe(0);
  });

  it('says at once that a placement names nobody, or somebody never heard of', async () => {
    const nowhere = await publish('none', '!*', running(), '--wait=300');
    expect(nowhere.stdout).toContain('none: its placement names no host');
    expect(nowhere.code).toBe(0);
    const unknown = await publish('none', '10.9.9.9', running(), '--wait=300');
    expect(unknown.stdout).toContain('none on 10.9.9.9: lost: NeverSeen');
    expect(unknown.code).toBe(3);
  });

  it('waits for what is published already, too', async () => {
    const { code, stdout } = await publish('web', 'web1,web2,web3', running(), '--wait');
    expect({ code, isNews: !stdout.includes('nothing to change') }).toEqual({
      code: 0,
      isNews: false,
    });
    expect(stdout).toContain('3 of 3 places converged');
  });

  it('tells of a lost host at once, and ends when it is the only one left', async () => {
    await fleet.host('web3').agent.terminate();
    const { code, stdout } = await publish('web', 'web1,web2,web3', running(2), '--wait=300');
    fleet.host('web3').agent.start();
    expect(code).toBe(3);
    expect(stdout).toContain('web on web3: lost: AgentEnded');
    expect(stdout).toMatch(/^web on web1: converged/m);
    expect(stdout).toMatch(/^2 of 3 places converged$/m);
  });

  it('says that somebody else has published meanwhile', async () => {
    const waiting = publish(
      'race',
      'web1',
      'command=/bin/sleep 1000\nstartsecs=30\n',
      '--wait=300',
    );
    await waitFor('the first publish', () => fleet.etcd.get('/services/apps/race/content'));
    await fleet.put('race', 'web1', running());
    const { code, stdout } = await waiting;
    expect(code).toBe(3);
    expect(stdout).toContain('race was published again meanwhile, at revision');
  });

  it('gives up after the time it was given, and names who is not there yet', async () => {
    const slow = 'command=/bin/sleep 1000\nstartsecs=60\n';
    const { code, stdout } = await publish('slow', 'web2', slow, '--wait=3');
    expect(code).toBe(3);
    expect(stdout).toMatch(/^slow on web2: converging: /m);
    expect(stdout).toMatch(/^not everywhere after \d/m);
  });
});

describe('unpublish --wait', () => {
  it('ends when no host has any of it', async () => {
    await publish('gone', 'web1,web2', running(), '--wait');
    const { code, stdout } = await fleet.run(['unpublish', 'gone', '--wait']);
    expect(code, stdout).toBe(0);
    for (const host of ['web1', 'web2']) {
      expect(await fleet.host(host).process('gone')).toBeUndefined();
    }
  });
});

describe('status --watch', () => {
  const has = (terminal: PseudoTerminal, text: string | RegExp): boolean =>
    terminal
      .screen()
      .some((line) => (typeof text === 'string' ? line.includes(text) : text.test(line)));

  it('redraws in place, follows the size of the window, and puts the terminal back', async () => {
    await publish('seen', 'web1', running(), '--wait');
    const terminal = runOnTerminal(['status', 'seen', '--watch'], {
      columns: 100,
      rows: 20,
      environment: { ...fleet.environment, NO_COLOR: '1' },
    });
    try {
      await waitFor('the first picture', () => has(terminal, /^converged +web1 /));
      await fleet.put('seen', 'web1,web2', running(3));
      await waitFor('the second host', () => has(terminal, /^converged +web2 /));
      expect(terminal.output()).not.toMatch(/\u001b\[\d+m/);
      await terminal.resize(40, 8);
      await waitFor('a narrow picture', () => terminal.screen().every((line) => line.length < 40));
      expect(terminal.screen().length).toBeLessThanOrEqual(8);

      await fleet.etcd.kill();
      await waitFor('the loss', () => has(terminal, 'NOT CURRENT'), { timeoutMs: 30_000 });
      await fleet.etcd.start();
      await waitFor('etcd to be back', () => !has(terminal, 'NOT CURRENT'), { timeoutMs: 30_000 });
      // Both lose etcd too, and say so when they have it again: its exit tells what was seen last.
      await terminal.resize(100, 20);
      for (const host of ['web1', 'web2']) {
        const isRight = (): boolean => has(terminal, new RegExp(`^converged +${host} `));
        await waitFor(`${host} to be right again`, isRight, { timeoutMs: 30_000 });
      }

      terminal.type('\u0003');
      expect(await terminal.ended()).toBe(0);
      expect(terminal.output().trimEnd().endsWith('\u001b[?7h\u001b[?25h\u001b[?1049l')).toBe(true);
    } finally {
      terminal.kill();
    }
  });
});
