import { describe, expect, it } from 'vitest';
import { ok } from '../../../../src/domain/result.ts';
import { createModelHost } from '../../../support/fidelity/modelHost.ts';
import { conf } from '../../../support/programConf.ts';

describe('createSupervisord', () => {
  it('wakes its loop for every call, and looks once a second by itself', async () => {
    const host = createModelHost({ 'a.conf': conf('a') });
    host.model.start();
    await host.pass(999);
    expect(host.state('a:a')).toBe('STOPPED');
    await host.pass(1);
    expect(host.state('a:a')).toBe('STARTING');
    host.model.calls.getAllProcessInfo();
    expect(host.state('a:a')).toBe('RUNNING');
  });

  it('tries again after 1, 2, … seconds and then gives up for good', async () => {
    const quick = conf('a', 'command=behave run=5 exit=1', 'startsecs=1', 'startretries=2');
    const host = createModelHost({ 'a.conf': quick });
    host.model.start();
    await host.pass(6_000);
    const began = host.news.filter(({ type }) => type === 'Started').map(({ atMs }) => atMs);
    expect(began.map((atMs) => Math.round((atMs - (began[0] ?? 0)) / 1000))).toEqual([0, 1, 3]);
    expect(host.state('a:a')).toBe('FATAL');
    expect(host.model.counters('a').starts).toBe(3);
    expect(host.model.nextDueMs()).toBeUndefined();
  });

  it('takes a child that it could not wait for at once for one that ran', async () => {
    const quick = conf('a', 'command=behave run=5 exit=1', 'startsecs=1', 'autorestart=false');
    const host = createModelHost({ 'a.conf': quick }, () => true);
    host.model.start();
    await host.pass(1_500);
    expect(host.state('a:a')).toBe('STARTING');
    await host.pass(1_000);
    expect(host.model.list()[0]).toMatchObject({ state: 'EXITED', spawnError: 'Bad exit code 1' });
    expect(host.model.nextDueMs()).toBeUndefined();
  });

  it('kills what does not stop within stopwaitsecs, and says who asked', async () => {
    const deaf = conf('a', 'command=behave stop=ignore', 'stopwaitsecs=3');
    const host = createModelHost({ 'a.conf': deaf });
    host.model.start();
    await host.pass(3_000);
    expect(host.model.calls.stopProcess('a:a', 'somebody')).toEqual(ok(true));
    await host.pass(2_900);
    expect(host.state('a:a')).toBe('STOPPING');
    await host.pass(1_100);
    expect(host.state('a:a')).toBe('STOPPED');
    const cause = { type: 'Asked', by: 'somebody' };
    expect(host.news.at(-1)).toMatchObject({ type: 'Ended', cause, exitStatus: -1 });
  });

  it('starts again what ends by a foreign signal, and tells the two apart', async () => {
    const host = createModelHost({ 'a.conf': conf('a', 'autorestart=unexpected') });
    host.model.start();
    await host.pass(3_000);
    expect(host.model.killChild('a:a', 'chance')).toBe(true);
    await host.pass(3_000);
    expect(host.state('a:a')).toBe('RUNNING');
    expect(host.news.map(({ type, cause }) => `${type} ${cause.type}`)).toEqual([
      'Started Autostart',
      'Ended Killed',
      'Started Autorestart',
    ]);
  });

  it('passes over a file that cannot be read, whose apps are then removed', async () => {
    const host = createModelHost({ 'a.conf': conf('a'), 'b.conf': conf('b') });
    host.model.start();
    host.files.set('a.conf', undefined);
    const removed = { added: [], changed: [], removed: ['a'] };
    expect(host.model.calls.reloadConfig()).toEqual(ok(removed));
  });

  it('leaves a group stopped and nothing to do when supervisorctl is killed half way', async () => {
    const slow = conf('a', 'command=behave stop=5000');
    const host = createModelHost({ 'a.conf': slow });
    host.model.start();
    await host.pass(3_000);
    host.files.set('a.conf', conf('a'));
    const client = host.connect();
    const request = { command: '', args: ['update', 'a'], env: {}, timeoutMs: 9_000 };
    const run = client.runCommand(host.scheduler, { ...request, outputMaxBytes: 9_000 });
    await host.pass(1_000);
    expect(client.killCommands()).toBe(1);
    expect(await run).toMatchObject({ type: 'Ended', code: null });
    host.files.set('a.conf', slow);
    await host.pass(60_000);
    expect(host.state('a:a')).toBe('STOPPED');
    const nothing = { added: [], changed: [], removed: [] };
    expect(host.model.calls.reloadConfig()).toEqual(ok(nothing));
  });

  it('stops groups by priority when it ends, and starts them all when it is back', async () => {
    const withPriority = (name: string, priority: number): string =>
      conf(name).replace('programs=', `priority=${String(priority)}\nprograms=`);
    const host = createModelHost({
      'a.conf': withPriority('a', 1),
      'b.conf': withPriority('b', 9),
    });
    host.model.start();
    await host.pass(3_000);
    host.model.calls.stopProcess('b:b', 'operator');
    const { pid, fingerprint } = host.model;
    const before = [pid(), fingerprint()];
    host.model.calls.restart();
    await host.pass(3_000);
    expect(host.state('b:b')).toBe('RUNNING');
    expect(pid()).toBe(before[0]);
    expect(fingerprint()).not.toBe(before[1]);
    host.news.length = 0;
    host.model.terminate();
    await host.pass(3_000);
    expect(host.model.reachability()).toBe('NoSocket');
    expect(host.news.filter(({ type }) => type === 'Stopping').map(({ id }) => id)).toEqual([
      'b:b',
      'a:a',
    ]);
  });

  it('does not come back from a restart when its files are broken', async () => {
    const host = createModelHost({ 'a.conf': conf('a') });
    host.model.start();
    await host.pass(3_000);
    host.files.set('z.conf', 'hello');
    host.model.calls.restart();
    await host.pass(3_000);
    expect(host.model.reachability()).toBe('NoSocket');
    expect(host.model.start().ok).toBe(false);
    host.files.delete('z.conf');
    expect(host.model.start()).toEqual(ok(undefined));
  });

  it('leaves orphans when it is killed, and starts second copies', async () => {
    const host = createModelHost({ 'a.conf': conf('a') });
    host.model.start();
    await host.pass(3_000);
    host.model.kill();
    expect(host.model.reachability()).toBe('Refused');
    expect(host.model.orphans()).toEqual([host.model.counters('a').pids[0]]);
    host.model.start();
    await host.pass(3_000);
    expect(host.model.counters('a').pids).toHaveLength(2);
    expect(host.model.orphans()).toHaveLength(1);
    host.model.cutPower();
    expect(host.model.orphans()).toEqual([]);
    expect(host.model.reachability()).toBe('Refused');
  });
});

