/** Asking hosts through etcd, as an operator does: real etcd, supervisords and agents. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AgentHost, sleeper } from '../../support/agentHost.ts';
import { type Fleet, fleetPrefix, startFleet } from '../../support/fleetHosts.ts';
import { waitFor } from '../../support/waitFor.ts';

let fleet: Fleet;
let web1: AgentHost;
let web2: AgentHost;
beforeAll(async () => {
  const foreign = '[program:theirs]\ncommand=/bin/sleep 1000\nstartsecs=0\n';
  fleet = await startFleet({
    names: ['web1', 'web2', 'web3'],
    environmentOf: { web3: { SUPERVENE_FLEET_REQUESTS: 'off' } },
    supervisordOf: { web1: { confs: { 'theirs.conf': foreign } } },
  });
  web1 = fleet.host('web1');
  web2 = fleet.host('web2');
  await fleet.waitUntilReported();
});
afterAll(() => fleet.stop());

let count = 0;
let app: string;
beforeEach(() => {
  count += 1;
  app = `app${String(count)}`;
});

/** Ignores SIGTERM, so that its stop takes as long as stopwaitsecs says. */
const stubborn = (stopwaitsecs: number): string =>
  `command=/bin/sh -c "trap '' TERM; while :; do sleep 0.1; done"\nstartsecs=0\n` +
  `stopwaitsecs=${String(stopwaitsecs)}\nstopasgroup=true\nkillasgroup=true\n`;

/** Runs on these hosts, and they have said so. */
async function run(name: string, body: string, on: readonly AgentHost[]): Promise<void> {
  await fleet.put(name, on.map((host) => host.name).join(','), body);
  for (const host of on) {
    await host.waitForState(name, 'RUNNING');
    await waitFor(`a report of ${name}`, async () => {
      const { stdout } = await fleet.run(['ps', name, '--host', host.name, '--json']);
      return stdout.includes('"RUNNING"');
    });
  }
}

const pidOf = async (host: AgentHost, name: string): Promise<number> =>
  (await host.process(name))?.pid ?? 0;

const isFileHeld = (host: AgentHost, name: string): boolean =>
  host.fileText(name)?.includes('autostart=false') === true;

const isHeld = async (host: AgentHost, name: string): Promise<boolean> =>
  (await host.view()).held.some((held) => held.app === name && held.code === 'OperatorStop');

function recorded(host: AgentHost, type: string): readonly string[] {
  const { journalDir } = host.agent;
  return readdirSync(journalDir)
    .filter((file) => file.endsWith('.jsonl'))
    .flatMap((file) => readFileSync(join(journalDir, file), 'utf8').split('\n'))
    .filter((line) => line.includes(`"type":"${type}"`));
}

/** Values below a prefix, a line each. */
const below = (prefix: string): string =>
  fleet.etcd.etcdctl('get', '--prefix', prefix, '--print-value-only').trim();

const requestsOf = (host: string, start = ''): string =>
  below(`${fleetPrefix}/requests/${host}/${start}`);

const answerOf = (host: string, id: string): Promise<{ state: string; detail: string }> =>
  waitFor(`an answer to ${id}`, async () => {
    const text = await fleet.etcd.get(`${fleetPrefix}/answers/${host}/${id}`);
    const answer = JSON.parse(text ?? '{}') as { state?: string; detail: string };
    return answer.state === undefined || answer.state === 'Accepted'
      ? undefined
      : { ...answer, state: answer.state };
  });

