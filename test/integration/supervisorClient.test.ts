import * as fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSupervisor, type Supervisor } from '../../src/clients/supervisor.ts';
import { createXmlRpc } from '../../src/clients/xmlRpc.ts';
import { decodeProcesses } from '../../src/clients/processInfo.ts';
import { scanProcesses } from '../../src/clients/processScanner.ts';
import { ok } from '../../src/domain/result.ts';
import { conf } from '../support/programConf.ts';
import { startSupervisord, type Supervisord } from '../support/supervisord.ts';
import { waitFor } from '../support/waitFor.ts';

describe.each(['unix', 'tcp'] as const)('createSupervisor over %s', (road) => {
  let supervisord: Supervisord;
  let supervisor: Supervisor;
  beforeEach(async () => {
    supervisord = await startSupervisord({
      tcp: true,
      password: 'geheim!',
      confs: { 'a.conf': conf('a'), 'b.conf': conf('b', 'autostart=false') },
    });
    supervisor = open(supervisord.password);
    await supervisord.waitForState('a:a', 'RUNNING');
  });
  afterEach(async () => {
    supervisor.close();
    await supervisord.stop();
  });
  const open = (password: string, callTimeoutMs = 3_000): Supervisor =>
    createSupervisor({
      url: road === 'unix' ? supervisord.url : supervisord.tcpUrl,
      username: supervisord.username,
      password,
      callTimeoutMs,
    });
  const instance = async (): Promise<string> => {
    const info = await supervisor.getInstance();
    return info.ok ? info.value.instance : '';
  };

  it('lists the processes, sorted, and says never started from stopped', async () => {
    const listed = await supervisor.getAllProcessInfo();
    expect(listed).toMatchObject(
      ok([
        { id: 'a:a', state: 'RUNNING', spawnError: '', stopSec: 0 },
        { id: 'b:b', state: 'STOPPED', pid: 0, startSec: 0, exitStatus: 0 },
      ]),
    );
    await supervisor.stopProcesses(['a:a']);
    await supervisord.waitForState('a:a', 'STOPPED');
    const after = await supervisor.getAllProcessInfo();
    expect(after.ok && after.value[0]?.startSec).toBeGreaterThan(0);
  });

  it('stops and starts without waiting, and knows what is no failure', async () => {
    expect(await supervisor.stopProcesses(['a:a', 'b:b', 'c:c'])).toEqual(ok([]));
    await supervisord.waitForState('a:a', 'STOPPED');
    expect(await supervisor.startProcesses(['a:a', 'b:b', 'c:c'])).toEqual(
      ok(['c:c: BAD_NAME: c:c']),
    );
    await supervisord.waitForState('b:b', 'RUNNING');
    expect(await supervisor.startProcesses(['a:a'])).toEqual(ok([]));
  });

  it('rereads: the difference, then the refusal with its file and without the environment', async () => {
    supervisord.writeConf('c.conf', conf('c'));
    supervisord.writeConf('b.conf', conf('b', 'autostart=true'));
    supervisord.removeConf('a.conf');
    expect(await supervisor.reloadConfig()).toEqual(
      ok({ added: ['c'], changed: ['b'], removed: ['a'] }),
    );
    supervisord.writeConf('bad.conf', '[program:x]\ncommand=%(ENV_NO_SUCH)s\n');
    const refused = await supervisor.reloadConfig();
    expect(refused).toMatchObject({
      ok: false,
      error: { type: 'CantReread', file: `${supervisord.confDir}/bad.conf` },
    });
    expect(refused.ok ? '' : refused.error.detail).not.toContain('ENV_PATH');
    expect(refused.ok ? '' : refused.error.detail).toContain('ENV_NO_SUCH');
  });

  it('adds and removes groups, naming those that failed', async () => {
    supervisord.writeConf('c.conf', conf('c'));
    await supervisor.reloadConfig();
    expect(await supervisor.addGroups(['a', 'c', 'nope'])).toMatchObject(
      ok([
        { name: 'a', error: { faultCode: 90 } },
        { name: 'nope', error: { faultCode: 10 } },
      ]),
    );
    await supervisord.waitForState('c:c', 'RUNNING');
    expect(await supervisor.removeGroups(['b', 'c'])).toMatchObject(
      ok([{ name: 'c', error: { faultCode: 91 } }]),
    );
  });

  it('sees a new instance after each kind of restart, and the same one otherwise', async () => {
    await supervisor.getAllProcessInfo();
    const first = await instance();
    expect(first).not.toBe('');
    const same = supervisor.fingerprint();
    await supervisor.getAllProcessInfo();
    await supervisor.stopProcesses(['a:a']);
    expect(supervisor.fingerprint()).toBe(same);
    expect(await instance()).toBe(first);

    await supervisord.rpcRestart();
    const second = await waitFor('a new instance', async () => {
      await supervisor.getAllProcessInfo();
      const now = await instance();
      return now !== first && now;
    });
    expect(supervisor.fingerprint()).not.toBe(same);

    await supervisord.kill();
    expect(await supervisor.getAllProcessInfo()).toMatchObject({ error: { type: 'Unreachable' } });
    await supervisord.restart();
    await supervisor.getAllProcessInfo();
    expect([first, second]).not.toContain(await instance());
  });

  it('types a wrong password, a hung supervisord and one that is not there', async () => {
    const wrong = open('wrong');
    expect(await wrong.getAllProcessInfo()).toMatchObject({ error: { type: 'Unauthorised' } });
    wrong.close();
    const impatient = open(supervisord.password, 150);
    supervisord.pause();
    expect(await impatient.getAllProcessInfo()).toMatchObject({ error: { type: 'TimedOut' } });
    expect(await impatient.stopProcesses(['a:a'])).toMatchObject({ error: { type: 'TimedOut' } });
    supervisord.resume();
    impatient.close();
    await supervisord.shutdown();
    const gone = await supervisor.getInstance();
    expect(gone).toMatchObject({ error: { type: 'Unreachable' } });
    expect(gone.ok ? '' : gone.error.detail).not.toContain('geheim');
  });

  it('reads what supervisord writes with the scanner as with the codec', async () => {
    supervisord.writeConf('d.conf', conf('d', 'environment=A="<&>"', 'stdout_logfile=/tmp/ä&.log'));
    await supervisord.rpc('reloadConfig');
    await supervisord.rpc('addProcessGroup', 'd');
    const rpc = createXmlRpc({ url: supervisord.url, username: 'tester', password: 'geheim!' });
    let scanned: unknown;
    const reply = await rpc.call('supervisor.getAllProcessInfo', [], {
      scan: (text) => {
        scanned = scanProcesses(text);
        return undefined;
      },
    });
    rpc.close();
    expect(scanned).toBeDefined();
    expect(decodeProcesses(scanned)).toEqual(reply.ok && decodeProcesses(reply.value));
    fs.rmSync('/tmp/ä&.log', { force: true });
  });
});