describe('the calls of a model supervisord', () => {
  it('refuses what the state of a process does not allow', async () => {
    const host = createModelHost({
      'a.conf': conf('a', 'command=behave stop=5000'),
      'b.conf': conf('b', 'command=/no-such', 'startretries=9'),
      'c.conf': conf('c', 'autostart=false'),
    });
    host.model.start();
    await host.pass(3_000);
    const { calls } = host.model;
    const faults = (['a:a', 'b:b', 'c:c', 'x'] as const).map((id) => {
      const started = calls.startProcess(id, 'test');
      const stopped = calls.stopProcess(id, 'test');
      const again = calls.stopProcess(id, 'test');
      return [started, stopped, again].map((reply) => (reply.ok ? 'ok' : reply.error.text));
    });
    expect(faults).toEqual([
      ['ALREADY_STARTED: a:a', 'ok', 'NOT_RUNNING: a:a'],
      ["NO_FILE: can't find command '/no-such'", 'ok', 'NOT_RUNNING: b:b'],
      ['ok', 'ok', 'NOT_RUNNING: c:c'],
      ['BAD_NAME: x', 'BAD_NAME: x', 'BAD_NAME: x'],
    ]);
    expect(host.model.list()[1]).toMatchObject({
      state: 'STOPPED',
      spawnError: "can't find command '/no-such'",
    });
  });

  it('leaves alone what is not to be started, or ended as expected', async () => {
    const host = createModelHost({
      'a.conf': conf('a', 'autostart=false'),
      'b.conf': conf('b', 'command=behave run=50 exit=3', 'exitcodes=3'),
      'c.conf': conf('c', 'command=behave run=50 exit=4', 'exitcodes=3'),
    });
    host.model.start();
    await host.pass(30_000);
    expect([host.state('a:a'), host.state('b:b')]).toEqual(['STOPPED', 'EXITED']);
    expect(host.model.counters('a').starts).toBe(0);
    expect(host.model.counters('b').starts).toBe(1);
    expect(host.model.counters('c').starts).toBeGreaterThan(5);
  });

  it.each([
    ['a comment', '; x', false],
    ['the same in other words', 'autostart = YES', false],
    ['AUTO in place of a log file', 'stdout_logfile=AUTO', false],
    ['a log file', 'stdout_logfile=/x.log', true],
    ['the environment', 'environment=A="1"', true],
    ['an option it does not know', 'comand=x', false],
  ])('compares what it has read: %s', (_what, option, isChange) => {
    const host = createModelHost({ 'a.conf': conf('a') });
    host.model.start();
    host.files.set('a.conf', conf('a', option));
    const changed = isChange ? ['a'] : [];
    expect(host.model.calls.reloadConfig()).toEqual(ok({ added: [], changed, removed: [] }));
  });

  it('takes the priority of a group for a change, and the last of two sections', () => {
    const host = createModelHost({ 'a.conf': conf('a') });
    host.model.start();
    host.files.set('a.conf', conf('a').replace('programs', 'priority=5\nprograms'));
    const changed = { added: [], changed: ['a'], removed: [] };
    expect(host.model.calls.reloadConfig()).toEqual(ok(changed));
    host.files.set('a.conf', conf('a'));
    host.files.set('z.conf', '[program:a]\nstartsecs=7\n');
    expect(host.model.calls.reloadConfig()).toEqual(ok(changed));
    host.files.set('z.conf', '[program:a]\nstartsecs=0\n');
    expect(host.model.calls.reloadConfig()).toEqual(ok({ ...changed, changed: [] }));
  });
});

