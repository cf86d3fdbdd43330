import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProbeHost, type HostProbed } from '../../effects/probeHost.ts';
import { type HostQuestion } from '../../src/domain/plan.ts';
import { type AppName, type Sha256 } from '../../src/domain/types.ts';
import { startSupervisord, type Supervisord } from '../support/supervisord.ts';

let supervisord: Supervisord;
beforeAll(async () => {
  supervisord = await startSupervisord({
    environment: { PROBE_GIVEN: '1', PROBE_DIR: '/tmp', HOME: '/' },
    settings: 'environment=PROBE_SET="a,b",PROBE_OTHER=c',
  });
});
afterAll(() => supervisord.stop());

interface Over {
  readonly getSupervisordPid?: () => Promise<number | undefined>;
}

async function codes(questions: readonly HostQuestion[], over: Over = {}) {
  return (await ask(questions, over)).refusals.map(({ code }) => code);
}

async function ask(questions: readonly HostQuestion[], over: Over = {}): Promise<HostProbed> {
  const { configPath, confDir, pid } = supervisord;
  const probe = createProbeHost(
    { getSupervisordPid: () => Promise.resolve(pid), ...over },
    { configPath, confDir, timeoutMs: 1_000 },
  );
  const app = 'web' as AppName;
  const contentSha256 = '0'.repeat(64) as Sha256;
  const probed = await probe({ type: 'ProbeHost', app, contentSha256, questions, because: '' });
  expect(probed).toMatchObject({ type: 'HostProbed', app, contentSha256 });
  return probed;
}
const user = (name: string): HostQuestion => ({ type: 'UserExists', user: name });
const directory = (path: string): HostQuestion => ({ type: 'LogDirectoryExists', path });
const variable = (name: string): HostQuestion => ({ type: 'EnvironmentHas', name });

describe('createProbeHost', () => {
  it('knows users and groups by name and number', async () => {
    expect(await codes([user('root'), user('0'), user('+00'), user('nobody')])).toEqual([]);
    expect(await codes([{ type: 'GroupExists', group: 'root' }])).toEqual([]);
    for (const name of ['no-such-user', '4242424', '-1', '--help', 'a:b', '$(id)']) {
      expect(await codes([user(name)]), name).toEqual(['E_NO_SUCH_USER']);
    }
    expect(await codes([{ type: 'GroupExists', group: 'nope' }])).toEqual(['E_NO_SUCH_GROUP']);
  });

  it('looks for a log directory where supervisord would', async () => {
    fs.mkdirSync(join(supervisord.confDir, 'logs'));
    fs.writeFileSync(join(supervisord.confDir, 'file'), '');
    const there = ['/tmp', '%(here)s/logs', '%(ENV_PROBE_DIR)s', '~/tmp', '~root', '.'];
    expect(await codes(there.map(directory))).toEqual([]);
    const missing = ['/no/such', '%(here)s/nope', '%(here)s/file', '~/nope', './nope'];
    for (const path of missing) {
      expect(await codes([directory(path)]), path).toEqual(['E_NO_LOG_DIRECTORY']);
    }
  });

  it('knows the environment of supervisord and what its configuration adds', async () => {
    const present = ['PROBE_GIVEN', 'PROBE_SET', 'PROBE_OTHER', 'PATH'];
    expect(await codes(present.map(variable))).toEqual([]);
    expect(await codes([variable('PROBE_MISSING')])).toEqual(['E_NO_SUCH_ENV']);
  });

  it('refuses nothing that it cannot find out', async () => {
    const questions = [variable('PROBE_MISSING'), directory('%(ENV_X)s/a'), directory('~/nope')];
    const unreachable = { getSupervisordPid: () => Promise.resolve(undefined) };
    expect(await codes(questions, unreachable)).toEqual([]);
    const foreign = { getSupervisordPid: () => Promise.resolve(process.pid) };
    expect(await codes(questions, foreign)).toEqual([]);
    const failing = { getSupervisordPid: () => Promise.reject(new Error('no')) };
    expect(await codes(questions, failing)).toEqual([]);
    const hanging = { getSupervisordPid: () => new Promise<undefined>(() => undefined) };
    expect(await codes(questions, hanging)).toEqual([]);
  });

  it('tells a supervisord that is away from one that cannot be looked into', async () => {
    const questions = [variable('PROBE_MISSING')];
    expect(await ask(questions)).not.toHaveProperty('doubt');
    const away = { getSupervisordPid: () => Promise.resolve(undefined) };
    expect(await ask(questions, away)).toMatchObject({ refusals: [], doubt: 'SupervisordAway' });
    const hanging = { getSupervisordPid: () => new Promise<undefined>(() => undefined) };
    expect(await ask(questions, hanging)).toMatchObject({ doubt: 'SupervisordAway' });
    // Gone between the answer of its number and the look at its environment.
    const pids = [4_242_424, supervisord.pid];
    const leaving = { getSupervisordPid: () => Promise.resolve(pids.shift()) };
    expect(await ask(questions, leaving)).toMatchObject({ doubt: 'SupervisordAway' });
    const foreign = { getSupervisordPid: () => Promise.resolve(process.pid) };
    expect(await ask(questions, foreign)).toMatchObject({ refusals: [], doubt: 'Unanswered' });
  });

  it('agrees with supervisord about %(here)s', async () => {
    supervisord.writeConf('here.conf', '[program:here]\ncommand=sleep 1000\nautostart=false\n');
    const log = '[program:here]\ncommand=sleep 1000\nautostart=false\nstdout_logfile=';
    supervisord.writeConf('here.conf', `${log}%(here)s/logs/x\n`);
    await expect(supervisord.rpc('reloadConfig')).resolves.toBeDefined();
    supervisord.writeConf('here.conf', `${log}%(here)s/nope/x\n`);
    await expect(supervisord.rpc('reloadConfig')).rejects.toThrow();
    supervisord.removeConf('here.conf');
  });
});
