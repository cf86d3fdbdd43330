/** What the cluster of these tests is made of: apart from this machine, and gone with its test. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { createTempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';
import { withReason } from '../support/cluster.ts';
import { type Network, startNetwork, whyNoNamespaces } from '../support/namespaces.ts';

const title = withReason('hosts made of namespaces');

describe.skipIf(whyNoNamespaces() !== undefined)(title, () => {
  const networks: Network[] = [];
  afterEach(async () => {
    for (const network of networks.splice(0)) await network.stop();
  });
  const start = async (): Promise<Network> => {
    const network = await startNetwork();
    networks.push(network);
    return network;
  };

  it('have a name, an address and files of their own, and this machine none of it', async () => {
    const interfaces = Object.keys(networkInterfaces());
    const network = await start();
    const host = await network.startHost('web1-01', '172.16.238.11');
    const said = await host.run([
      'sh',
      '-c',
      'hostname; hostname -i; touch /project/x /etc/x /tmp/x',
    ]);
    expect(said).toEqual({ code: 0, stdout: 'web1-01\n172.16.238.11\n', stderr: '' });
    expect(existsSync(join(host.root, 'project/x'))).toBe(true);
    for (const path of ['/project/x', '/etc/x', '/tmp/x']) expect(existsSync(path)).toBe(false);
    expect(Object.keys(networkInterfaces())).toEqual(interfaces);
  });

  it('are there twice, side by side, and do not meet', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    const [host, stranger] = await Promise.all([
      one.startHost('web1-01', '172.16.238.11'),
      other.startHost('web1-01', '172.16.238.11'),
    ]);
    const friend = await one.startHost('web1-02', '172.16.238.12');
    await host.spawn([process.execPath, '-e', answering]);
    const ask = ['-e', asking('172.16.238.11')];
    await waitFor(
      'an answer',
      async () => (await friend.run([process.execPath, ...ask])).code === 0,
    );
    expect((await stranger.run([process.execPath, ...ask])).code).not.toBe(0);
  });

  it('end with all that runs there when their test is killed', async () => {
    const dir = await createTempDir('lonely');
    const runTs = join(findProjectRoot(), 'test/support/runTs.js');
    const script = join(findProjectRoot(), 'test/cluster/support/lonelyHost.ts');
    const child = spawn(process.execPath, ['--import', runTs, script], {
      env: { ...process.env, TMPDIR: dir.path },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const pid = await waitFor('a program there', () => Number(said));
    const network = networkOf(pid);
    expect(processesIn(network)).toContain(pid);
    child.kill('SIGKILL');
    await waitFor('nothing to be left of it', () => processesIn(network).length === 0);
    await dir.remove();
  });
});

const answering = `require('node:http').createServer((_, to) => to.end('x')).listen(8088)`;
const asking = (address: string): string =>
  `require('node:http').get('http://${address}:8088/', { timeout: 1000 }, (from) => from.resume())`;

const readLink = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};
const networkOf = (pid: number): string => readLink(`/proc/${String(pid)}/ns/net`);

function processesIn(network: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => networkOf(pid) === network);
}
