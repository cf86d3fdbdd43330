/** `supervene status` and `forget` against three real hosts, as an operator would use them. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCliHere } from '../../support/fakeCommandIo.ts';
import { appsPrefix, type Fleet, fleetPrefix, startFleet } from '../../support/fleetHosts.ts';
import { waitFor } from '../../support/waitFor.ts';

interface StatusDocument {
  readonly isConverged: boolean;
  readonly summary: { readonly hosts: number; readonly hostsLost: number };
  readonly hosts: readonly { readonly host: string; readonly condition: string }[];
  readonly apps: readonly {
    readonly app: string;
    readonly host: string | null;
    readonly condition: string;
    readonly code: string | null;
    readonly reason: string | null;
    readonly desiredRevision: string | null;
    readonly appliedRevision: string | null;
    readonly processes: readonly { readonly state: string; readonly pid: number }[];
  }[];
}

let fleet: Fleet;
beforeAll(async () => {
  // Removals are not what is tried here, and there are many.
  const environment = { SUPERVENE_FLEET_TTL: '5s', SUPERVENE_ALLOW_REMOVALS: 'true' };
  fleet = await startFleet({ environment });
  await fleet.waitUntilReported();
}, 90_000);
afterAll(async () => {
  await fleet.stop();
});
beforeEach(async () => {
  // One after the other: where everything goes at one stroke agents wait for a word.
  const apps = new Set((await status()).apps.map(({ app }) => app));
  for (const app of apps) {
    await fleet.etcd.txn({
      [`${appsPrefix}/${app}/ips`]: undefined,
      [`${appsPrefix}/${app}/content`]: undefined,
    });
  }
  await waitUntilStatus('nothing to run', (now) => now.apps.length === 0);
}, 90_000);

async function status(...args: readonly string[]): Promise<StatusDocument & { code: number }> {
  const { code, stdout } = await runCliHere(['status', '--json', ...args], {
    env: { SUPERVENE_ETCD: fleet.etcd.endpoint },
  });
  return { ...(JSON.parse(stdout) as StatusDocument), code };
}

function waitUntilStatus(
  what: string,
  isIt: (status: StatusDocument) => boolean,
): Promise<StatusDocument & { code: number }> {
  return waitFor(
    what,
    async () => {
      const now = await status();
      return isIt(now) ? now : undefined;
    },
    { timeoutMs: 60_000, intervalMs: 200 },
  );
}

function words({ apps }: StatusDocument): readonly string[] {
  return apps.map(({ app, host, condition, code }) =>
    [app, host ?? '-', condition, code ?? ''].join(' ').trim(),
  );
}

/** Has proved itself after a second. */
const sleeper = (): string => 'command=/bin/sleep 1000\nstartsecs=1\n';

/** supervisord cannot start it, and no agent can know beforehand. */
const failing = 'command=/bin/sh -c "sleep 0.2; exit 1"\nautorestart=true\nstartretries=0\n';

