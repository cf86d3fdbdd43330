/**
 * Secrets are planted wherever people put them; then an app lives through everything that can happen
 * to it, and nothing that the agent says to anybody may have them. Its files do, and are private.
 */
import { chmodSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpPaths } from '../../../src/http/httpServer.ts';
import { runSupervene } from '../../support/agent.ts';
import { type AgentHost, startAgentHost } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { freePort } from '../../support/freePort.ts';
import { startSupervisord } from '../../support/supervisord.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

const canary = 'SECRET_CANARY_';
const secrets = {
  etcd: `${canary}of_the_etcd_password_itself`,
  supervisor: `${canary}of_the_supervisor_password`,
  token: `${canary}of_the_http_token_long_enough`,
};

let temp: TempDir;
let etcd: Etcd;
let host: AgentHost;
let journalDir: string;
/** Everything that was said, by who said it. */
const said = new Map<string, string>();

function plant(name: keyof typeof secrets): string {
  const path = join(temp.path, name);
  writeFileSync(path, `${secrets[name]}\n`);
  chmodSync(path, 0o600);
  return path;
}

beforeAll(async () => {
  temp = await createTempDir('canary');
  journalDir = join(temp.path, 'state');
  etcd = await startEtcd();
  etcd.enableAuth(secrets.etcd);
  host = await startAgentHost({
    etcd,
    supervisord: await startSupervisord({ password: secrets.supervisor }),
    journalDir,
    environment: {
      SUPERVENE_ETCD_USERNAME: 'root',
      SUPERVENE_ETCD_PASSWORD_FILE: plant('etcd'),
      SUPERVENE_SUPERVISOR_USERNAME: 'tester',
      SUPERVENE_SUPERVISOR_PASSWORD_FILE: plant('supervisor'),
      SUPERVENE_LISTEN: `127.0.0.1:${String(await freePort())}`,
      SUPERVENE_LISTEN_TOKEN_FILE: plant('token'),
      SUPERVENE_LOG_LEVEL: 'debug',
    },
  });
});
afterAll(async () => {
  await host.stop();
  await etcd.stop();
  await temp.remove();
});

/** With a secret in a variable and one on the command line. */
const app = (n: number): string =>
  `command=/bin/sh -c 'exec sleep 1000' ${canary}argument${String(n)}\nstartsecs=0\n` +
  `environment=TOKEN="${canary}variable${String(n)}",N="${String(n)}"\n`;

async function look(when: string): Promise<void> {
  const url = `http://${host.agent.environment['SUPERVENE_LISTEN'] ?? ''}`;
  const headers = { authorization: `Bearer ${secrets.token}` };
  for (const path of [...httpPaths, '/nothing']) {
    for (const given of [headers, {}]) {
      const response = await fetch(`${url}${path}`, { headers: given });
      said.set(`${path} ${when} ${String(response.status)}`, await response.text());
    }
  }
}

async function state(): Promise<{ readonly quarantined: readonly { readonly app: string }[] }> {
  const url = `http://${host.agent.environment['SUPERVENE_LISTEN'] ?? ''}/state`;
  const headers = { authorization: `Bearer ${secrets.token}` };
  return (await (await fetch(url, { headers })).json()) as Awaited<ReturnType<typeof state>>;
}

const isQuarantined = (name: string): Promise<boolean> =>
  waitFor(`${name} to be refused`, async () =>
    (await state()).quarantined.some((item) => item.app === name),
  );

