/** What is done through a console, against a real etcd: publishes, keys, and the trail of it all. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type {
  AppDocument,
  AppMark,
  AuditDocument,
  AuditEntry,
  Conflict,
  HistoryDocument,
  KeyConflict,
  KeyDocument,
  KeysDocument,
  Published,
} from '../../../src/domain/console/api.ts';
import type { Grant } from '../../../src/domain/console/roles.ts';
import { hasUnseen } from '../../../src/domain/unseen.ts';
import { runSupervene } from '../../support/agent.ts';
import {
  type ConsoleClient,
  type ConsoleHost,
  everywhere,
  startConsoleHost,
} from '../../support/consoleHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { waitFor } from '../../support/waitFor.ts';

const users: Readonly<Record<string, readonly Grant[]>> = {
  admin: [{ role: 'admin', ...everywhere }],
  alice: [{ role: 'publisher', apps: ['app*'], hosts: ['*'] }],
  wendy: [{ role: 'publisher', apps: ['app*'], hosts: ['web*'] }],
  bounded: [{ role: 'publisher', ...everywhere }],
  ruth: [{ role: 'publisher', ...everywhere }],
  many: [{ role: 'publisher', ...everywhere }],
  near: [{ role: 'operator', apps: ['hidden2', 'app*'], hosts: ['*'] }],
  oscar: [{ role: 'operator', ...everywhere }],
};
const prefix = '/services/apps';
const auditKeys = '/services/fleet/audit/';
const body = 'command=/bin/sleep 1000\nenvironment=TOKEN="SECRET_CANARY_7"\n';
const none: AppMark = { ips: null, content: null, signature: null, rollout: null };

let etcd: Etcd;
let host: ConsoleHost;
let admin: ConsoleClient;
let alice: ConsoleClient;
beforeAll(async () => {
  etcd = await startEtcd();
  host = await startConsoleHost({ etcdEndpoint: etcd.endpoint, users });
  [admin, alice] = [await host.logIn('admin'), await host.logIn('alice')];
});
afterAll(async () => {
  await host.stop();
  await etcd.stop();
});

let count = 0;
let app: string;
beforeEach(() => {
  count += 1;
  app = `app${String(count)}`;
});

const read = (who = alice): Promise<AppDocument> => who.call('app', { path: { app } });

async function publish(more: object, who = alice) {
  const { mark } = await read(admin);
  return who.ask('publish', { path: { app }, body: { expected: mark, message: 'why', ...more } });
}

async function publishIt(more: object = {}): Promise<string> {
  const reply = await publish({ ips: 'web1', content: body, ...more });
  expect(reply.status, reply.text).toBe(200);
  return reply.json<Published>().revision ?? '';
}

async function trail(): Promise<AuditDocument> {
  return admin.call('audit');
}

describe('publish', () => {
  it('writes the keys with who, from where and why, and says at which revision', async () => {
    const revision = await publishIt();
    const document = await read();
    expect(document.texts).toEqual({ ips: 'web1', content: body });
    expect(document.mark).toMatchObject({ ips: revision, content: revision, signature: null });
    const history = await alice.call<HistoryDocument>('history', { path: { app } });
    expect(history.items[0]).toMatchObject({
      ...{ revision, action: 'publish', by: 'alice', message: 'why', before: 'Absent' },
      ...{ after: { ips: 'web1', content: body }, isVouchedFor: true },
    });
    expect(history.items[0]?.from).toContain('127.0.0.1');
  });

  it('refuses what agents refuse, with each problem in its line, and writes nothing', async () => {
    const reply = await publish({ ips: 'web1', content: 'startsecs=x\ncomand=/bin/true\n' });
    expect(reply.status).toBe(422);
    const problems = reply.json<{ problems: { code: string; line: number }[] }>().problems;
    expect(problems.map(({ line }) => line)).toContain(2);
    expect((await read()).mark).toEqual(none);
    expect((await publish({ ips: ' ', content: body })).status).toBe(422);
    expect((await publish({ ips: 'web1' })).status).toBe(422);
    const rollout = '{"maxUnavailable":0}';
    expect((await publish({ ips: 'web1', content: body, rollout })).status).toBe(422);
    expect((await publish({ ips: 'web1', content: body, message: ' ' })).status).toBe(422);
    expect((await read()).mark).toEqual(none);
  });

  it('lets unknown options pass when that is asked for', async () => {
    const content = 'command=/bin/true\nfavourite=blue\n';
    expect((await publish({ ips: 'web1', content })).status).toBe(422);
    expect((await publish({ ips: 'web1', content, allowsUnknown: true })).status).toBe(200);
  });

  it('never takes text for base64', async () => {
    const reply = await publish({ ips: 'web1', content: Buffer.from(body).toString('base64') });
    expect(reply.status).toBe(422);
  });

  it('says what stands there now when somebody was ahead, and overwrites nothing', async () => {
    await publishIt();
    const { mark } = await read();
    await publishIt({ content: 'command=/bin/true\n' });
    const late = { expected: mark, message: 'late', content: 'command=/bin/false\n' };
    const reply = await alice.ask('publish', { path: { app }, body: late });
    expect(reply.status).toBe(409);
    const conflict = reply.json<Conflict>();
    expect(conflict.code).toBe('Conflict');
    expect(conflict.now.texts.content).toBe('command=/bin/true\n');
    expect((await read()).texts.content).toBe('command=/bin/true\n');
  });

  it.each([
    ['a control character', 'why\u001b[2J'],
    ['another line', 'why\nand more'],
    ['one that turns what is read', 'why \u202egpj.exe'],
    ['one that takes no room', 'w\u200bhy'],
  ])('takes no message with %s, and writes nothing', async (_what, message) => {
    const reply = await publish({ ips: 'web1', content: body, message });
    const { code } = reply.json<{ code: string }>();
    expect([reply.status, code]).toEqual([422, 'UnseenCharacters']);
    expect((await read()).mark).toEqual(none);
    const { keys } = await admin.call<KeysDocument>('keys');
    expect(keys.filter(({ key }) => key.startsWith(`${prefix}/${app}/`))).toEqual([]);
  });

  it('one of many at once is written, the others are told', async () => {
    await publishIt();
    const { mark } = await read();
    const replies = await Promise.all(
      Array.from({ length: 6 }, (_, at) =>
        alice.ask('publish', {
          path: { app },
          body: { expected: mark, message: 'race', content: `command=/bin/sleep ${String(at)}\n` },
        }),
      ),
    );
    const states = replies.map(({ status }) => status).sort();
    expect(states).toEqual([200, 409, 409, 409, 409, 409]);
  });

  it('changes nothing where there is nothing to change', async () => {
    await publishIt();
    const reply = await publish({ ips: 'web1', content: body });
    expect(reply.json<Published>().revision).toBeNull();
  });

  it('leaves a signed app to who has the key', async () => {
    await publishIt();
    await etcd.put(`${prefix}/${app}/signature`, 'whatever');
    const reply = await publish({ content: 'command=/bin/true\n' });
    expect(reply.status).toBe(422);
    expect(reply.json<{ code: string }>().code).toBe('Signed');
    expect(reply.text).toContain('supervene publish');
    expect(reply.text).toContain('--sign');
  });

  it('goes to no host that the grants do not reach', async () => {
    const wendy = await host.logIn('wendy');
    for (const ips of ['*', 'db1', '10.0.0.0/8', 'web1']) {
      // Nobody answers to web1 here: it may be any host.
      expect((await publish({ ips, content: body }, wendy)).status).toBe(403);
    }
    expect((await publish({ ips: '!*', content: body }, wendy)).status).toBe(200);
    const oscar = await host.logIn('oscar');
    expect((await publish({ content: body }, oscar)).status).toBe(403);
  });

  it('a body of another shape is refused with what is wrong', async () => {
    for (const wrong of [[], { a: 1 }, { expected: {} }, { expected: none }, { ips: 3 }]) {
      const reply = await alice.ask('publish', { path: { app }, body: wrong });
      expect([400, 422]).toContain(reply.status);
    }
    const odd = await alice.ask('publish', { path: { app: '..' }, body: {} });
    expect([400, 403, 404]).toContain(odd.status);
  });
});

describe('unpublish and rollBack', () => {
  it('take it away and bring it back, each with its record', async () => {
    const first = await publishIt();
    await publishIt({ content: 'command=/bin/true\n' });
    const back = { expected: (await read()).mark, message: 'back', to: first };
    const reply = await alice.ask('rollBack', { path: { app }, body: back });
    expect(reply.status, reply.text).toBe(200);
    expect((await read()).texts.content).toBe(body);
    const away = { expected: (await read()).mark, message: 'away' };
    expect((await alice.ask('unpublish', { path: { app }, body: away })).status).toBe(200);
    expect((await read()).mark).toEqual(none);
    const history = await alice.call<HistoryDocument>('history', { path: { app } });
    const actions = history.items.map(({ action }) => action);
    expect(actions).toEqual(['unpublish', 'rollback', 'publish', 'publish']);
    expect(history.items[1]?.to).toBe(first);
    const again = { expected: none, message: 'again', to: first };
    expect((await alice.ask('rollBack', { path: { app }, body: again })).status).toBe(200);
    expect((await read()).texts.ips).toBe('web1');
    const twice = { expected: none, message: 'twice' };
    expect((await alice.ask('unpublish', { path: { app }, body: twice })).status).toBe(409);
  });

  it('are refused where there is nothing, or nothing known', async () => {
    const gone = { expected: none, message: 'gone' };
    expect((await alice.ask('unpublish', { path: { app }, body: gone })).status).toBe(404);
    const to = { ...gone, to: '1' };
    expect((await alice.ask('rollBack', { path: { app }, body: to })).status).toBe(404);
  });
});

describe('rollBack', () => {
  const contentOf = (name: string): string =>
    Buffer.from(`[program:main]\ncommand=/bin/${name}\n`).toString('base64');
  const back = async (to: string) => {
    const { mark } = await read();
    return alice.ask('rollBack', { path: { app }, body: { expected: mark, message: 'm', to } });
  };

  it('reads what it puts back, and not what came after', async () => {
    const first = await publishIt();
    const large = `command=/bin/true\n${'# large\n'.repeat(100_000)}`;
    const text = Buffer.from(large).toString('base64');
    for (let at = 0; at < 100; at += 1) await etcd.put(`${prefix}/${app}/content`, text);
    const memory = (): number => {
      const status = readFileSync(`/proc/${String(host.pid)}/status`, 'utf8');
      return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
    };
    const before = memory();
    const reply = await back(first);
    expect(reply.status, reply.text).toBe(200);
    expect((await read()).texts.content).toBe(body);
    // In MiB; there are 75 of them in etcd.
    expect(memory() - before).toBeLessThan(60);
  });

  it('puts back by a record what etcd has forgotten, if it knows a change that says so', async () => {
    const first = await publishIt();
    const second = await publishIt({ content: 'command=/bin/true\n' });
    const third = await publishIt({ content: 'command=/bin/false\n' });
    etcd.etcdctl('compact', third);
    const unvouched = await back(first);
    expect(unvouched.status).toBe(422);
    expect(unvouched.json<{ code: string }>().code).toBe('Unvouched');
    const reply = await back(second);
    expect(reply.status, reply.text).toBe(200);
    expect((await read()).texts.content).toBe('command=/bin/true\n');
    const history = await alice.call<HistoryDocument>('history', { path: { app } });
    expect(history.items[0]).toMatchObject({ action: 'rollback', to: second });
    const last = await etcd.revision();
    for (const to of ['0', String(Number(last) + 1_000), String(Number(first) - 1)]) {
      expect((await back(to)).status).toBe(404);
    }
  });

  it('puts back nothing that a record alone has', async () => {
    const first = await publishIt();
    const second = await publishIt({ content: 'command=/bin/true\n' });
    await publishIt({ content: 'command=/bin/false\n' });
    const records = `/services/fleet/history/${app}/`;
    const key = etcd.etcdctl('get', '--prefix', records, '--keys-only').split('\n')[0] ?? '';
    const record = JSON.parse((await etcd.get(key)) ?? '') as object;
    const evil = { ips: 'web1', content: 'command=/bin/evil\n' };
    await etcd.put(key, JSON.stringify({ ...record, after: evil }));
    const forged = await etcd.revision();
    etcd.etcdctl('compact', String(forged));
    for (const to of [first, String(forged)]) {
      const { status, text } = await back(to);
      expect(text).not.toContain('evil');
      expect([200, 404, 422]).toContain(status);
    }
    expect((await read()).texts.content).toBe('command=/bin/false\n');
    expect((await back(second)).status).toBe(200);
    await etcd.put(`${prefix}/${app}/content`, contentOf('cat'));
  });
});

describe('history', () => {
  it('is bounded in bytes, and says from where on it is whole', async () => {
    const contentOf = (at: number): string =>
      Buffer.from(`command=/bin/true\n${`# ${String(at).padStart(5)} `.repeat(11_000)}\n`).toString(
        'base64',
      );
    await etcd.put(`${prefix}/${app}/ips`, 'web1');
    for (let at = 0; at < 60; at += 1) await etcd.put(`${prefix}/${app}/content`, contentOf(at));
    const reply = await alice.ask('history', { path: { app }, query: { limit: '1000' } });
    expect(reply.status).toBe(200);
    const { items, completeFrom } = reply.json<HistoryDocument>();
    expect(items.length).toBeGreaterThan(2);
    expect(items.length).toBeLessThan(60);
    expect(completeFrom).toBe(items.at(-1)?.revision);
    expect(reply.bytes.length).toBeLessThan(9 * 1024 * 1024);
  });

  it('is read for a few at a time: one who asks for very many is refused some', async () => {
    await publishIt();
    const replies = await Promise.all(
      Array.from({ length: 60 }, () => alice.ask('history', { path: { app } })),
    );
    const states = new Set(replies.map(({ status }) => status));
    expect([...states].sort()).toEqual([200, 429]);
    await waitFor('room for one', async () => {
      return (await alice.ask('history', { path: { app } })).status === 200;
    });
  });
});

describe('what is secret', () => {
  it('no name of an app that one may not see is told to who asks for one like it', async () => {
    await etcd.put(`${prefix}/hidden1/content`, 'x');
    await publishIt();
    const halt = (name: string) =>
      alice.ask('rollout', { path: { app: name }, body: { action: 'halt', message: 'm' } });
    for (const action of ['halt', 'resume']) {
      const request = { path: { app: 'hidden2' }, body: { action, message: 'm' } };
      expect(
        (await host.logIn('near').then((near) => near.ask('rollout', request))).text,
      ).not.toContain('hidden1');
    }
    const known = await halt(`${app}x`);
    expect(known.status).toBe(422);
    expect(known.text).toContain(app);
  });

  it('is not shown to who may not publish the app', async () => {
    await publishIt();
    const oscar = await host.logIn('oscar');
    const answers = [
      await oscar.ask('app', { path: { app } }),
      await oscar.ask('history', { path: { app } }),
    ];
    for (const { status, text } of answers) {
      expect(status).toBe(200);
      expect(text).not.toContain('SECRET_CANARY_7');
      expect(text).toContain('"isRedacted":true');
    }
    expect((await alice.ask('app', { path: { app } })).text).toContain('SECRET_CANARY_7');
  });

  it('is not in the audit trail', async () => {
    await publishIt();
    const { code, stdout } = await runSupervene(['audit', 'export'], {
      environment: { SUPERVENE_ETCD: etcd.endpoint },
    });
    expect(code).toBe(0);
    expect(stdout).toContain('"publish"');
    expect(stdout).not.toContain('SECRET_CANARY_7');
    expect(host.output()).not.toContain('SECRET_CANARY_7');
  });
});

describe('keys', () => {
  const key = (leaf: string): string => `${prefix}/${app}/${leaf}`;
  const keyOf = (name: string) => admin.call<KeyDocument>('key', { query: { key: name } });

  it('are all there, with what is the matter with them', async () => {
    await etcd.put(key('ips'), 'web1');
    await etcd.put(`${prefix}/bad name/ips`, 'web1');
    await etcd.put(`${prefix}/${app}/deeper/leaf`, '');
    const { keys, isCut } = await admin.call<KeysDocument>('keys');
    expect(isCut).toBe(false);
    const remarkOf = (name: string) => keys.find((one) => one.key === name)?.remark;
    expect(remarkOf(key('ips'))).toContain('E_HALF_PAIR');
    expect(remarkOf(`${prefix}/bad name/ips`)).toContain('E_APP_NAME');
    expect(remarkOf(`${prefix}/${app}/deeper/leaf`)).toContain('no key of an app');
    await etcd.put(key('content'), '!!! not base64 !!!');
    const again = await admin.call<KeysDocument>('keys');
    expect(again.keys.find((one) => one.key === key('content'))?.remark).toMatch(/^E_/);
    expect(again.keys.find((one) => one.key === key('ips'))?.remark).toBeNull();
  });

  it('are changed by who may, when they are still as they were seen', async () => {
    const write = (more: object, who = admin) =>
      who.ask('writeKey', { body: { key: key('ips'), expected: null, message: 'm', ...more } });
    expect((await write({ text: 'web1' }, alice)).status).toBe(403);
    expect((await write({ text: 'web1' })).status).toBe(200);
    const late = await write({ text: 'web2' });
    expect(late.status).toBe(409);
    const { nowKey } = late.json<KeyConflict>();
    expect(nowKey.text).toBe('web1');
    const bytes = await write({ expected: nowKey.modRevision, base64: '/w==' });
    expect(bytes.status).toBe(200);
    const there = await keyOf(key('ips'));
    expect(there).toMatchObject({ text: null, base64: '/w==' });
    expect((await write({ expected: there.modRevision })).status).toBe(200);
    expect((await keyOf(key('ips'))).modRevision).toBeNull();
    expect((await write({})).status).toBe(404);
  });

  it('with bytes that are no text are shown, changed and removed by their text', async () => {
    const name = `${key('x')}\\xff\\\\`;
    const body1 = { key: name, expected: null, text: 'odd', message: 'm' };
    expect((await admin.ask('writeKey', { body: body1 })).status).toBe(200);
    const { keys } = await admin.call<KeysDocument>('keys');
    const found = keys.find((one) => one.key === name);
    expect(found?.remark).toContain('UTF-8');
    const away = { key: name, expected: found?.modRevision, message: 'm' };
    expect((await admin.ask('writeKey', { body: away })).status).toBe(200);
  });

  it('outside the apps are nobody’s business here', async () => {
    for (const name of ['/services/fleet/audit/head', '/services/apps2/x', prefix, '']) {
      const query = { key: name };
      expect((await admin.ask('key', { query })).status).toBe(400);
      const asked = { key: name, expected: null, text: '', message: 'm' };
      expect((await admin.ask('writeKey', { body: asked })).status).toBe(400);
    }
  });
});

describe('a key', () => {
  it('that could not be asked for is not written', async () => {
    const write = (key: string) =>
      admin.ask('writeKey', { body: { key, expected: null, text: 'x', message: 'm' } });
    const start = `${prefix}/${app}/`;
    const longest = start.padEnd(1_024, 'k');
    expect((await write(longest)).status).toBe(200);
    expect((await admin.call<KeyDocument>('key', { query: { key: longest } })).text).toBe('x');
    const longer = await write(`${longest}k`);
    expect(longer.status).toBe(400);
    expect(longer.text).toContain('1024 bytes');
    await etcd.del(longest);
  });
});

describe('the audit trail', () => {
  it('has what was asked for before what came of it, whatever that was', async () => {
    const revision = await publishIt();
    // One who was not refused yet this minute.
    await publish({ content: 'comand=x\n' }, await host.logIn('ruth'));
    const { entries, verdict } = await trail();
    expect(verdict).toMatchObject({ isWhole: true });
    const ours = entries.filter(({ target }) => target === app).reverse();
    expect(ours.map(({ outcome }) => outcome)).toEqual(['asked', 'done', 'refused']);
    const [asked, done, refused] = ours;
    expect(asked).toMatchObject({ user: 'alice', action: 'publish', detail: 'why', of: null });
    expect(done).toMatchObject({ of: asked?.seq, before: 'nothing' });
    expect(done?.detail).toContain(revision);
    expect(done?.after).toContain('sha256:');
    expect(refused?.detail).toContain('E_');
  });

  it('has a placement in full, however long, and none that it has no room for', async () => {
    const ips = Array.from({ length: 1_200 }, (_, at) => `host-${String(at)}`).join(',');
    const revision = await publishIt({ ips });
    await publishIt({ ips: 'web1' });
    const { entries } = await trail();
    const ours = entries.filter(({ target }) => target === app).reverse();
    const [first] = ours;
    expect(first).toMatchObject({ outcome: 'asked', of: null });
    const asked = ours.filter(({ of, outcome }) => outcome === 'asked' && of === first?.seq);
    const whole = [first, ...asked].map((entry) => entry?.after ?? '').join('');
    expect(whole).toContain(`ips ${ips}; content sha256:`);
    const done = ours.filter(({ outcome, of }) => outcome === 'done' && of === first?.seq);
    // Where it stands in full already its digest tells which it is.
    const digest = `sha256:${createHash('sha256').update(ips).digest('hex')}`;
    const cut = `(${digest} of ${String(ips.length)} characters); content sha256:`;
    expect(done).toEqual([
      expect.objectContaining({ after: expect.stringContaining(cut) as string }),
    ]);
    expect(done[0]?.detail).toContain(revision);
    const [last] = ours.filter(({ outcome }) => outcome === 'done').slice(done.length);
    expect(last?.before).toContain(cut);
    const tooLong = await publish({ ips: `${'host,'.repeat(20_000)}web1` });
    expect(tooLong.status).toBe(422);
    expect(tooLong.json<{ code: string }>().code).toBe('LongPlacement');
  });

  it('grows by little, however often somebody is refused', async () => {
    await publishIt();
    const wide = await host.logIn('bounded');
    const before = etcd.etcdctl('get', '--prefix', auditKeys, '--keys-only').length;
    const sizeBefore = etcd.etcdctl('get', '--prefix', auditKeys).length;
    const ips = 'web1,'.repeat(12_000);
    for (let at = 0; at < 12; at += 1) {
      const wrong = { expected: none, message: 'why', ips };
      expect((await wide.ask('publish', { path: { app }, body: wrong })).status).toBe(409);
      const halt = { action: 'halt', message: 'why' };
      expect((await wide.ask('rollout', { path: { app }, body: halt })).status).toBe(422);
      const to = { expected: none, message: 'why', to: '1' };
      expect((await wide.ask('rollBack', { path: { app }, body: to })).status).toBe(409);
      const away = { expected: none, message: 'why' };
      expect((await wide.ask('unpublish', { path: { app }, body: away })).status).toBe(409);
    }
    const keys = etcd.etcdctl('get', '--prefix', auditKeys, '--keys-only').length - before;
    // Those of this minute, and of the next if it began meanwhile.
    expect(keys).toBeLessThan(14 * (auditKeys.length + 22));
    expect(etcd.etcdctl('get', '--prefix', auditKeys).length - sizeBefore).toBeLessThan(30_000);
  });

  it('has so many actions of one user a minute', async () => {
    await publishIt();
    const many = await host.logIn('many');
    const { mark } = await read(admin);
    const same = { path: { app }, body: { expected: mark, message: 'why', ips: 'web1' } };
    const states: number[] = [];
    for (let at = 0; at < 125; at += 1) states.push((await many.ask('publish', same)).status);
    // A minute may end on the way, where the machine is slow.
    expect(states.slice(0, 120)).toEqual(Array(120).fill(200));
    expect(states.slice(120)).toContain(429);
    const reply = await many.ask('publish', same);
    expect(reply.status).toBe(429);
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
    expect((await publish({ ips: 'web1' })).status).toBe(200);
  });

  it('is read page by page', async () => {
    const { entries } = await trail();
    const before = String(entries[3]?.seq);
    const page = await admin.call<AuditDocument>('audit', { query: { before } });
    expect(page.entries[0]?.seq).toBe(Number(before) - 1);
  });

  it('is one chain of three consoles that write at once', async () => {
    const more = await Promise.all(
      [1, 2].map(() =>
        startConsoleHost({ etcdEndpoint: etcd.endpoint, usersPath: host.usersPath }),
      ),
    );
    try {
      const clients = await Promise.all([host, ...more].map((one) => one.logIn('alice')));
      const names = Array.from({ length: 24 }, (_, at) => `${app}-${String(at)}`);
      const replies = await Promise.all(
        names.map((name, at) =>
          (clients[at % 3] ?? alice).ask('publish', {
            path: { app: name },
            body: { expected: none, message: 'at once', ips: 'web1', content: body },
          }),
        ),
      );
      expect(replies.map(({ status }) => status)).toEqual(names.map(() => 200));
    } finally {
      await Promise.all(more.map((one) => one.stop()));
    }
    const { verdict, entries } = await trail();
    expect(verdict).toMatchObject({ isWhole: true });
    const done = entries.filter(({ target, outcome }) => {
      return target.startsWith(`${app}-`) && outcome === 'done';
    });
    expect(done).toHaveLength(24);
  });

  it('without it nothing is done; and all goes on by itself when etcd is back', async () => {
    await publishIt();
    const { mark } = await read();
    await etcd.kill();
    const wanted = { expected: mark, message: 'away', content: 'command=/bin/true\n' };
    const away = await alice.ask('publish', { path: { app }, body: wanted });
    expect(away.status).toBe(503);
    expect(away.json<{ code: string }>().code).toBe('NoAudit');
    expect((await alice.ask('app', { path: { app } })).status).toBe(503);
    await etcd.start();
    await waitFor('etcd to be back', async () => {
      return (await alice.ask('app', { path: { app } })).status === 200;
    });
    expect((await read()).mark).toEqual(mark);
    const again = await alice.ask('publish', { path: { app }, body: wanted });
    expect(again.status, again.text).toBe(200);
    expect((await trail()).verdict).toMatchObject({ isWhole: true });
  });

  const verify = (...more: readonly string[]) =>
    runSupervene(['audit', 'verify', ...more], {
      environment: { SUPERVENE_ETCD: etcd.endpoint },
    });

  it('is exported so that a terminal may show it, and each line is what stands there', async () => {
    await publish({ ips: 'web1,\u202egpj\u009b31m\u2066\u{e0041}', content: body });
    const { entries } = await trail();
    const after = entries.find(({ outcome }) => outcome === 'asked')?.after ?? '';
    expect(after).toContain('\u202e');
    const { code, stdout } = await runSupervene(['audit', 'export'], {
      environment: { SUPERVENE_ETCD: etcd.endpoint },
    });
    expect(code).toBe(0);
    expect(hasUnseen(stdout.replaceAll('\n', ''))).toBe(false);
    const lines = stdout.trim().split('\n');
    const { hash, target } = entries[0] ?? {};
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ hash, target });
    expect(lines.map((line) => (JSON.parse(line) as AuditEntry).after)).toContain(after);
  });

  it('is found whole by verify, and changed when somebody changed it', async () => {
    await publishIt();
    const whole = await verify('--json');
    expect(whole.code, whole.stderr).toBe(0);
    const { last } = JSON.parse(whole.stdout) as { last: { seq: number; hash: string } };
    const expected = `${String(last.seq)}:${last.hash}`;
    expect((await verify('--expect', expected)).code).toBe(0);
    expect((await verify('--expect', `${String(last.seq - 1)}:${last.hash}`)).code).toBe(1);
    const keyOf = (seq: number) => `/services/fleet/audit/${String(seq).padStart(20, '0')}`;
    const key = keyOf(last.seq - 1);
    const text = (await etcd.get(key)) ?? '';
    await etcd.put(key, text.replace('alice', 'mallory'));
    const changed = await verify();
    expect(changed.code).toBe(1);
    expect(changed.stderr).toContain(String(last.seq - 1));
    expect((await trail()).verdict).toMatchObject({ isWhole: false, seq: last.seq - 1 });
    await etcd.put(key, text);
    expect((await trail()).verdict).toMatchObject({ isWhole: true });
    const end = (await etcd.get(keyOf(last.seq))) ?? '';
    await etcd.del(keyOf(last.seq));
    expect((await verify()).code).toBe(1);
    expect((await trail()).verdict).toMatchObject({ isWhole: false });
    await etcd.put(keyOf(last.seq), end);
    expect((await verify()).code).toBe(0);
  });
});