describe('supervene status', () => {
  it('ends with 0 when all is well, and shows what runs where', async () => {
    const revision = await fleet.put('web', '10.0.0.11,web2', sleeper());
    await waitUntilStatus(
      'both to run',
      ({ isConverged, apps }) => isConverged && apps.length === 2,
    );
    const { code, apps, summary } = await status();
    expect(code).toBe(0);
    expect(summary).toMatchObject({ hosts: 3, hostsLost: 0 });
    expect(apps).toMatchObject([
      { app: 'web', host: 'web1', desiredRevision: revision, appliedRevision: revision },
      { app: 'web', host: 'web2', desiredRevision: revision, appliedRevision: revision },
    ]);
    const pids = await fleet.host('web1').pids();
    expect(apps[0]?.processes).toMatchObject([{ state: 'RUNNING', pid: pids['web'] }]);

    const table = await fleet.run(['status']);
    expect(table.code).toBe(0);
    expect(table.stdout).toMatch(/^3 hosts, 1 app: 2 converged\n/);
    expect(table.stdout).toMatch(/^converged +web +web1 +\d+ +\d+ /m);
    const detail = await fleet.run(['status', 'web1']);
    expect(detail.stdout).toContain('named by  ');
    expect(detail.stdout).toContain('10.0.0.11');
  });

  it('shows the most urgent first, and ends with 3', async () => {
    await fleet.put('good', 'web1', sleeper());
    await fleet.put('nouser', 'web2', `${sleeper()}user=nobody-of-that-name\n`);
    await fleet.put('nowhere', '10.9.9.9', sleeper());
    await fleet.etcd.put('/services/apps/half/content', 'command=/bin/cat');
    const now = await waitUntilStatus(
      'the refusal',
      (it) =>
        words(it).includes('nouser web2 quarantined E_NO_SUCH_USER') &&
        words(it).includes('good web1 converged'),
    );
    expect(words(now)).toEqual([
      'nouser web2 quarantined E_NO_SUCH_USER',
      'nowhere 10.9.9.9 lost NeverSeen',
      ...words(now).filter((word) => word.startsWith('half ')),
      'good web1 converged',
    ]);
    expect(now.code).toBe(3);
    expect((await status('good')).code).toBe(0);
    expect((await status('--host', 'web1', '--app', 'good,nouser')).code).toBe(0);
    expect((await status('--state', 'quarantined')).code).toBe(3);
    expect((await status('--state', 'rolled-back')).code).toBe(0);
    const { code, stderr } = await fleet.run(['status', 'god']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'error: there is no app or host "god"\n  did you mean "good"?\n',
    });
  });

  it('shows what a host has put back, and why', async () => {
    const first = await fleet.put('web', 'web1', sleeper());
    await waitUntilStatus('it to run', ({ isConverged, apps }) => isConverged && apps.length === 1);
    const second = await fleet.put('web', 'web1', failing);
    const isBack = (it: StatusDocument): boolean =>
      words(it)[0] === 'web web1 rolled-back E_FATAL' &&
      it.apps[0]?.appliedRevision === first &&
      it.apps[0].processes[0]?.state === 'RUNNING';
    const now = await waitUntilStatus('the rollback', isBack);
    expect(now.apps[0]).toMatchObject({ desiredRevision: second });
  });

  it('shows a host whose agent was killed as lost, as last known, and forgets it when told', async () => {
    await fleet.put('web', 'web1,web3', sleeper());
    await waitUntilStatus(
      'both to run',
      ({ isConverged, apps }) => isConverged && apps.length === 2,
    );
    const pids = await fleet.host('web3').pids();
    await fleet.host('web3').agent.kill();
    const now = await waitUntilStatus('the loss', ({ summary }) => summary.hostsLost === 1);
    expect(words(now)).toEqual(['web web3 lost HostLost', 'web web1 converged']);
    expect(now.apps[0]?.processes).toMatchObject([{ state: 'RUNNING', pid: pids['web'] }]);
    const refused = await fleet.run(['forget', 'web1']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('"web1" is not lost');
    expect((await fleet.run(['forget', 'web3'])).code).toBe(0);
    expect(words(await status())).toEqual(['web web3 lost NeverSeen', 'web web1 converged']);

    fleet.host('web3').agent.start();
    const back = await waitUntilStatus('web3 to be back', ({ isConverged }) => isConverged);
    expect(words(back)).toEqual(['web web1 converged', 'web web3 converged']);
  });

  it('does not vouch for processes whose supervisord has frozen', async () => {
    await fleet.put('web', 'web1', sleeper());
    await waitUntilStatus('it to run', ({ isConverged, apps }) => isConverged && apps.length === 1);
    const { pid } = fleet.host('web1').supervisord;
    process.kill(pid, 'SIGSTOP');
    try {
      await waitUntilStatus('the silence', ({ isConverged }) => !isConverged);
      const { stdout } = await fleet.run(['ps', 'web']);
      expect(stdout).toMatch(/^web1 +web:web +RUNNING +\d+ +- +last known: supervisord does not/m);
      expect((await fleet.run(['status', 'web'])).stdout).toContain('last known: RUNNING');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await waitUntilStatus('web1 to answer', ({ isConverged }) => isConverged);
  });

  it('tells an agent that was ended from one that was lost', async () => {
    await fleet.put('web', 'web2', sleeper());
    await waitUntilStatus('it to run', ({ isConverged, apps }) => isConverged && apps.length === 1);
    await fleet.host('web2').agent.terminate();
    const now = await status();
    expect(words(now)).toEqual(['web web2 lost AgentEnded']);
    fleet.host('web2').agent.start();
    await waitUntilStatus('web2 to be back', ({ isConverged }) => isConverged);
  });

  it('takes no key without a lease for a host, whoever wrote it, and forgets it when told', async () => {
    const head = JSON.stringify({ ...(await fleet.report('web2')), instance: 'somebody else' });
    const ghost = `${fleetPrefix}/hosts/ghost`;
    await fleet.etcd.put(ghost, head.replace('"web2"', '"ghost"'));
    expect((await status()).hosts.map(({ host }) => host)).not.toContain('ghost');
    expect((await fleet.run(['forget', 'ghost'])).code).toBe(0);
    expect(await fleet.etcd.get(ghost)).toBeUndefined();
    expect(await fleet.run(['forget', 'ghost'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nothing is known of a host "ghost"'),
    });

    // The agent of a host whose name was taken by hand is not silenced by that.
    await fleet.host('web2').agent.terminate();
    await fleet.etcd.put(`${fleetPrefix}/hosts/web2`, head);
    expect((await status()).summary.hostsLost).toBe(1);
    fleet.host('web2').agent.start();
    await waitUntilStatus('web2 to be back', ({ summary }) => summary.hostsLost === 0);
    expect(await fleet.report('web2')).not.toMatchObject({ instance: 'somebody else' });

    const { ID } = (await fleet.etcd.call('/v3/lease/grant', { TTL: 600 })) as { ID: string };
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    await fleet.etcd.call('/v3/kv/put', { key: base64(ghost), value: base64(head), lease: ID });
    const refused = await fleet.run(['forget', 'ghost']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`its key ${ghost} has a lease`);
    expect(refused.stderr).toContain(`etcdctl del ${ghost}`);
    await fleet.etcd.call('/v3/lease/revoke', { ID });
  });

  it('finds a host again whose lease somebody revoked', async () => {
    const answer = await fleet.etcd.call('/v3/kv/range', {
      key: Buffer.from(`${fleetPrefix}/hosts/web1`).toString('base64'),
    });
    const [{ lease = '' } = {}] = answer['kvs'] as readonly { readonly lease?: string }[];
    await fleet.etcd.call('/v3/lease/revoke', { ID: lease });
    await waitUntilStatus('web1 to be back', ({ summary }) => summary.hostsLost === 0);
  });

  it('ends with 1 when etcd is not reachable', async () => {
    const { code, stdout, stderr } = await fleet.run([
      'status',
      '--json',
      '--etcd',
      'http://127.0.0.1:1',
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('etcd is not reachable');
    expect(JSON.parse(stdout)).toMatchObject({ error: expect.stringContaining('not reachable') });
  });
});
