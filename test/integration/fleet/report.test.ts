/** What a real agent tells in a real etcd, as any other program would read it there. */
import { afterEach, describe, expect, it } from 'vitest';
import type { AppReport, HostReport } from '../../../src/domain/fleet/hostReport.ts';
import { decodeReport } from '../../../src/domain/fleet/reportCodec.ts';
import { runSupervene } from '../../support/agent.ts';
import { type AgentHost, sleeper, startAgentHost } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { waitFor } from '../../support/waitFor.ts';

const started: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop();
});

const fleetPrefix = '/services/fleet';

async function startHost(
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly etcd: Etcd; readonly host: AgentHost }> {
  const etcd = await startEtcd();
  started.push(etcd);
  const host = await startAgentHost({
    etcd,
    environment: { SUPERVENE_FLEET_TTL: '5s', ...environment },
  });
  started.push(host);
  return { etcd, host };
}

interface Stored {
  readonly report: HostReport;
  readonly modRevision: string;
  readonly lease: string;
  readonly parts: number;
}

/** Undefined when there is none. */
async function stored(etcd: Etcd, host: string, kind = 'hosts'): Promise<Stored | undefined> {
  const start = `${fleetPrefix}/${kind}/${host}`;
  const read = async (key: string, end?: string) => {
    const body = {
      key: Buffer.from(key).toString('base64'),
      ...(end === undefined ? {} : { range_end: Buffer.from(end).toString('base64') }),
    };
    const answer = (await etcd.call('/v3/kv/range', body)) as { readonly kvs?: readonly RawKv[] };
    return answer.kvs ?? [];
  };
  const [head] = await read(start);
  if (head === undefined) return undefined;
  const rest = await read(`${start}/`, `${start}0`);
  const parts = rest.map(({ key, value }) => {
    const number = Number(
      Buffer.from(key, 'base64')
        .toString()
        .slice(start.length + 1),
    );
    return [number, Buffer.from(value ?? '', 'base64')] as const;
  });
  const decoded = decodeReport(Buffer.from(head.value ?? '', 'base64'), new Map(parts));
  if (!decoded.ok) throw new Error(decoded.error);
  expect(decoded.value.faults).toEqual([]);
  const { mod_revision: modRevision, lease = '0' } = head;
  return { report: decoded.value.report, modRevision, lease, parts: parts.length };
}

interface RawKv {
  readonly key: string;
  readonly value?: string;
  readonly mod_revision: string;
  readonly lease?: string;
}

const reported = (etcd: Etcd, { name }: AgentHost) => waitFor('a report', () => stored(etcd, name));

function waitForApp(
  etcd: Etcd,
  { name }: AgentHost,
  app: string,
  is: (report: AppReport) => boolean,
): Promise<Stored> {
  let last: AppReport | undefined;
  return waitFor(`the report of ${app}`, async () => {
    const found = await stored(etcd, name);
    last = found?.report.apps.find((one) => one.app === app);
    if (last !== undefined && is(last)) return found;
    throw new Error(JSON.stringify(last));
  });
}

const isConverged =
  (revision: string) =>
  ({ condition, wantedRevision, appliedRevision }: AppReport): boolean =>
    condition === 'converged' && wantedRevision === revision && appliedRevision === revision;

const lives = (n: number) => `command=/bin/sleep 1000\nstartsecs=1\nenvironment=N="${String(n)}"\n`;

