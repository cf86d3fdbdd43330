/**
 * The least that the agent may do in etcd, as docs/security.md writes it down: read the apps, write about
 * its own host, and take turns with others.
 */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSupervene } from '../../support/agent.ts';
import { type AgentHost, sleeper, startAgentHost } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { createEtcdGateway } from '../../support/etcdGateway.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

const prefix = '/test/least/apps';
const password = 'password-of-the-host';
const user = 'host-least';

let temp: TempDir;
let etcd: Etcd;
let host: AgentHost;
beforeAll(async () => {
  temp = await createTempDir('role');
  const passwordFile = join(temp.path, 'etcd-password');
  writeFileSync(passwordFile, `${password}\n`);
  chmodSync(passwordFile, 0o600);
  etcd = await startEtcd();
  etcd.enableAuth('password-of-root');
  for (const words of recipe()) etcd.etcdctl(...words);
  host = await startAgentHost({
    etcd,
    name: 'least',
    environment: {
      SUPERVENE_ETCD_USERNAME: user,
      SUPERVENE_ETCD_PASSWORD_FILE: passwordFile,
    },
  });
});
afterAll(async () => {
  await host.stop();
  await etcd.stop();
  await temp.remove();
});

/** The lines of etcdctl that docs/security.md tells people to run, for this host and prefix. */
function recipe(): readonly (readonly string[])[] {
  const text = readFileSync(join(findProjectRoot(), 'docs/security.md'), 'utf8');
  const lines = text.split('\n').filter((line) => /^etcdctl (?:role|user) /.test(line.trim()));
  expect(lines.length).toBe(18);
  return lines.map((line) =>
    line
      .trim()
      .replace('/services/apps/', `${prefix}/`)
      .replaceAll('host-web1', user)
      .replaceAll(/(?<=\/)web1\b/g, 'least')
      .replace('"$PASSWORD"', password)
      .split(' ')
      .slice(1),
  );
}

describe('the least role', () => {
  it('is enough for the agent: a publish, a change and a removal', async () => {
    await host.waitUntilApplied(await host.publish(['a', 'b'], sleeper(1)));
    await host.waitUntilApplied(await host.publish('a', sleeper(2)));
    await host.waitUntilApplied(await host.unpublish('b'));
    expect(await host.waitForState('a', 'RUNNING')).toBeDefined();
    expect(host.fileText('b')).toBeUndefined();
    expect((await host.readiness()).reasons).toBe('');
  });

  it('is enough after etcd was restarted, when every login has to be made anew', async () => {
    await etcd.restart();
    await host.waitUntilApplied(await host.publish('a', sleeper(3)));
  });

  it('is enough to tell the fleet, before and after the lease was lost', async () => {
    const told = () => etcd.get('/services/fleet/hosts/least');
    expect(await waitFor('a report', told)).toContain('"host":"least"');
    const answer = await etcd.call('/v3/lease/leases', {});
    for (const { ID } of answer['leases'] as readonly { readonly ID: string }[]) {
      await etcd.call('/v3/lease/revoke', { ID });
    }
    expect(await told()).toBeUndefined();
    expect(await waitFor('a report', told)).toContain('"host":"least"');
    expect(await etcd.get('/services/fleet/known/least')).toContain('"app":"a"');
    expect(host.agent.output()).not.toContain('permission denied');
  });

  it('is enough to act on what is asked of this host', async () => {
    const order = { type: 'Retry', app: 'a' };
    const request = { id: 'r1', order, by: 'alice', from: 'laptop', atMs: Date.now() };
    await etcd.put('/services/fleet/requests/least/r1', JSON.stringify(request));
    const answer = () => etcd.get('/services/fleet/answers/least/r1');
    await waitFor('the answer', async () => (await answer())?.includes('"Done"'));
    expect(await etcd.get('/services/fleet/requests/least/r1')).toBeUndefined();
  });

  it('is enough to take its turn', async () => {
    await etcd.put(`${prefix}/turned/rollout`, '{"maxUnavailable":1,"drain":"100ms"}');
    await host.waitUntilApplied(await host.publish('turned', sleeper(1)));
    const before = await host.waitForState('turned', 'RUNNING');
    await host.waitUntilApplied(await host.publish('turned', sleeper(2)), { timeoutMs: 60_000 });
    expect((await host.waitForState('turned', 'RUNNING')).pid).not.toBe(before.pid);
    const left = (): string => etcd.etcdctl('get', '--prefix', '/services/fleet/rollouts/');
    await waitFor('the turn to be given on', () => left().trim() === '');
  });

  it('is refused when it writes for others, whatever their names begin with', async () => {
    const gateway = createEtcdGateway(etcd.endpoint);
    gateway.login(user, password);
    await gateway.put('/services/fleet/known/least/9', '{}');
    await gateway.del('/services/fleet/known/least/9');
    for (const kind of ['hosts', 'known', 'requests', 'answers']) {
      for (const key of ['other', 'least1', 'least1/1', 'other/1', 'leas', '']) {
        const write = gateway.put(`/services/fleet/${kind}/${key}`, 'x');
        await expect(write, `${kind}/${key}`).rejects.toThrow(/permission denied/);
      }
    }
    for (const key of ['history/a/0000000001', 'other']) {
      await expect(gateway.put(`/services/fleet/${key}`, 'x')).rejects.toThrow(/permission denied/);
    }
  });

  it('is refused when it writes, and when it reads anything else', async () => {
    const gateway = createEtcdGateway(etcd.endpoint);
    gateway.login(user, password);
    expect(await gateway.get(`${prefix}/a/ips`)).toBeDefined();
    const denied = /permission denied/;
    await expect(gateway.put(`${prefix}/a/ips`, '*')).rejects.toThrow(denied);
    await expect(gateway.del(`${prefix}/a/ips`)).rejects.toThrow(denied);
    await expect(gateway.delPrefix(`${prefix}/`)).rejects.toThrow(denied);
    await expect(gateway.get('/services/fleet/requests/other/1')).rejects.toThrow(denied);
    await expect(gateway.get('/services/fleet/history/a/0000000001')).rejects.toThrow(denied);
    await expect(gateway.put('/services/fleet/renders/least', '{}')).rejects.toThrow(denied);
    await expect(gateway.get('/')).rejects.toThrow(denied);
    await expect(gateway.get(`${prefix}2/a/ips`)).rejects.toThrow(denied);
    await expect(gateway.txn({ [`${prefix}/a/ips`]: '*' })).rejects.toThrow(denied);
  });

  it('cannot publish', async () => {
    const environment = { ...host.agent.environment, SUPERVENE_JOURNAL: temp.path };
    for (const more of [[], ['--no-history']]) {
      const args = ['unpublish', 'a', ...more];
      const outcome = await runSupervene(args, { environment: etcdOf(environment) });
      expect(outcome).toMatchObject({ code: 1 });
      expect(outcome.stderr).toMatch(/permission denied|account host-least may not/);
    }
    expect(await etcd.get(`${prefix}/a/ips`)).toBeDefined();
  });
});

function etcdOf(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const names = /^SUPERVENE_(?:ETCD|PREFIX)/;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => names.test(name)));
}