/** A life with everything in it that makes the agent talk. */
async function live(): Promise<void> {
  await host.publish('a', app(1));
  await host.waitForState('a', 'RUNNING');
  await look('after a publish');
  await host.publish('a', app(2));
  await waitFor('the change', () => host.fileText('a')?.includes(`${canary}variable2`));
  await look('after a change');
  const bad: Readonly<Record<string, string>> = {
    unknown: app(3).replace('command=', 'comand='),
    header: `${app(3)}[program:other]\n`,
    quotes: `${app(3)}environment=TOKEN="${canary}open\n`,
    command: `command=/bin/sleep '${canary}open\nenvironment=A="${canary}"\n`,
    expansion: `${app(3)}environment=TOKEN="%(${canary})s",B="${canary}%"\n`,
    percent: `${app(3)}environment=TOKEN="x%${canary}"\n`,
    control: `${app(3)}environment=TOKEN="${canary}\u0007"\n`,
    user: `${app(3)}user=nobody-of-this-name\n`,
    missing: `command=/nowhere/at/all ${canary}argument\nenvironment=A="${canary}"\n`,
    owned: `command=/nowhere/%(ENV_TOKEN)s/run\nenvironment=TOKEN="${canary}own"\n`,
    assigned: `command=PASSWORD=${canary}assigned /nowhere/at/all\n`,
  };
  for (const [name, body] of Object.entries(bad)) await host.publish(name, body);
  for (const name of Object.keys(bad)) await isQuarantined(name);
  await look('after refusals');
  await host.publish('a', app(4).replace('/bin/sh', '/nowhere/at/all'));
  await isQuarantined('a');
  await waitFor('the rollback', () => host.fileText('a')?.includes(`${canary}variable2`));
  await look('after a rollback');
  host.supervisord.writeConf('foreign.conf', `environment=TOKEN="${canary}foreign"\n`);
  await host.publish('b', app(5));
  await waitFor('the refused reread', () => host.agent.output().includes('refuses to reread'));
  await look('after a refused reread');
  host.supervisord.removeConf('foreign.conf');
  await host.waitForState('b', 'RUNNING');
  await host.agent.terminate();
  host.agent.start();
  await waitFor('the next life', async () => (await state()).quarantined.length > 0);
  await look('after a restart');
  await host.supervisord.shutdown();
  await waitFor('supervisord to be missed', () => host.agent.output().includes('supervisord lost'));
  await look('without supervisord');
  await host.supervisord.restart();
  await host.waitForState('b', 'RUNNING');
  await etcd.kill();
  await waitFor('etcd to be missed', () => host.agent.output().includes('etcd lost'));
  await look('without etcd');
  await etcd.start();
}

async function runCommands(): Promise<void> {
  const { environment } = host.agent;
  for (const args of [
    ['doctor'],
    ['doctor', '--json'],
    ['apps'],
    ['apps', '--json'],
    ['retry', 'x'],
  ]) {
    const outcome = await runSupervene(args, { environment });
    said.set(args.join(' '), outcome.stdout + outcome.stderr);
  }
  const copy = join(temp.path, 'redacted');
  const redacted = await runSupervene(['replay', journalDir, '--redact', copy]);
  expect(redacted).toMatchObject({ code: 0 });
  said.set('replay --redact', redacted.stdout + redacted.stderr);
  for (const name of readdirSync(copy)) {
    said.set(`the redacted ${name}`, readFileSync(join(copy, name), 'utf8'));
  }
}

describe('a secret', () => {
  it('is in no log, answer, metric, check or redacted journal, whatever happens', async () => {
    await live();
    await runCommands();
    said.set('the log', host.agent.output());
    expect(said.size).toBeGreaterThan(60);
    // The canaries are alive: what is private has them.
    expect(host.fileText('a')).toContain(`${canary}variable2`);
    expect(host.fileText('a')).toContain(`${canary}argument2`);
    const found = [...said].flatMap(([who, text]) =>
      text
        .split('\n')
        .filter((line) => line.toUpperCase().includes(canary))
        .map((line) => {
          const at = line.toUpperCase().indexOf(canary);
          return `${who}: …${line.slice(Math.max(0, at - 200), at + 80)}…`;
        }),
    );
    expect(found).toEqual([]);
  });

  it('is on the disk only where nobody else may read: modes of all that the agent makes', () => {
    expect(lstatSync(journalDir).mode & 0o777).toBe(0o700);
    const made = readdirSync(journalDir);
    expect(made).toEqual(expect.arrayContaining(['lock', 'control.sock']));
    expect(made.some((name) => name.endsWith('.jsonl'))).toBe(true);
    for (const name of made) expect(modeOf(journalDir, name)).toBe(`${name} 600`);
    const { confDir } = host.supervisord;
    const ours = readdirSync(confDir).filter((name) => name.endsWith('.supervene.conf'));
    expect(ours.length).toBeGreaterThan(1);
    for (const name of ours) expect(modeOf(confDir, name)).toBe(`${name} 600`);
  });

  it('is not on the command line or in the environment of the agent', () => {
    for (const name of ['cmdline', 'environ']) {
      const text = readFileSync(`/proc/${String(host.agent.pid)}/${name}`, 'utf8');
      expect(text).not.toContain(canary);
    }
  });
});

function modeOf(dir: string, name: string): string {
  return `${name} ${(lstatSync(join(dir, name)).mode & 0o777).toString(8)}`;
}