describe('supervene restart', () => {
  it('restarts an app on every host that has it, which is RUNNING and released after it', async () => {
    await run(app, sleeper(), [web1, web2]);
    const before = await Promise.all([pidOf(web1, app), pidOf(web2, app)]);
    const { code, stdout } = await fleet.run(['restart', app]);
    const after = await Promise.all([pidOf(web1, app), pidOf(web2, app)]);
    expect(stdout.split('\n').filter(Boolean).sort()).toEqual([
      `web1  ${app}  restarted, RUNNING as process ${String(after[0])}`,
      `web2  ${app}  restarted, RUNNING as process ${String(after[1])}`,
    ]);
    expect(code).toBe(0);
    expect(after).not.toEqual(before);
    for (const host of [web1, web2]) {
      expect(isFileHeld(host, app)).toBe(false);
      expect(await isHeld(host, app)).toBe(false);
    }
    expect(requestsOf('web1')).toBe('');
  });

  it('does what two operators ask at once one after the other', async () => {
    await run(app, sleeper(), [web1]);
    const both = await Promise.all([fleet.run(['restart', app]), fleet.run(['restart', app])]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const pids = both.map(({ stdout }) => Number(/process (\d+)/.exec(stdout)?.[1]));
    expect(new Set(pids).size).toBe(2);
    expect(pids).toContain(await pidOf(web1, app));
    expect(isFileHeld(web1, app)).toBe(false);
  });

  it('lets a slow stop of one app delay no other', async () => {
    await run(`${app}-slow`, stubborn(8), [web1]);
    await run(app, sleeper(), [web1]);
    let isSlowOver = false;
    const slow = fleet.run(['restart', `${app}-slow`]).finally(() => (isSlowOver = true));
    await waitFor('the slow one to be taken on', () =>
      below(`${fleetPrefix}/answers/web1/`).includes('"Accepted"'),
    );
    expect(await fleet.run(['restart', app])).toMatchObject({ code: 0 });
    expect(isSlowOver).toBe(false);
    expect(await slow).toMatchObject({ code: 0, stdout: expect.stringContaining('RUNNING') });
  });
});

describe('supervene stop and start', () => {
  it('keeps it stopped through a restart of supervisord, until it is started', async () => {
    await run(app, sleeper(), [web1, web2]);
    const other = await pidOf(web2, app);
    const stopped = await fleet.run(['stop', app, '--host', 'web1']);
    expect(stopped).toMatchObject({
      code: 0,
      stdout: `web1  ${app}  stopped, until somebody starts it\n`,
    });
    expect(isFileHeld(web1, app)).toBe(true);
    expect(await pidOf(web2, app)).toBe(other);
    await web1.supervisord.restart();
    await waitFor('the agent to know it', async () => (await web1.readiness()).status === 200);
    expect((await web1.process(app))?.statename).toBe('STOPPED');

    const started = await fleet.run(['start', app, '--host', 'web1']);
    const pid = await pidOf(web1, app);
    expect(started.stdout).toBe(`web1  ${app}  started, RUNNING as process ${String(pid)}\n`);
    expect(isFileHeld(web1, app)).toBe(false);
    const again = await fleet.run(['start', app, '--host', 'web1']);
    expect(again.stdout).toBe(
      `web1  ${app}  was running already, RUNNING as process ${String(pid)}\n`,
    );
  });

  it('fails with what supervisord says when it does not run', async () => {
    await fleet.put(app, 'web1', 'command=/bin/false\nstartretries=0\nautostart=false\n');
    await waitFor('it to be there', async () => (await web1.process(app)) !== undefined);
    await waitFor('a report', async () => (await fleet.run(['ps', app])).code === 0);
    const { code, stdout } = await fleet.run(['start', app]);
    expect(stdout).toContain('failed: started, but it does not run: FATAL');
    expect(code).toBe(1);
  });

  it('says which host or app it takes for a slip', async () => {
    await run(app, sleeper(), [web1]);
    expect(await fleet.run(['stop', app, '--host', 'wbe1'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('did you mean "web1"?'),
    });
    expect(await fleet.run(['stop', `${app}x`])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`did you mean ${app}`),
    });
    expect(await fleet.run(['stop', app, '--host', 'web2'])).toMatchObject({
      code: 1,
      stdout: `web2  ${app}  refused: this host has no app ${app}\n`,
    });
    expect((await web1.process(app))?.statename).toBe('RUNNING');
  });
});

describe('requests that nobody but an operator would make', () => {
  const forge = async (id: string, value: unknown, host = 'web1'): Promise<void> => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    await fleet.etcd.put(`${fleetPrefix}/requests/${host}/${id}`, text);
  };
  const request = (id: string, order: unknown, atMs = Date.now()) => ({
    ...{ id, order, by: 'mallory', from: 'elsewhere', atMs },
  });

  it('are refused: junk, foreign groups, names like paths, old ones', async () => {
    const before = await pidOf(web1, 'theirs');
    await forge('f-junk', 'rm -rf /');
    await forge('f-foreign', request('f-foreign', { type: 'Stop', app: 'theirs' }));
    await forge('f-path', request('f-path', { type: 'Stop', app: '../../theirs' }));
    await forge('f-all', request('f-all', { type: 'Stop', app: 'all' }));
    await forge('f-other', request('f-other2', { type: 'Confirm' }));
    await forge('f-old', request('f-old', { type: 'Confirm' }, Date.now() - 3_600_000));
    const refusals: Readonly<Record<string, string>> = {
      'f-junk': 'the request is no JSON object',
      'f-foreign': 'theirs is not managed by supervene here',
      'f-path': 'cannot be the name of an app',
      'f-all': 'cannot be the name of an app',
      'f-other': 'another id than its key',
      'f-old': 'too old, or a clock is wrong',
    };
    for (const [id, text] of Object.entries(refusals)) {
      const answer = await answerOf('web1', id);
      expect(answer).toMatchObject({ state: 'Refused', detail: expect.stringContaining(text) });
    }
    expect(requestsOf('web1', 'f-')).toBe('');
    expect(await pidOf(web1, 'theirs')).toBe(before);
    expect(recorded(web1, 'RemovalsConfirmed')).toEqual([]);
  });

  it('are passed over where the key is none, and the next one is done all the same', async () => {
    await forge('deep/er', 'x');
    await forge('no id!', 'x');
    await run(app, sleeper(), [web1]);
    expect(await fleet.run(['restart', app])).toMatchObject({ code: 0 });
  });

  it('are done once, however often the same id comes', async () => {
    await run(app, sleeper(), [web1]);
    await forge('f-twice', request('f-twice', { type: 'Restart', app }));
    await answerOf('web1', 'f-twice');
    const pid = await pidOf(web1, app);
    await forge('f-twice', request('f-twice', { type: 'Restart', app }));
    expect(await fleet.run(['start', app])).toMatchObject({ code: 0 });
    expect(await pidOf(web1, app)).toBe(pid);
  });

  it('are each done when several are asked in one transaction', async () => {
    await run(app, sleeper(), [web1]);
    const ids = ['one', 'two', 'three'].map((word) => `${app}-${word}`);
    const order = { type: 'Restart', app };
    await fleet.etcd.txn(
      Object.fromEntries(
        ids.map((id) => [`${fleetPrefix}/requests/web1/${id}`, JSON.stringify(request(id, order))]),
      ),
    );
    for (const id of ids) expect(await answerOf('web1', id)).toMatchObject({ state: 'Done' });
    expect(requestsOf('web1', app)).toBe('');
  });

  it('are refused when there are too many at once', async () => {
    await run(app, stubborn(5), [web1]);
    const ids = Array.from({ length: 12 }, (_, index) => `f-many-${String(index)}`);
    for (const id of ids) await forge(id, request(id, { type: 'Restart', app }));
    const last = await answerOf('web1', 'f-many-11');
    expect(last).toMatchObject({ state: 'Refused', detail: expect.stringContaining('busy') });
    await fleet.put(app, '', sleeper());
  });
});

