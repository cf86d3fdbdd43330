/**
 * The agent as its systemd unit runs it, as far as that can be seen without systemd: what it tells a
 * notify socket, what it may not do in the sandbox and does not need to, which system calls it makes.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AgentHost, sleeper, startAgentHost } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { startSupervisord } from '../../support/supervisord.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';
import { straced, whyNoStrace } from '../support/strace.ts';

const unitPath = join(findProjectRoot(), 'deploy/supervene.service');
const unit = readFileSync(unitPath, 'utf8');

/** All values of a directive of the unit, in their order. */
function directive(name: string): readonly string[] {
  return unit
    .split('\n')
    .filter((line) => line.startsWith(`${name}=`))
    .map((line) => line.slice(name.length + 1));
}

function isThere(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}

let temp: TempDir;
let etcd: Etcd;
let host: AgentHost | undefined;
const children: ChildProcess[] = [];
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());
beforeEach(async () => {
  temp = await createTempDir('unit');
});
afterEach(async () => {
  await host?.stop();
  host = undefined;
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await temp.remove();
});

/** As systemd listens: prints each datagram as a line of JSON, and takes no descriptors. */
const listener = `
import json, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(json.dumps(s.recv(65536).decode().split("\\n")), flush=True)
`;

async function listen(): Promise<{ readonly path: string; heard(): readonly string[] }> {
  const path = join(temp.path, 'notify');
  let text = '';
  const child = spawn('python3', ['-c', listener, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await waitFor('the notify socket', () => existsSync(path));
  const lines = (): readonly string[] => text.split('\n').slice(0, -1);
  return {
    path,
    heard: () => lines().flatMap((line) => JSON.parse(line) as readonly string[]),
  };
}

describe('what systemd is told', () => {
  it('is READY without etcd, a beat for as long as the agent runs, a status, and STOPPING', async (ctx) => {
    if (!isThere('systemd-notify')) ctx.skip('systemd-notify is not installed');
    const socket = await listen();
    host = await startAgentHost({
      etcd,
      etcdEndpoint: 'http://127.0.0.1:1',
      environment: { NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: '3000000' },
    });
    const beats = (): number => socket.heard().filter((word) => word === 'WATCHDOG=1').length;
    await waitFor('READY=1', () => socket.heard().includes('READY=1'));
    await waitFor('some beats', () => beats() >= 3);
    const status = socket.heard().findLast((word) => word.startsWith('STATUS='));
    expect(status).toMatch(/^STATUS=.*etcd/);
    await host.agent.terminate();
    expect(socket.heard()).toContain('STOPPING=1');
    const atEnd = beats();
    expect(socket.heard().slice(socket.heard().indexOf('STOPPING=1'))).not.toContain('WATCHDOG=1');
    expect(beats()).toBe(atEnd);
  });

  it('D11: is nothing while the whole process hangs, and the beats come back with it', async (ctx) => {
    if (!isThere('systemd-notify')) ctx.skip('systemd-notify is not installed');
    const socket = await listen();
    const environment = { NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: '600000' };
    host = await startAgentHost({ etcd, environment });
    const beats = (): number => socket.heard().filter((word) => word === 'WATCHDOG=1').length;
    await waitFor('the first beat', () => beats() > 0);
    process.kill(host.agent.pid, 'SIGSTOP');
    let before = -1;
    // One that is under way may still arrive.
    await waitFor(
      'the beats to end',
      () => {
        const isQuiet = beats() === before;
        before = beats();
        return isQuiet;
      },
      { intervalMs: 2_000 },
    );
    process.kill(host.agent.pid, 'SIGCONT');
    await waitFor('the next beat', () => beats() > before);
  });
});

describe('the unit', () => {
  it('is understood by systemd, and exposed to at most 2.1', (ctx) => {
    if (!isThere('systemd-analyze')) ctx.skip('systemd-analyze is not installed');
    const path = join(temp.path, 'supervene.service');
    writeFileSync(path, unit.replace('/usr/local/bin/supervene agent', '/bin/true'));
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', path], {
      encoding: 'utf8',
    });
    // What is said of the units of this machine is not said of ours.
    const said = verified.stderr.split('\n').filter((line) => line.includes('supervene'));
    expect(said).toEqual([]);
    const security = ['security', '--offline=true', '--no-pager', path];
    const { stdout } = spawnSync('systemd-analyze', security, { encoding: 'utf8' });
    const score = /exposure level for supervene\.service: ([\d.]+)/.exec(stdout)?.[1];
    expect(Number(score)).toBeGreaterThan(0);
    expect(Number(score)).toBeLessThanOrEqual(2.1);
  });

  it('allows every system call that the agent makes, and what it starts', async (ctx) => {
    const why = whyNoStrace();
    if (why !== undefined) ctx.skip(why);
    if (!isThere('systemd-analyze')) ctx.skip('systemd-analyze is not installed');
    const socket = await listen();
    const log = join(temp.path, 'calls');
    host = await startAgentHost({
      etcd,
      within: straced(log, {}),
      environment: {
        ...{ NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: '3000000' },
        SUPERVENE_ADDRESSES: '172.16.238.11',
      },
    });
    await host.agent.waitUntilReady(60_000);
    await live(host);
    await waitFor('a beat', () => socket.heard().includes('WATCHDOG=1'));
    await host.agent.terminate();
    const called = new Set(
      readFileSync(log, 'utf8')
        .split('\n')
        .flatMap((line) => /^\d+ +(\w+)\(/.exec(line)?.[1] ?? []),
    );
    expect(called.size).toBeGreaterThan(40);
    const allowed = allowedCalls(directive('SystemCallFilter'));
    expect([...called].filter((name) => !allowed.has(name)).sort()).toEqual([]);
  });

  it('lets the agent do its work: no capability, a read-only system, and little of /proc', async (ctx) => {
    const why = whyNoSandbox();
    if (why !== undefined) ctx.skip(why);
    const journalDir = join(temp.path, 'state');
    mkdirSync(journalDir, { mode: 0o700 });
    const confDir = join(temp.path, 'conf.d');
    mkdirSync(confDir);
    host = await startAgentHost({
      etcd,
      supervisord: await startSupervisord({ confDir }),
      within: sandbox([journalDir, confDir]),
      environment: { SUPERVENE_ADDRESSES: '172.16.238.11' },
      journalDir,
    });
    await host.agent.waitUntilReady();
    expect(readFileSync(`/proc/${String(host.agent.pid)}/status`, 'utf8')).toMatch(
      /CapEff:\t0{16}\n/,
    );
    await live(host);
    expect(host.agent.output()).not.toMatch(/EROFS|EPERM|EACCES/);
    const refused = await host.publish('user', `${sleeper()}user=nobody-of-this-name\n`);
    await waitFor('the user to be missed', async () =>
      (await host?.view())?.quarantined.some(({ code }) => code === 'E_NO_SUCH_USER'),
    );
    expect(BigInt(refused)).toBeGreaterThan(0n);
  });
});

/** A publish, a change, content that is rolled back, a removal, and a health check by command. */
async function live(on: AgentHost): Promise<void> {
  await on.waitUntilApplied(await on.publish('a', sleeper(1)), { timeoutMs: 60_000 });
  await on.waitUntilApplied(await on.publish('a', sleeper(2)), { timeoutMs: 60_000 });
  await on.publish('a', sleeper(3).replace('/bin/sleep', '/nowhere/at/all'));
  await waitFor(
    'a to be quarantined',
    async () => (await on.view()).quarantined.some(({ app }) => app === 'a'),
    { timeoutMs: 60_000 },
  );
  await on.waitUntilApplied(await on.publish('b', sleeper(1)), { timeoutMs: 60_000 });
  await on.waitUntilApplied(await on.unpublish('b'), { timeoutMs: 60_000 });
  await on.waitForState('a', 'RUNNING');
  await etcd.put(`${on.prefix}/checked/rollout`, '{"healthcheck":{"command":"/bin/true"}}');
  await on.waitUntilApplied(await on.publish('checked', sleeper(1)), { timeoutMs: 60_000 });
  expect((await on.view()).quarantined.filter(({ app }) => app === 'checked')).toEqual([]);
  expect(statSync(on.filePath('a')).mode & 0o777).toBe(0o600);
}

/** As systemd reads them: the first list allows, a later one adds, one with `~` takes away. */
function allowedCalls(filters: readonly string[]): ReadonlySet<string> {
  const allowed = new Set<string>(callsOf('@default'));
  for (const filter of filters) {
    const isTaken = filter.startsWith('~');
    for (const name of filter.replace('~', '').split(' ').flatMap(callsOf)) {
      if (isTaken) allowed.delete(name);
      else allowed.add(name);
    }
  }
  return allowed;
}

function callsOf(name: string): readonly string[] {
  if (!name.startsWith('@')) return [name];
  const { stdout } = spawnSync('systemd-analyze', ['syscall-filter', name], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap(callsOf);
}

/** As ProtectSystem=strict, ProtectProc=, ProcSubset= and CapabilityBoundingSet= make it. */
function sandbox(writable: readonly string[]): readonly string[] {
  const script = [
    'set -e',
    'mount --make-rprivate /',
    ...writable.map((path) => `mount --bind '${path}' '${path}'`),
    // Every mount but those of the kernel; those of others may not be ours to change.
    `awk '{print $5}' /proc/self/mountinfo | grep -Ev '^/(proc|sys|dev)' | sort -u | while read -r m; do
       case "$m" in ${writable.map((path) => `'${path}'`).join('|')}) ;; *)
         mount -o remount,bind,ro "$m" 2>/dev/null || true ;; esac
     done`,
    'mount -t proc -o subset=pid,hidepid=2 proc /proc',
    'umask 0077',
    'exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$@"',
  ].join('\n');
  return ['unshare', '--mount', 'sh', '-c', script, 'sandbox'];
}

function whyNoSandbox(): string | undefined {
  const [command = '', ...args] = sandbox(['/var/tmp']);
  const run = spawnSync(command, [...args, 'sh', '-c', '! touch /etc/sv-written 2>/dev/null'], {
    encoding: 'utf8',
  });
  return run.status === 0 ? undefined : `no sandbox can be made here: ${run.stderr.trim()}`;
}
