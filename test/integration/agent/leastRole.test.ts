/** The least that the agent may do in etcd, as docs/security.md writes it down: read the apps, no more. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSupervene } from '../../support/agent.ts';
import { type AgentHost, sleeper, startAgentHost } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { createEtcdGateway } from '../../support/etcdGateway.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

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
  expect(lines.length).toBe(4);
  return lines.map((line) =>
    line
      .trim()
      .replace('/services/apps/', `${prefix}/`)
      .replaceAll('host-web1', user)
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

  it('is refused when it writes, and when it reads anything else', async () => {
    const gateway = createEtcdGateway(etcd.endpoint);
    gateway.login(user, password);
    expect(await gateway.get(`${prefix}/a/ips`)).toBeDefined();
    const denied = /permission denied/;
    await expect(gateway.put(`${prefix}/a/ips`, '*')).rejects.toThrow(denied);
    await expect(gateway.del(`${prefix}/a/ips`)).rejects.toThrow(denied);
    await expect(gateway.delPrefix(`${prefix}/`)).rejects.toThrow(denied);
    await expect(gateway.get('/services/fleet/hosts/other')).rejects.toThrow(denied);
    await expect(gateway.get('/')).rejects.toThrow(denied);
    await expect(gateway.get(`${prefix}2/a/ips`)).rejects.toThrow(denied);
    await expect(gateway.txn({ [`${prefix}/a/ips`]: '*' })).rejects.toThrow(denied);
  });

  it('cannot publish', async () => {
    const environment = { ...host.agent.environment, SUPERVENE_JOURNAL: temp.path };
    const args = ['unpublish', 'a'];
    const outcome = await runSupervene(args, { environment: etcdOf(environment) });
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.stderr).toMatch(/permission denied/);
    expect(await etcd.get(`${prefix}/a/ips`)).toBeDefined();
  });
});

function etcdOf(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const names = /^SUPERVENE_(?:ETCD|PREFIX)/;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => names.test(name)));
}
