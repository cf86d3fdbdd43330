/** A console before real agents: orders, logs, and who may do what on which host. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type {
  AuditDocument,
  AuditEntry,
  LogPiece,
  OrderOutcome,
} from '../../../src/domain/console/api.ts';
import type { Grant } from '../../../src/domain/console/roles.ts';
import { sleeper } from '../../support/agentHost.ts';
import {
  type ConsoleClient,
  type ConsoleHost,
  everywhere,
  startConsoleHost,
} from '../../support/consoleHost.ts';
import { type Fleet, startFleet } from '../../support/fleetHosts.ts';
import { freePort } from '../../support/freePort.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

const users: Readonly<Record<string, readonly Grant[]>> = {
  admin: [{ role: 'admin', ...everywhere }],
  otto: [{ role: 'operator', apps: ['app*'], hosts: ['web1'] }],
  wendy: [{ role: 'publisher', apps: ['app*'], hosts: ['web*'] }],
  vera: [{ role: 'viewer', ...everywhere }],
};

let dir: TempDir;
let fleet: Fleet;
let host: ConsoleHost;
let admin: ConsoleClient;
let otto: ConsoleClient;
beforeAll(async () => {
  dir = await createTempDir('conlogs');
  const tokenFile = join(dir.path, 'token');
  writeFileSync(tokenFile, `${'e'.repeat(64)}\n`, { mode: 0o600 });
  const open = {
    SUPERVENE_LISTEN: `0.0.0.0:${String(await freePort())}`,
    SUPERVENE_LISTEN_TOKEN_FILE: tokenFile,
    // What it reports to be reached by: an address that this machine has.
    SUPERVENE_ADDRESSES: '127.0.0.1',
  };
  fleet = await startFleet({ names: ['web1', 'web2'], environmentOf: { web1: open } });
  host = await startConsoleHost({
    etcdEndpoint: fleet.etcd.endpoint,
    users,
    environment: { SUPERVENE_LISTEN_TOKEN_FILE: tokenFile },
  });
  [admin, otto] = [await host.logIn('admin'), await host.logIn('otto')];
  await fleet.waitUntilReported();
});
afterAll(async () => {
  await host.stop();
  await fleet.stop();
  await dir.remove();
});

let count = 0;
let app: string;
let log: string;
beforeEach(() => {
  count += 1;
  app = `app${String(count)}`;
  log = join(dir.path, `${app}.log`);
});

async function run(names: readonly string[]): Promise<void> {
  await fleet.put(app, names.join(','), `${sleeper()}stdout_logfile=${log}\n`);
  for (const name of names) await fleet.host(name).waitForState(app, 'RUNNING');
  await waitFor(`a report of ${app}`, async () => (await fleet.run(['ps', app])).code === 0);
}

async function order(who: ConsoleClient, type: string, names: readonly string[]) {
  const orders = names.map((name) => ({ host: name, order: { type, app } }));
  const reply = await who.ask('orders', { body: { orders } });
  const lines = reply.text.split('\n').filter((line) => line !== '');
  const outcomes =
    reply.status === 200 ? lines.map((line) => JSON.parse(line) as OrderOutcome) : [];
  return { status: reply.status, outcomes, text: reply.text };
}

/** The newest first, once they are so. */
function ordersTold(
  isSo: (entries: readonly AuditEntry[]) => boolean,
): Promise<readonly AuditEntry[]> {
  return waitFor('what came of the orders to be in the trail', async () => {
    const { entries } = await admin.call<AuditDocument>('audit');
    const told = entries.filter(({ action }) => action === 'orders');
    return isSo(told) && told;
  });
}

/** Each that was asked has what came of it. */
function isSettled(entries: readonly AuditEntry[], since: number): boolean {
  const asked = entries.filter(({ outcome, seq }) => outcome === 'asked' && seq > since);
  return asked.length > 0 && asked.every(({ seq }) => entries.some(({ of }) => of === seq));
}

