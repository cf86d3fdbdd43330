/** The logs of processes: of this host by its control socket, of others by HTTP with a token. */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mainPath } from '../../support/agent.ts';
import { type AgentHost, sleeper } from '../../support/agentHost.ts';
import { type Fleet, fleetPrefix, startFleet } from '../../support/fleetHosts.ts';
import { freePort } from '../../support/freePort.ts';
import { createTempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

const token = 'f'.repeat(64);
let dir: { readonly path: string; remove(): Promise<void> };
let tokenFile: string;
let fleet: Fleet;
let web1: AgentHost;
beforeAll(async () => {
  dir = await createTempDir('logs');
  tokenFile = join(dir.path, 'token');
  writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
  const open = {
    SUPERVENE_LISTEN: `0.0.0.0:${String(await freePort())}`,
    SUPERVENE_LISTEN_TOKEN_FILE: tokenFile,
    // What it reports to be reached by: an address that this machine has.
    SUPERVENE_ADDRESSES: '127.0.0.1',
  };
  fleet = await startFleet({ names: ['web1', 'web2'], environmentOf: { web1: open } });
  web1 = fleet.host('web1');
  await fleet.waitUntilReported();
});
afterAll(async () => {
  await fleet.stop();
  await dir.remove();
});

let count = 0;
let app: string;
let log: string;
beforeEach(() => {
  count += 1;
  app = `logged${String(count)}`;
  log = join(dir.path, `${app}.log`);
});

async function run(options = `stdout_logfile=${log}\n`, on = 'web1'): Promise<void> {
  await fleet.put(app, on, sleeper() + options);
  await fleet.host(on).waitForState(app, 'RUNNING');
  await waitFor(`a report of ${app}`, async () => (await fleet.run(['ps', app])).code === 0);
}

const here = (...args: readonly string[]) =>
  fleet.run(['logs', app, '--journal', web1.agent.journalDir, ...args]);
const remote = (...args: readonly string[]) =>
  fleet.run(['logs', app, '--host', 'web1', '--token-file', tokenFile, ...args]);

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${String(from + index)}\n`).join('');

describe('supervene logs', () => {
  it('shows the last lines, here and of another host alike', async () => {
    await run();
    appendFileSync(log, lines(1, 30_000));
    for (const show of [here, remote]) {
      expect(await show('--lines', '3')).toMatchObject({ code: 0, stdout: lines(29_998, 30_000) });
      expect((await show()).stdout).toBe(lines(29_901, 30_000));
      expect((await show('--lines', '0')).stdout).toBe('');
    }
    expect((await remote('--lines', '25000')).stdout).toBe(lines(5_001, 30_000));
    expect((await remote('--lines', '40000')).stdout).toBe(lines(1, 30_000));
  });

  it('hands over any bytes as they are', async () => {
    await run(`stderr_logfile=${log}\n`);
    const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 256));
    writeFileSync(log, bytes);
    const child = spawn(
      process.execPath,
      [mainPath, 'logs', app, '--host', 'web1', '--stderr', '--token-file', tokenFile],
      { env: { ...process.env, ...fleet.environment }, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    await new Promise((resolve) => child.once('close', resolve));
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it('-f shows what is written on, through a rotation, and through an agent that is away', async () => {
    await run();
    appendFileSync(log, lines(1, 5));
    const child = spawn(
      process.execPath,
      [mainPath, 'logs', app, '--host', 'web1', '-f', '--lines', '1', '--token-file', tokenFile],
      { env: { ...process.env, ...fleet.environment }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let [out, told] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
    await waitFor('the end', () => out === 'line 5\n');
    appendFileSync(log, lines(6, 7));
    await waitFor('what was added', () => out === lines(5, 7));
    renameSync(log, `${log}.1`);
    writeFileSync(log, 'new 1\n');
    await waitFor('the new file', () => out === `${lines(5, 7)}new 1\n`);
    expect(told).toContain('the log was rotated');
    await web1.agent.terminate();
    await waitFor('it to be noticed', () => told.includes('the agent does not answer at'));
    appendFileSync(log, 'new 2\n');
    web1.agent.start();
    await waitFor('the rest', () => out.endsWith('new 1\nnew 2\n'));
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGINT');
    await ended;
  });

  it('says what to set where nothing is kept', async () => {
    await run('');
    const { code, stderr } = await here();
    expect(stderr).toContain('goes to /dev/stdout of supervisord, which keeps none');
    expect(stderr).toContain('set stdout_logfile=/var/log/');
    expect(code).toBe(1);
    await fleet.put(app, 'web1', `${sleeper(2)}stdout_logfile=NONE\n`);
    await waitFor('the other reason', async () =>
      (await here()).stderr.includes('writes no stdout'),
    );
  });

  it('shows neither links nor what is no file, nor a process that is not ours', async () => {
    await run();
    rmSync(log);
    symlinkSync(tokenFile, log);
    expect((await remote()).stderr).toContain('is a link, which is not followed');
    rmSync(log);
    expect((await remote()).stderr).toContain('is not there: nothing has been written yet');
    mkdirSync(log);
    expect((await remote()).stderr).toContain('is no regular file');
    const foreign = `[program:theirs${app}]\ncommand=/bin/sleep 1000\nstdout_logfile=${tokenFile}\n`;
    web1.supervisord.writeConf('theirs.conf', foreign);
    await web1.supervisord.supervisorctl('update', `theirs${app}`);
    const theirs = ['logs', `theirs${app}`, '--host', 'web1', '--token-file', tokenFile];
    const { code, stdout, stderr } = await fleet.run(theirs);
    expect(stderr).toContain('supervene manages no such app on this host');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('gives the token to nobody who says in etcd that he is a host', async () => {
    await run();
    const heard: string[] = [];
    const thief = createServer((request, response) => {
      heard.push(JSON.stringify([request.url, request.rawHeaders]));
      response.writeHead(200, { 'x-log-offset': '0', 'x-log-size': '0' }).end();
    });
    await new Promise<void>((resolve) => thief.listen(0, '127.0.0.1', resolve));
    const bound = thief.address();
    const port = typeof bound === 'object' && bound !== null ? String(bound.port) : '';
    const { ID } = (await fleet.etcd.call('/v3/lease/grant', { TTL: 600 })) as { ID: string };
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const ask = async (http: string) => {
      const head = JSON.stringify({ ...(await fleet.report('web1')), host: 'liar', http });
      const key = base64(`${fleetPrefix}/hosts/liar`);
      await fleet.etcd.call('/v3/kv/put', { key, value: base64(head), lease: ID });
      return fleet.run(['logs', app, '--host', 'liar', '--token-file', tokenFile]);
    };
    expect((await ask(`127.0.0.1:${port}/steal?x=@`)).stderr).toContain('no usable address');
    expect(heard).toEqual([]);
    expect((await ask(`127.0.0.1:${port}`)).code).toBe(0);
    expect(heard.length).toBeGreaterThan(0);
    expect(heard.join('\n')).not.toContain(token);
    await fleet.etcd.call('/v3/lease/revoke', { ID });
    await new Promise((resolve) => thief.close(resolve));
  });

  it('is for those who have the token, and says how to get it', async () => {
    await run();
    appendFileSync(log, 'canary\n');
    const without = await fleet.run(['logs', app, '--host', 'web1']);
    expect(without.stderr).toContain('--token-file FILE');
    const wrong = join(dir.path, 'wrong');
    writeFileSync(wrong, 'e'.repeat(64));
    chmodSync(wrong, 0o600);
    const refused = await fleet.run(['logs', app, '--host', 'web1', '--token-file', wrong]);
    expect(refused.stderr).toContain('refuses the token');
    expect([without.code, refused.code, without.stdout + refused.stdout]).toEqual([1, 1, '']);
  });

  it('says what to set where the agent listens for its own host alone, and shows nothing there', async () => {
    await run(`stdout_logfile=${log}\n`, 'web2');
    appendFileSync(log, 'canary\n');
    const { code, stderr } = await fleet.run(['logs', app, '--token-file', tokenFile]);
    expect(stderr).toContain('the agent of web2 answers nobody but its own host');
    expect(stderr).toContain('http.tokenFile');
    expect(code).toBe(1);
    const response = await fetch(`${fleet.host('web2').agent.url}/logs?app=${app}`);
    expect(response.status).toBe(403);
    expect(await response.text()).not.toContain('canary');
  });
});
