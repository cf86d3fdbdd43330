/** A rolling publish as an operator sees it, with real hosts: --wait, rollout, halt, resume, status. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fleet, startFleet } from '../../support/fleetHosts.ts';
import { waitFor } from '../../support/waitFor.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet({ environment: { SUPERVENE_FLEET_TTL: '5s' } });
  await fleet.waitUntilReported();
}, 90_000);
afterAll(() => fleet.stop());

/** Has proved itself after so many seconds. */
function body(n: number, startsecs = 1): string {
  const environment = `environment=N="${String(n)}"`;
  return `command=/bin/sleep 1000\nstartsecs=${String(startsecs)}\n${environment}\n`;
}
const dying = 'command=/bin/sh -c "sleep 0.5; exit 1"\nstartsecs=1\nstartretries=0\n';

function publish(app: string, text: string, ...more: readonly string[]) {
  const argv = ['publish', app, '--hosts', 'web1,web2,web3', '--file', '-', ...more];
  return fleet.run(argv, text);
}

/** The first version, which runs everywhere from then on; what comes after it goes host by host. */
async function publishInTurns(app: string): Promise<void> {
  const turns = ['--max-unavailable', '1', '--drain', '0s'];
  const { code, stdout } = await publish(app, body(1), ...turns, '--wait');
  expect(code, stdout).toBe(0);
}

describe('publish --max-unavailable --wait', () => {
  it('ends with 0 when all have had their turn, and says meanwhile whose it is', async () => {
    await publishInTurns('web');
    const { code, stdout } = await publish('web', body(2, 2), '--wait=300');
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/^web on web[123]: converging: AwaitingTurn: .*web[123]/m);
    expect(stdout).toMatch(/^3 of 3 places converged in /m);
    const shown = await fleet.run(['rollout', 'web']);
    expect(shown.code, shown.stdout).toBe(0);
    expect(shown.stdout).toContain('hosts     3 of 3 done, 1 host at a time');
  });

  it('ends with 3 where it failed, with the rest on the old version, until it is rolled back', async () => {
    await publishInTurns('bad');
    const { code, stdout } = await publish('bad', dying, '--wait=300');
    expect(code, stdout).toBe(3);
    expect(stdout).toMatch(/^bad: halted, having failed on web[123]; done on 0 of 3 places; /m);
    expect(stdout).toMatch(/; web[123], web[123] stay at revision \d+$/m);
    const halted = await waitFor('the halt', async () => {
      const now = await fleet.run(['rollout']);
      return now.stdout.includes('halted by web') ? now : undefined;
    });
    expect(halted.code).toBe(3);
    expect(halted.stdout).toMatch(/^bad {2}.* halted by web[123]: E_(?:FATAL|EXITED): /m);
    await waitFor('the hosts to say so', async () =>
      /; 1 rollout halted$/m.test((await fleet.run(['status'])).stdout),
    );
    const again = await publish('bad', dying, '--wait=300');
    expect(again.code, again.stdout).toBe(3);
    const back = await fleet.run(['rollback', 'bad', '--wait=300']);
    expect(back.code, back.stdout).toBe(0);
    expect((await fleet.run(['rollout'])).code).toBe(0);
  });
});

describe('rollout halt and resume', () => {
  it('keep the rest where it is, and let it go on', async () => {
    await publishInTurns('slow');
    const waiting = publish('slow', body(2, 4), '--wait=300');
    await waitFor('a turn', async () => / +web[123] \d+s /.test((await rollout()).stdout));
    const halt = await fleet.run(['rollout', 'halt', 'slow', '-m', 'not today']);
    expect(halt.code, halt.stderr).toBe(0);
    const { code, stdout } = await waiting;
    expect(code, stdout).toBe(3);
    expect(stdout).toMatch(/RolloutHalted: .*not today/);
    expect(stdout).toMatch(/^slow: halted; done on [01] of 3 places; /m);
    await waitFor('the one in its turn', async () => (await rollout()).stdout.includes('1 of 3'));
    expect((await rollout()).code).toBe(3);
    const resumed = await fleet.run(['rollout', 'resume', 'slow']);
    expect(resumed.stdout).toContain('slow: goes on; it was halted by ');
    const rest = await publish('slow', body(2, 4), '--wait=300');
    expect(rest.code, rest.stdout).toBe(0);
    expect(rest.stdout).toContain('slow: nothing to change');
  });
});

function rollout() {
  return fleet.run(['rollout']);
}