describe('supervene confirm and retry', () => {
  it('asks another host, with who and from where in its journal', async () => {
    await run(app, sleeper(), [web2]);
    const retried = await fleet.run(['retry', app, '--host', 'web2']);
    const detail = 'nothing was quarantined, and nothing had failed';
    expect(retried).toMatchObject({ code: 0, stdout: `web2  ${app}  ${detail}\n` });
    const inJournal = await waitFor('it in the journal', () => recorded(web2, 'RetryRequested')[0]);
    expect(inJournal).toMatch(/"by":"[^"@]+@[^"@]+"/);
    expect(recorded(web1, 'RetryRequested')).toEqual([]);

    const names = Array.from({ length: 6 }, (_, index) => `${app}-${String(index)}`);
    for (const name of names) await fleet.put(name, 'web2', sleeper());
    for (const name of names) await web2.waitForState(name, 'RUNNING');
    await fleet.etcd.txn(
      Object.fromEntries(
        names.flatMap((name) => [
          [`/services/apps/${name}/ips`, undefined],
          [`/services/apps/${name}/content`, undefined],
        ]),
      ),
    );
    await web2.waitUntilHeld(names.at(-1), 'MassRemoval');
    const confirmed = await fleet.run(['confirm', 'web2']);
    expect(confirmed.stdout).toMatch(/^web2 {2}the \d removals that were held may happen\n$/);
    expect(confirmed.code).toBe(0);
    await waitFor('all to be gone', async () =>
      (await web2.supervisord.processes()).every(({ group }) => !names.includes(group)),
    );
    expect(recorded(web2, 'RemovalsConfirmed').at(-1)).toMatch(/"by":"[^"@]+@[^"@]+"/);
  });
});

describe('an agent that is away', () => {
  it('or does not let itself be asked: nothing is done, now or later, and it is said', async () => {
    const web3 = fleet.host('web3');
    await run(app, sleeper(), [web3]);
    const pid = await pidOf(web3, app);
    const { code, stdout } = await fleet.run(['stop', app]);
    expect(stdout).toContain('no agent took it, so nothing was done');
    expect(stdout).toContain('fleet.requests is off there');
    expect(code).toBe(1);
    expect(requestsOf('web3')).toBe('');
    expect(await pidOf(web3, app)).toBe(pid);
  });

  it('was killed after it took a request on: nothing is done twice, and it is said', async () => {
    await run(app, sleeper(), [web2]);
    const pid = await pidOf(web2, app);
    web2.supervisord.pause();
    const asked = fleet.run(['restart', app]);
    await waitFor('it to be taken on', () =>
      below(`${fleetPrefix}/answers/web2/`).includes('"Accepted"'),
    );
    await web2.agent.kill();
    web2.supervisord.resume();
    web2.agent.start();
    const { code, stdout } = await asked;
    expect(stdout).toContain('no answer: its agent took it on and did not say what came of it');
    expect(code).toBe(1);
    await web2.agent.waitUntilReady();
    expect(requestsOf('web2')).toBe('');
    expect(await pidOf(web2, app)).toBe(pid);
  });

  it('was ended: it is told as lost, the others are asked', async () => {
    await run(app, sleeper(), [web1, web2]);
    await web2.agent.terminate();
    const { code, stdout } = await fleet.run(['restart', app]);
    expect(stdout).toMatch(/^web2 {2}\S+ {2}lost: its agent was ended/m);
    expect(stdout).toMatch(/^web1 {2}\S+ {2}restarted, RUNNING/m);
    expect(code).toBe(1);
    web2.agent.start();
    await web2.agent.waitUntilReady();
  });
});