describe('orders', () => {
  it('are done on each host, told as they come, and in the trail by who gave them', async () => {
    await run(['web1', 'web2']);
    const stopped = await order(admin, 'Stop', ['web1', 'web2']);
    expect(stopped.status, stopped.text).toBe(200);
    const states = new Map(stopped.outcomes.map(({ host: name, state }) => [name, state]));
    expect(Object.fromEntries(states)).toEqual({ web1: 'Done', web2: 'Done' });
    for (const name of ['web1', 'web2']) await fleet.host(name).waitForState(app, 'STOPPED');
    const started = await order(admin, 'Start', ['web1']);
    expect(started.outcomes).toMatchObject([{ host: 'web1', state: 'Done' }]);
    await fleet.host('web1').waitForState(app, 'RUNNING');
    const [done, asked] = await ordersTold((entries) => entries[0]?.outcome === 'done');
    expect(done).toMatchObject({ user: 'admin', outcome: 'done', target: 'web1', of: asked?.seq });
    expect(done?.detail).toBe(`web1: Start ${app}: Done`);
    expect(asked).toMatchObject({ outcome: 'asked', after: `web1: Start ${app}` });
  });

  it('to hosts that nobody has heard of are refused whole, and nothing is done', async () => {
    await run(['web1']);
    const invented = Array.from({ length: 6 }, (_, at) => `web${String(at).repeat(250)}`);
    const hidden = await order(admin, 'Stop', [...invented, 'web1']);
    expect(hidden.status).toBe(422);
    expect(hidden.text).toContain('UnknownHost');
    const asked = await ordersTold((entries) => entries[0]?.outcome === 'refused');
    expect(asked[0]?.detail).toContain('has ever reported');
    expect(asked[0]?.after).toMatch(/sha256:[0-9a-f]{64} of \d+ characters/);
    expect(fleet.etcd.etcdctl('get', '--prefix', '--keys-only', '/services/fleet/requests')).toBe(
      '',
    );
    await fleet.host('web1').waitForState(app, 'RUNNING');
  });

  it('are in the trail each with its host, however many, before any is done', async () => {
    await run(['web1', 'web2']);
    const names = Array.from({ length: 60 }, (_, at) => `${app}:${'p'.repeat(90)}${String(at)}`);
    const orders = ['web1', 'web2'].flatMap((name) => [
      ...names.map((process) => ({ host: name, order: { type: 'Start', app, process } })),
      { host: name, order: { type: 'Stop', app } },
    ]);
    const since = (await admin.call<AuditDocument>('audit')).entries[0]?.seq ?? 0;
    const reply = await admin.ask('orders', { body: { orders } });
    expect(reply.text.match(/"Done"/g)).toHaveLength(2);
    const all = (await ordersTold((told) => isSettled(told, since)))
      .filter(({ seq }) => seq > since)
      .reverse();
    const asked = all.filter(({ outcome }) => outcome === 'asked');
    expect(asked.length).toBeGreaterThan(3);
    // All of them before what came of the first one.
    expect(all.slice(0, asked.length)).toEqual(asked);
    const pairs = asked.flatMap(({ after }) => after.split('; '));
    expect(pairs).toEqual(
      orders.map(({ host: name, order: one }) => {
        const what = 'process' in one ? one.process : app;
        return `${name}: ${one.type} ${what}`;
      }),
    );
    // What came of each, over as many entries as it took.
    const told = asked.map(({ seq }) => {
      const its = all.filter(({ of }) => of === seq);
      const detail = its.map((one) => one.detail.replace(/^\[\d+\/\d+\] /, '')).join('');
      return { detail, outcome: its[0]?.outcome };
    });
    for (const pair of pairs) {
      const its = told.filter(({ detail }) => detail.includes(`${pair}: `));
      expect(its, pair).toHaveLength(1);
    }
    const last = told.find(({ detail }) => detail.includes(`web2: Stop ${app}: Done`));
    expect(last?.outcome).toBe('failed');
    expect(last?.detail).toMatch(/^\d+ of \d+ not done; /);
  });

  it('several may go to one host at once', async () => {
    await run(['web1']);
    const first = app;
    app = `${app}b`;
    await run(['web1']);
    const orders = [first, app].map((one) => ({
      ...{ host: 'web1', order: { type: 'Stop', app: one } },
    }));
    const reply = await admin.ask('orders', { body: { orders } });
    expect(reply.text.match(/"Done"/g)).toHaveLength(2);
  });

  it('beyond the grants are refused whole, and nothing is done', async () => {
    await run(['web1', 'web2']);
    const beyond = await order(otto, 'Stop', ['web1', 'web2']);
    expect(beyond.status).toBe(403);
    expect(beyond.text).toContain('web2');
    const vera = await host.logIn('vera');
    expect((await order(vera, 'Stop', ['web1'])).status).toBe(403);
    const confirm = { orders: [{ host: 'web1', order: { type: 'Confirm' } }] };
    expect((await otto.ask('orders', { body: confirm })).status).toBe(403);
    expect(fleet.etcd.etcdctl('get', '--prefix', '--keys-only', '/services/fleet/requests')).toBe(
      '',
    );
    expect((await order(otto, 'Stop', ['web1'])).outcomes).toMatchObject([{ state: 'Done' }]);
  });

  it('of another shape are refused', async () => {
    const wrong = [{}, { orders: [] }, { orders: [{}] }, { orders: [{ host: 'web1' }] }];
    const odd = { type: 'Stop', app, process: 'other:x' };
    for (const body of [...wrong, { orders: [{ host: 'web1', order: odd }] }]) {
      expect((await admin.ask('orders', { body })).status).toBe(400);
    }
  });

  it('a host that lives is not forgotten, one that nobody knows neither', async () => {
    const ask = (name: string) => admin.ask('forgetHost', { path: { host: name }, body: {} });
    expect((await ask('web1')).status).toBe(409);
    expect((await ask('nobody')).status).toBe(404);
    expect((await otto.ask('forgetHost', { path: { host: 'web1' }, body: {} })).status).toBe(403);
  });
});