describe('an agent', () => {
  it('tells of each app where it stands, under its lease and for good', async () => {
    const { etcd, host } = await startHost();
    const revision = await host.publish('a', lives(1));
    const found = await waitForApp(etcd, host, 'a', isConverged(revision));
    expect(found.report).toMatchObject({
      host: host.name,
      addresses: expect.arrayContaining(['172.16.238.11']) as string[],
      problems: [],
      others: [],
      apps: [{ app: 'a', processes: [{ id: 'a:a', state: 'RUNNING' }] }],
    });
    expect(found.lease).not.toBe('0');
    const known = await stored(etcd, host.name, 'known');
    expect(known).toEqual({ ...found, lease: '0' });
    // Published again as it is: nothing to do, and done.
    const again = await host.publish('a', lives(1));
    await waitForApp(etcd, host, 'a', isConverged(again));
    await host.publish('a', 'command=/bin/false\nstartsecs=1\nstartretries=0\n');
    const failed = await waitForApp(etcd, host, 'a', (told) => {
      return told.condition === 'rolled-back' && told.appliedRevision === revision;
    });
    expect(failed.report.apps[0]).toMatchObject({ code: 'E_FATAL' });
    await host.unpublish('a');
    await waitFor('its end', async () => (await stored(etcd, host.name))?.report.apps.length === 0);
  });

  it('writes nothing for as long as what is published concerns others', async () => {
    const { etcd, host } = await startHost();
    const revision = await host.publish('a', sleeper());
    const before = await waitForApp(etcd, host, 'a', isConverged(revision));
    const elsewhere = await etcd.txn({
      [`${host.prefix}/b/ips`]: '10.99.0.1',
      [`${host.prefix}/b/content`]: 'command=/bin/true',
    });
    await waitFor('the agent to see it', async () => {
      return (await host.view()).observedRevision === elsewhere;
    });
    // It may have something of its own to say still: from then on it says nothing.
    const settled = await waitFor('a quiet time', async () => {
      const first = await stored(etcd, host.name);
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      const second = await stored(etcd, host.name);
      return first?.modRevision === second?.modRevision && second;
    });
    expect(settled.report.apps).toEqual(before.report.apps);
    // With the next thing that it has to say it tells of that too.
    const next = await host.publish('c', sleeper());
    const caughtUp = await waitForApp(etcd, host, 'c', isConverged(next));
    expect(BigInt(caughtUp.report.observedRevision)).toBeGreaterThan(BigInt(elsewhere));
  });

  it('finds its lease again when somebody took it', async () => {
    const { etcd, host } = await startHost();
    const revision = await host.publish('a', sleeper());
    const before = await waitForApp(etcd, host, 'a', isConverged(revision));
    etcd.etcdctl('lease', 'revoke', BigInt(before.lease).toString(16));
    expect(await stored(etcd, host.name)).toBeUndefined();
    const after = await reported(etcd, host);
    expect(after.lease).not.toBe(before.lease);
    expect(after.report.apps).toEqual(before.report.apps);
    const revoked = await fetch(`${host.agent.url}/metrics`).then((answer) => answer.text());
    expect(revoked).toContain('supervene_fleet_leases_lost_total 1');
    await waitFor('the connection', async () => {
      const text = await fetch(`${host.agent.url}/metrics`).then((answer) => answer.text());
      return text.includes('supervene_fleet_connected 1');
    });
  });

  it('is found again by an etcd that was away for longer than its lease', async () => {
    const { etcd, host } = await startHost();
    const revision = await host.publish('a', sleeper());
    await waitForApp(etcd, host, 'a', isConverged(revision));
    await etcd.kill();
    await waitFor('the agent to notice', () =>
      host.agent.output().includes('may take this host for lost'),
    );
    await etcd.start();
    const next = await host.publish('a', sleeper(2));
    await waitForApp(etcd, host, 'a', isConverged(next));
  });

  it('that is killed leaves what is known of it, and goes on from there', async () => {
    const { etcd, host } = await startHost();
    const revision = await host.publish('a', sleeper());
    const before = await waitForApp(etcd, host, 'a', isConverged(revision));
    await host.agent.kill();
    await waitFor('the lease to run out', async () => !(await stored(etcd, host.name)));
    const known = await stored(etcd, host.name, 'known');
    expect(known?.report).toEqual(before.report);
    expect(known?.report.endedAtMs).toBeUndefined();
    host.agent.start();
    const after = await waitForApp(etcd, host, 'a', isConverged(revision));
    expect(after.report.instance).toBe(before.report.instance);
    expect(after.report.startedAtMs).toBeGreaterThan(before.report.startedAtMs);
    expect(after.report.apps[0]?.sinceMs).toBe(before.report.apps[0]?.sinceMs);
  });

  it('that is killed and started at once takes over from itself', async () => {
    const { etcd, host } = await startHost({ SUPERVENE_FLEET_TTL: '60s' });
    const before = await reported(etcd, host);
    await host.agent.kill();
    host.agent.start();
    await waitFor('the new life', async () => {
      const found = await stored(etcd, host.name);
      return found !== undefined && found.report.startedAtMs > before.report.startedAtMs;
    });
  });

  it('whose process bounces for ever writes ever more slowly', async () => {
    const { host } = await startHost({ SUPERVENE_ROLLBACK: 'off', SUPERVENE_POLL: '200ms' });
    await host.publish('a', 'command=/bin/sleep 0.3\nstartsecs=0\nautorestart=true\n');
    const writes = async (): Promise<number> => {
      const text = await fetch(`${host.agent.url}/metrics`).then((answer) => answer.text());
      return Number(/^supervene_fleet_writes_total (\d+)$/m.exec(text)?.[1]);
    };
    await waitFor('a burst', async () => (await writes()) >= 12, { timeoutMs: 60_000 });
    const [before, beganMs] = [await writes(), performance.now()];
    await waitFor('more', async () => (await writes()) >= before + 3, { timeoutMs: 60_000 });
    // Never sooner: one of them may just have been due, and revisions are told beside that.
    expect(performance.now() - beganMs).toBeGreaterThan(4_000);
  });

  it('says when it was told to end', async () => {
    const { etcd, host } = await startHost();
    await reported(etcd, host);
    expect(await host.agent.terminate()).toBe(0);
    expect(await stored(etcd, host.name)).toBeUndefined();
    const known = await stored(etcd, host.name, 'known');
    expect(known?.report.endedAtMs).toBeGreaterThan(known?.report.startedAtMs ?? Infinity);
    host.agent.start();
    expect((await reported(etcd, host)).report.endedAtMs).toBeUndefined();
    const anew = await stored(etcd, host.name, 'known');
    expect(anew?.report.endedAtMs).toBeUndefined();
  });

  it('says nothing where it is told not to', async () => {
    const { etcd, host } = await startHost({ SUPERVENE_FLEET_REPORT: 'off' });
    await host.waitUntilApplied(await host.publish('a', sleeper()));
    expect(await stored(etcd, host.name)).toBeUndefined();
  });

  it('spreads many apps over parts, and takes away those that it needs no more', async () => {
    const { etcd, host } = await startHost({ SUPERVENE_ALLOW_REMOVALS: 'true' });
    const names = Array.from({ length: 60 }, (_, index) => `app${String(index).padStart(2, '0')}`);
    const three = 'numprocs=3\nprocess_name=%(program_name)s_%(process_num)d\n';
    const revision = await host.publish(
      names,
      `command=/bin/sleep 1000\nautostart=false\n${three}`,
    );
    const many = await waitFor(
      'all of them',
      async () => {
        const found = await stored(etcd, host.name);
        return found?.report.apps.filter(isConverged(revision)).length === names.length && found;
      },
      { timeoutMs: 60_000 },
    );
    expect(many.parts).toBeGreaterThan(0);
    await host.unpublish(...names.slice(1));
    await waitFor(
      'the rest to go',
      async () => {
        const found = await stored(etcd, host.name);
        return found?.report.apps.length === 1 && found.parts === 0;
      },
      { timeoutMs: 60_000 },
    );
    expect((await stored(etcd, host.name, 'known'))?.parts).toBe(0);
  });
});

