/**
 * From two keys in etcd to running processes and back, with both drivers: only what changed is
 * touched, and what fails is rolled back.
 */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  base64,
  hostAddress,
  keyOf,
  type PublishHost,
  startPublishHost,
} from '../../support/publishHost.ts';
import { waitFor } from '../../support/waitFor.ts';

/** The keys of the system that is replaced, byte for byte. */
const seedIps = '172.16.238.11,172.16.238.12,172.16.238.13';
const seedContent =
  'Y29tbWFuZCA9IC9wcm9qZWN0L2RlbW9fd2Vic2l0ZQpwcm9jZXNzX25hbWU9JShwcm9ncmFtX25hbWUpcwpzdGFydHNl' +
  'Y3MgPSAwCm51bXByb2NzID0gMQphdXRvc3RhcnQgPSB0cnVlCmF1dG9yZXN0YXJ0ID0gdHJ1ZQ==';
const seedBody = Buffer.from(seedContent, 'base64').toString();

describe.each(['supervisorctl', 'rpc'])('publishing with the %s driver', (driver) => {
  let host: PublishHost;
  beforeAll(async () => {
    host = await startPublishHost({ SUPERVENE_DRIVER: driver });
  });
  afterAll(() => host.stop());

  const fileOf = (app: string): string | undefined => host.files().get(`${app}.supervene.conf`);
  const inodeOf = (app: string): number =>
    statSync(join(host.supervisord.confDir, `${app}.supervene.conf`)).ino;
  const pidsOf = async (): Promise<Readonly<Record<string, number>>> =>
    Object.fromEntries(
      (await host.supervisord.processes()).map(({ group, pid }) => [group, pid] as const),
    );
  /** Everything observed is applied, and nothing is under way. */
  const waitUntilApplied = async (revision: string): Promise<void> => {
    await waitFor(`revision ${revision} to be applied`, async () => {
      const { observedRevision, plan } = await host.state();
      return BigInt(observedRevision) >= BigInt(revision) && plan.steps.length === 0;
    });
    await host.agent.waitUntilReady();
  };
  const quarantineOf = async (app: string) =>
    (await host.state()).quarantined.find((each) => each.app === app);
  const waitForQuarantine = (app: string, code: string) =>
    waitFor(
      `${app} to be quarantined with ${code}`,
      async () => {
        const found = await quarantineOf(app);
        return found?.code === code && found;
      },
      // Three starts have to be seen: a loaded machine takes its time.
      { timeoutMs: 50_000 },
    );

  it('makes the very keys of the replaced system a file with a marker', async () => {
    await host.etcd.txn({
      [keyOf('seed', 'ips')]: seedIps,
      [keyOf('seed', 'content')]: seedContent,
    });
    const text = await waitFor('the file', () => fileOf('seed'));
    const [marker = '', ...rest] = text.split('\n');
    expect(marker).toMatch(/^;.*supervene.*\bseed\b.*\b[0-9a-f]{64}\b/);
    expect(rest).toEqual(
      expect.arrayContaining([
        '[group:seed]',
        'programs=seed',
        'priority=20',
        '[program:seed]',
        'command=/project/demo_website',
        'stdout_logfile=/dev/stdout',
        'stderr_logfile_maxbytes=0',
      ]),
    );
    await host.publish({ seed: undefined });
    await waitFor('the file to go', () => fileOf('seed') === undefined);
  });

  it('runs what is published, whichever key comes first', async () => {
    const content = base64(seedBody.replace('/project/demo_website', 'sleep 1001'));
    await host.etcd.put(keyOf('demo1', 'ips'), seedIps);
    await host.etcd.put(keyOf('demo1', 'content'), content);
    await host.etcd.put(keyOf('demo2', 'content'), content);
    await host.etcd.put(keyOf('demo2', 'ips'), seedIps);
    await host.waitForCommand('demo1', 'sleep 1001');
    await host.waitForCommand('demo2', 'sleep 1001');
  });

  it('touches nothing when only other hosts come or go', async () => {
    const before = { pids: await pidsOf(), text: fileOf('demo1'), inode: inodeOf('demo1') };
    for (const ips of [`${hostAddress},172.16.238.12`, `10.0.0.0/8, ${hostAddress},`, seedIps]) {
      await waitUntilApplied(await host.etcd.put(keyOf('demo1', 'ips'), ips));
      const after = { pids: await pidsOf(), text: fileOf('demo1'), inode: inodeOf('demo1') };
      expect(after).toEqual(before);
    }
  });

  it('restarts only the app whose content changed', async () => {
    const before = await pidsOf();
    await host.publish({ demo1: 'command=sleep 1002\nstartsecs=0\n' });
    const { pid } = await host.waitForCommand('demo1', 'sleep 1002');
    expect(await pidsOf()).toEqual({ ...before, demo1: pid });
    expect(pid).not.toBe(before['demo1']);
  });

  it('takes the app away when the placement no longer names this host', async () => {
    const before = await pidsOf();
    await waitUntilApplied(await host.etcd.put(keyOf('demo1', 'ips'), '172.16.238.12'));
    await waitFor('the process to go', async () => (await host.process('demo1')) === undefined);
    expect(fileOf('demo1')).toBeUndefined();
    const { demo1: _gone, ...others } = before;
    expect(await pidsOf()).toEqual(others);
    await host.etcd.put(keyOf('demo1', 'ips'), `172.16.238.12,${hostAddress}`);
    await host.waitForCommand('demo1', 'sleep 1002');
  });

  it('starts thirty apps of one transaction, each once', async () => {
    const before = await pidsOf();
    const names = Array.from({ length: 30 }, (_, index) => `many${String(index)}`);
    await host.publish(
      Object.fromEntries(names.map((name) => [name, 'command=sleep 1003\nstartsecs=0\n'])),
    );
    const pids: Record<string, number> = {};
    for (const name of names) pids[name] = (await host.waitForCommand(name, 'sleep 1003')).pid;
    await host.agent.waitUntilReady();
    expect(await pidsOf()).toEqual({ ...before, ...pids });
  });

  it('puts the last good version back when the new one is FATAL, until somebody retries', async () => {
    const flag = join(host.supervisord.dir, 'fatal-is-mended');
    await host.publish({ fatal: 'command=sleep 1004\nstartsecs=1\n' });
    await host.waitForCommand('fatal', 'sleep 1004');
    const bad = `command=sh -c "test -f ${flag} && exec sleep 1005"\nstartsecs=1\nstartretries=0\n`;
    await host.publish({ fatal: bad });
    await waitForQuarantine('fatal', 'E_FATAL');
    const { pid } = await host.waitForCommand('fatal', 'sleep 1004');
    expect(fileOf('fatal')).toContain('command=sleep 1004\n');
    await expectHeld('fatal', 'E_FATAL');

    writeFileSync(flag, '');
    expect(await host.run('retry', 'fatal')).toMatchObject({ code: 0 });
    const mended = await host.waitForCommand('fatal', 'sleep 1005');
    expect(mended.pid).not.toBe(pid);
    expect(await quarantineOf('fatal')).toBeUndefined();
  });

  it('puts the last good version back when the new one flaps with startsecs=0', async () => {
    const flag = join(host.supervisord.dir, 'flap-is-mended');
    await host.publish({ flap: 'command=sleep 1006\nstartsecs=0\n' });
    await host.waitForCommand('flap', 'sleep 1006');
    const bad = `command=sh -c "test -f ${flag} && exec sleep 1007"\nstartsecs=0\nautorestart=true\n`;
    await host.publish({ flap: bad });
    await waitForQuarantine('flap', 'E_FLAPPING');
    await host.waitForCommand('flap', 'sleep 1006');
    await expectHeld('flap', 'E_FLAPPING');

    writeFileSync(flag, '');
    await host.publish({ flap: bad.replace('1007', '1008') });
    await host.waitForCommand('flap', 'sleep 1008');
    expect(await quarantineOf('flap')).toBeUndefined();
  });

  async function expectHeld(app: string, code: string): Promise<void> {
    const plan = await host.run('plan');
    expect(plan.stdout).toContain(`${app}: Quarantined: ${code}`);
    const apps = await host.run('apps', '--json');
    const rows = (JSON.parse(apps.stdout) as { apps: { app: string }[] }).apps;
    expect(rows.find((row) => row.app === app)).toMatchObject({ state: 'quarantined', code });
  }
});