describe('a rolling publish', () => {
  it('is halted and let go on by who may operate the app on all its hosts', async () => {
    await run(['web1', 'web2']);
    await fleet.etcd.put(`/services/apps/${app}/rollout`, '{"maxUnavailable":1}');
    const wendy = await host.logIn('wendy');
    const ask = (who: ConsoleClient, action: string) =>
      who.ask('rollout', { path: { app }, body: { action, message: 'why' } });
    for (const action of ['halt', 'resume']) {
      const beyond = await ask(otto, action);
      expect(beyond.status, beyond.text).toBe(403);
      expect(beyond.text).toContain('web2');
    }
    const haltKey = `/services/fleet/rollouts/${app}/halt`;
    expect(await fleet.etcd.get(haltKey)).toBeUndefined();
    const halted = await ask(wendy, 'halt');
    expect(halted.status, halted.text).toBe(200);
    expect((await ask(otto, 'resume')).status).toBe(403);
    expect(await fleet.etcd.get(haltKey)).toBeDefined();
    expect((await ask(wendy, 'resume')).status).toBe(200);
    expect(await fleet.etcd.get(haltKey)).toBeUndefined();
    await fleet.put(app, 'web1', sleeper());
    expect((await ask(otto, 'halt')).status).toBe(200);
  });
});

describe('publishing with a grant for some hosts', () => {
  it('reaches these and no others', async () => {
    const wendy = await host.logIn('wendy');
    const none = { ips: null, content: null, signature: null, rollout: null };
    const publish = (ips: string) =>
      wendy.ask('publish', {
        path: { app },
        body: { expected: none, message: 'why', ips, content: sleeper() },
      });
    expect((await publish('web1,db1')).status).toBe(403);
    expect((await publish('0.0.0.0/0')).status).toBe(403);
    expect((await publish('web1,web2')).status).toBe(200);
    for (const name of ['web1', 'web2']) await fleet.host(name).waitForState(app, 'RUNNING');
  });
});

describe('logs', () => {
  const bytes = Buffer.concat([
    Buffer.from('\u001b[31mred\u001b[0m <script>alert(1)</script>\r\n'),
    Buffer.from([0, 1, 2, 0xff, 0xfe, 0x80, 10]),
  ]);
  const path = () => ({ host: 'web1', app });

  it('are given byte for byte, as a file and never as a page', async () => {
    await run(['web1']);
    appendFileSync(log, bytes);
    const reply = await otto.ask('log', { path: path() });
    expect(reply.status, reply.text).toBe(200);
    expect(reply.bytes.equals(bytes)).toBe(true);
    expect(reply.headers['content-type']).toBe('application/octet-stream');
    expect(reply.headers['x-content-type-options']).toBe('nosniff');
    expect(reply.headers['content-disposition']).toMatch(/^attachment; filename="app\d+/);
    expect(reply.headers['x-log-size']).toBe(String(bytes.length));
    const query = { offset: '5', length: '3' };
    const piece = await otto.ask('log', { path: path(), query });
    expect(piece.bytes.equals(bytes.subarray(5, 8))).toBe(true);
    expect(piece.headers['x-log-offset']).toBe('5');
  });

  it('are downloaded whole, however large', async () => {
    await run(['web1']);
    const large = Buffer.alloc(1_500_000, bytes);
    appendFileSync(log, large);
    const reply = await otto.ask('log', { path: path(), query: { download: '1' } });
    expect(reply.bytes.equals(large)).toBe(true);
  });

  it('are pushed as they grow, also after they were cut off', async () => {
    await run(['web1']);
    appendFileSync(log, 'one\n');
    const gone = new AbortController();
    const live = await otto.open('followLog', { path: path(), signal: gone.signal });
    const pieces: LogPiece[] = [];
    let rest = '';
    live.on('error', () => undefined);
    live.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('data: ')) pieces.push(JSON.parse(line.slice(6)) as LogPiece);
      }
    });
    const text = (): string =>
      pieces.map(({ base64 }) => Buffer.from(base64, 'base64').toString('latin1')).join('');
    await waitFor('what is there', () => text() === 'one\n');
    appendFileSync(log, bytes);
    await waitFor('what is added', () => text() === `one\n${bytes.toString('latin1')}`);
    writeFileSync(log, 'new\n');
    await waitFor('what is there now', () => text().endsWith('new\n'));
    expect(pieces.at(-1)).toMatchObject({ offset: 0, isRestarted: true });
    gone.abort();
  });

  it('are shown to operators of that app on that host alone', async () => {
    await run(['web1']);
    const vera = await host.logIn('vera');
    expect((await vera.ask('log', { path: path() })).status).toBe(403);
    expect((await otto.ask('log', { path: { host: 'web2', app } })).status).toBe(403);
    expect((await otto.ask('log', { path: { host: 'web1', app: 'other' } })).status).toBe(403);
    const query = { process: 'other:other' };
    expect((await otto.ask('log', { path: path(), query })).status).toBe(400);
  });

  it('of hosts that cannot be asked are refused with what to do', async () => {
    const away = await admin.ask('log', { path: { host: 'web2', app } });
    expect(away.status).toBe(502);
    expect(away.text).toContain('http.listen');
    expect((await admin.ask('log', { path: { host: 'nobody', app } })).status).toBe(404);
  });
});