describe('two agents of one name', () => {
  it('do not overwrite one another: the second waits until the first has ended', async () => {
    const { etcd, host } = await startHost();
    const first = await reported(etcd, host);
    const second = await startAgentHost({
      ...{ etcd, name: host.name },
      environment: { SUPERVENE_FLEET_TTL: '5s' },
    });
    started.push(second);
    await waitFor('the complaint', () => second.agent.output().includes('another agent says'));
    expect(second.agent.output()).toContain(first.report.instance);
    expect((await stored(etcd, host.name))?.report.instance).toBe(first.report.instance);
    const revision = await host.publish('a', sleeper());
    await second.waitUntilApplied(revision);
    await waitForApp(etcd, host, 'a', isConverged(revision));
    const restart = () =>
      runSupervene(['restart', 'a', '--host', host.name], {
        environment: { SUPERVENE_ETCD: etcd.endpoint, SUPERVENE_PREFIX: host.prefix },
      });
    const [before, others] = [(await host.pids())['a'], (await second.pids())['a']];
    for (let time = 0; time < 3; time++) expect((await restart()).code).toBe(0);
    expect((await host.pids())['a']).not.toBe(before);
    expect((await second.pids())['a']).toBe(others);
    await host.agent.terminate();
    await waitFor('the other one', async () => {
      const found = await stored(etcd, host.name);
      return found !== undefined && found.report.instance !== first.report.instance;
    });
    expect((await restart()).code).toBe(0);
    expect((await second.pids())['a']).not.toBe(others);
  });
});