describe('createSupervisordClient', () => {
  it('gives the very same list while nothing changes', async () => {
    const host = createModelHost({ 'a.conf': conf('a') });
    host.model.start();
    await host.pass(3_000);
    const { supervisor } = host.connect();
    const first = await host.settled(supervisor.getAllProcessInfo());
    await host.pass(5_000);
    const second = await host.settled(supervisor.getAllProcessInfo());
    expect(first.ok && second.ok && first.value === second.value).toBe(true);
    host.model.killChild('a:a', 'chance');
    await host.pass(10);
    const third = await host.settled(supervisor.getAllProcessInfo());
    expect(first.ok && third.ok && first.value === third.value).toBe(false);
  });

  it('carries out a call whose reply is lost, and not one that is lost itself', async () => {
    const host = createModelHost({ 'a.conf': conf('a'), 'b.conf': conf('b') });
    host.model.start();
    await host.pass(3_000);
    const { supervisor } = host.connect();
    host.wire.replyLossChance = 1;
    expect(await host.settled(supervisor.stopProcesses(['a:a']))).toMatchObject({
      error: { type: 'TimedOut' },
    });
    expect(host.state('a:a')).toBe('STOPPED');
    host.wire.replyLossChance = 0;
    host.wire.callLossChance = 1;
    expect(await host.settled(supervisor.stopProcesses(['b:b']))).toMatchObject({
      error: { type: 'Unreachable' },
    });
    expect(host.state('b:b')).toBe('RUNNING');
  });

  it('has its calls carried out when a hung supervisord goes on', async () => {
    const host = createModelHost({ 'a.conf': conf('a') });
    host.model.start();
    await host.pass(3_000);
    host.model.hang();
    const { supervisor } = host.connect();
    expect(await host.settled(supervisor.stopProcesses(['a:a']))).toMatchObject({
      error: { type: 'TimedOut' },
    });
    expect(host.state('a:a')).toBe('RUNNING');
    host.model.resume();
    await host.pass(10);
    expect(host.state('a:a')).toBe('STOPPED');
  });

  it('tells a refusal, a missing socket and a shutdown as the real client does', async () => {
    const host = createModelHost({ 'a.conf': 'hello' });
    const { supervisor } = host.connect();
    expect(host.model.start().ok).toBe(false);
    const away = await host.settled(supervisor.getAllProcessInfo());
    expect(away).toMatchObject({ error: { type: 'Unreachable' } });
    host.files.clear();
    host.model.start();
    host.files.set('a.conf', 'hello');
    expect(await host.settled(supervisor.reloadConfig())).toMatchObject({
      error: { type: 'CantReread', file: '/etc/conf.d/a.conf' },
    });
    host.files.set('a.conf', conf('a', 'command=behave stop=ignore'));
    await host.settled(supervisor.reloadConfig());
    await host.settled(supervisor.addGroups(['a']));
    host.model.calls.shutdown();
    const ending = await host.settled(supervisor.getInstance());
    expect(ending).toMatchObject({ error: { type: 'ShuttingDown', faultCode: 6 } });
  });

  it('settles nothing once its agent is dead', async () => {
    const host = createModelHost();
    host.model.start();
    const client = host.connect();
    let isSettled = false;
    void client.supervisor.getAllProcessInfo().then(() => (isSettled = true));
    client.kill();
    await host.pass(20_000);
    expect(isSettled).toBe(false);
  });
});
