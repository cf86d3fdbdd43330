/** The past of a host by way of a console: what `supervene replay` says there, without its secrets. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiFault } from '../../../src/domain/console/api.ts';
import type { Grant } from '../../../src/domain/console/roles.ts';
import type { MomentDocument, TimelineDocument } from '../../../src/domain/console/timeApi.ts';
import { runSupervene } from '../../support/agent.ts';
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
  ada: [{ role: 'admin', ...everywhere }],
  otto: [{ role: 'operator', apps: ['web'], hosts: ['web1'] }],
  ole: [{ role: 'operator', apps: ['*'], hosts: ['web1'] }],
  vera: [{ role: 'viewer', ...everywhere }],
};
const secret = 'SECRET_CANARY_9';

let dir: TempDir;
let fleet: Fleet;
let host: ConsoleHost;
let admin: ConsoleClient;
beforeAll(async () => {
  dir = await createTempDir('contime');
  const tokenFile = join(dir.path, 'token');
  writeFileSync(tokenFile, `${'e'.repeat(64)}\n`, { mode: 0o600 });
  const open = async () => ({
    SUPERVENE_LISTEN: `0.0.0.0:${String(await freePort())}`,
    SUPERVENE_LISTEN_TOKEN_FILE: tokenFile,
    // What it reports to be reached by: an address that this machine has.
    SUPERVENE_ADDRESSES: '127.0.0.1',
  });
  const otherToken = join(dir.path, 'other');
  writeFileSync(otherToken, `${'f'.repeat(64)}\n`, { mode: 0o600 });
  fleet = await startFleet({
    names: ['web1', 'web2', 'web3'],
    environmentOf: {
      web1: await open(),
      web3: { ...(await open()), SUPERVENE_LISTEN_TOKEN_FILE: otherToken },
    },
  });
  host = await startConsoleHost({
    etcdEndpoint: fleet.etcd.endpoint,
    users,
    environment: { SUPERVENE_LISTEN_TOKEN_FILE: tokenFile },
  });
  admin = await host.logIn('admin');
  await fleet.waitUntilReported();
  await live();
});
afterAll(async () => {
  await host.stop();
  await fleet.stop();
  await dir.remove();
});

/** A life with secrets in it: one that runs, is changed and stopped, and two that are refused. */
async function live(): Promise<void> {
  const web1 = fleet.host('web1');
  const environment = (n: number): string => `environment=TOKEN="${secret}_${String(n)}"\n`;
  await fleet.put('web', 'web1', `${sleeper()}${environment(1)}`);
  await web1.waitForState('web', 'RUNNING');
  await fleet.put('other', 'web1', `${sleeper()}${environment(2)}`);
  await web1.waitForState('other', 'RUNNING');
  await fleet.put('bad', 'web1', `command=/nowhere/${secret}/run ${secret}\n`);
  await fleet.put('worse', 'web1', `comand=${secret}\nstdout_logfile_maxbytes=${secret}\n`);
  await fleet.put('web', 'web1', `${sleeper(2)}${environment(3)}`);
  await waitFor('the end of it', async () => {
    const { entries } = await timeline();
    const texts = entries.flatMap(({ lines }) => lines.map(({ text }) => text)).join('\n');
    // The one that ran well before proves itself a second time; the others are refused.
    const isOver = (texts.match(/web runs well/g) ?? []).length > 1;
    return isOver && /\bbad\b/.test(texts) && /\bworse\b/.test(texts);
  });
}

const timeline = (query: Readonly<Record<string, string>> = {}, who = admin) =>
  who.call<TimelineDocument>('timeline', { path: { host: 'web1' }, query });
const moment = (seq: number, query: Readonly<Record<string, string>> = {}, who = admin) =>
  who.call<MomentDocument>('moment', { path: { host: 'web1', seq: String(seq) }, query });

/** JSON of `supervene replay` on that host. */
async function replay<T>(...args: readonly string[]): Promise<T> {
  const { journalDir } = fleet.host('web1').agent;
  const { code, stdout, stderr } = await runSupervene(
    ['replay', journalDir, '--json', ...args],
    {},
  );
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T;
}

interface StateDocument {
  readonly atMs: number;
  readonly supervene: string;
  readonly desired: {
    readonly revision: string;
    readonly status: string;
    readonly apps: readonly { app: string; type: string; revision?: string }[];
  };
  readonly actual: {
    readonly supervisor: { readonly status: string };
    readonly apps: readonly {
      app: string;
      status: string;
      appliedRevision?: string;
      processes: readonly { id: string; state: string; pid: number }[];
    }[];
  };
  readonly held: readonly { app?: string; code: string; reason: string; untilMs?: number }[];
  readonly plan: { readonly steps: readonly { type: string; app?: string }[] };
}

interface ChainDocument {
  readonly status: string;
  readonly statusSeq: number;
  readonly statusMs: number;
  readonly omitted: number;
  readonly chain: readonly {
    readonly seq: number;
    readonly remarks: readonly { kind: string; text: string; because?: string }[];
  }[];
}

interface EventsDocument {
  readonly events: readonly {
    readonly seq: number;
    readonly atMs: number;
    readonly type: string;
    readonly remarks: readonly { kind: string; app?: string }[];
  }[];
}

describe('timeline', () => {
  it('tells the events that replay tells, with the same kinds', async () => {
    const said = await timeline();
    const { events } = await replay<EventsDocument>('--until', String(said.readLast.seq));
    expect(said.entries.map(({ seq, atMs, type }) => ({ seq, atMs, type }))).toEqual(
      events.map(({ seq, atMs, type }) => ({ seq, atMs, type })),
    );
    for (const [index, { lines, more }] of said.entries.entries()) {
      const kinds = new Set(events[index]?.remarks.map(({ kind }) => kind));
      if (more === 0) expect(new Set(lines.map(({ kind }) => kind))).toEqual(kinds);
    }
    expect(said.first.seq).toBe(0);
    expect(said).toMatchObject({ host: 'web1', damage: null, hasEarlier: false, hasLater: false });
    expect(said.apps).toEqual(['bad', 'other', 'web', 'worse']);
    const sum = said.density.reduce((total, n) => total + n, 0);
    expect(sum).toBe(said.entries.length);
  });

  it('is of one app and the host where that is asked for, and of everything with all', async () => {
    const of = await timeline({ app: 'web' });
    const apps = of.entries.flatMap(({ lines }) => lines.map(({ app }) => app));
    expect(new Set(apps)).toEqual(new Set(['web', null]));
    const all = await timeline({ all: '1', around: '1' });
    expect(all.entries.slice(0, 20).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });
});

describe('moment', () => {
  it('says of any moment what replay --state says of it', async () => {
    const { entries } = await timeline();
    const steps = 6;
    const seqs = Array.from({ length: steps }, (_, n) =>
      Math.floor(((entries.length - 1) * n) / (steps - 1)),
    ).map((index) => entries[index]?.seq ?? 0);
    for (const seq of seqs) {
      const [said, state] = [
        await moment(seq),
        await replay<StateDocument>('--at', String(seq), '--state'),
      ];
      const { desired, actual } = state;
      expect(said).toMatchObject({ seq, atMs: state.atMs, supervene: state.supervene });
      expect(said.etcd).toMatchObject({ revision: desired.revision, status: desired.status });
      expect(said.supervisord.status).toBe(actual.supervisor.status);
      expect(said.apps.map((app) => [app.app, app.desired.type, app.desired.revision])).toEqual(
        desired.apps.map(({ app, type, revision }) => [app, type, revision ?? null]),
      );
      expect(
        said.apps.map(({ app, status, actual: { revision, processes } }) => {
          return { app, status, revision, processes };
        }),
      ).toEqual(
        actual.apps.map(({ app, status, appliedRevision, processes }) => ({
          ...{ app, status, revision: appliedRevision ?? null },
          processes: processes.map((one) => ({ id: one.id, state: one.state, pid: one.pid })),
        })),
      );
      expect(said.held.map(({ app, code, untilMs }) => [app, code, untilMs])).toEqual(
        state.held.map(({ app, code, untilMs }) => [app ?? null, code, untilMs ?? null]),
      );
      const stepApps = state.plan.steps.flatMap(({ app }) => app ?? []);
      const planned = new Set(said.plan.flatMap(({ app }) => app ?? []));
      expect([...planned]).toEqual(expect.arrayContaining(stepApps));
    }
  });

  it('gives the chain of reasons that replay --explain gives', async () => {
    const { entries } = await timeline();
    const middle = entries[Math.floor(entries.length / 2)]?.seq ?? 0;
    for (const seq of [middle, entries.at(-1)?.seq ?? 0]) {
      const { chain } = await moment(seq, { app: 'web' });
      const is = await replay<ChainDocument>('--explain', 'web', '--at', String(seq));
      const { status, statusSeq, statusMs, omitted } = is;
      expect(chain).toMatchObject({ app: 'web', status, statusSeq, statusMs, omitted });
      const told = chain?.events.map((event) => ({
        seq: event.seq,
        lines: event.lines.map(({ kind, because }) => [kind, because]),
      }));
      expect(told).toEqual(
        is.chain.map((event) => ({
          seq: event.seq,
          lines: event.remarks.map(({ kind, because }) => [kind, because ?? null]),
        })),
      );
      const texts = chain?.events.flatMap(({ lines }) => lines.map(({ text }) => text)) ?? [];
      const plain = is.chain.flatMap(({ remarks }) => remarks.map(({ text }) => text));
      for (const [index, text] of plain.entries()) expect(texts[index]).toContain(text);
    }
  });

  it('that is not there is refused with what is', async () => {
    const { last } = await timeline();
    const path = { host: 'web1', seq: String(last.seq + 1_000) };
    const reply = await admin.ask('moment', { path });
    expect(reply.status).toBe(404);
    expect(reply.json<ApiFault>()).toMatchObject({ code: 'NoMoment' });
    expect(reply.text).toContain('events 1 to');
  });
});

describe('what was secret', () => {
  it('is in the journal, and in no answer, whatever is asked', async () => {
    const { journalDir } = fleet.host('web1').agent;
    const raw = await runSupervene(['replay', journalDir, '--json', '--plans'], {});
    expect(raw.code).toBe(0);
    const { entries } = await timeline({ all: '1' });
    const replies = [
      await admin.ask('timeline', { path: { host: 'web1' }, query: { all: '1' } }),
      await admin.ask('timeline', { path: { host: 'web1' }, query: { app: 'worse' } }),
    ];
    for (const { seq } of entries) {
      const path = { host: 'web1', seq: String(seq) };
      for (const app of ['web', 'bad', 'worse']) {
        replies.push(await admin.ask('moment', { path, query: { app } }));
      }
    }
    for (const { status, text } of replies) {
      expect(status).toBe(200);
      expect(text).not.toContain(secret);
    }
    expect(host.output()).not.toContain(secret);
  });
});

describe('who asks', () => {
  it('sees nothing where he may not operate every app: a journal is about all of them', async () => {
    const otto = await host.logIn('otto');
    for (const reply of [
      await otto.ask('timeline', { path: { host: 'web1' } }),
      await otto.ask('timeline', { path: { host: 'web1' }, query: { app: 'web' } }),
      await otto.ask('moment', { path: { host: 'web1', seq: '1' }, query: { app: 'web' } }),
    ]) {
      expect(reply.status).toBe(403);
      expect(reply.json<ApiFault>().code).toBe('Denied');
    }
  });

  it('sees the hosts that he may operate whole, and no others', async () => {
    const ole = await host.logIn('ole');
    const said = await timeline({ all: '1' }, ole);
    expect(said.apps).toEqual(['bad', 'other', 'web', 'worse']);
    const now = await moment(said.last.seq, { app: 'other' }, ole);
    expect(now.chain?.app).toBe('other');
    expect((await ole.ask('timeline', { path: { host: 'web2' } })).status).toBe(403);
  });

  it('needs to be an operator', async () => {
    const vera = await host.logIn('vera');
    expect((await vera.ask('timeline', { path: { host: 'web1' } })).status).toBe(403);
    expect((await vera.ask('moment', { path: { host: 'web1', seq: '1' } })).status).toBe(403);
    const nobody = await host.visit();
    expect((await nobody.ask('timeline', { path: { host: 'web1' } })).status).toBe(401);
  });

  it.each([
    [{ host: 'web1' }, { around: 'x' }],
    [{ host: 'web1' }, { at: '-1' }],
    [{ host: 'web1' }, { app: '../x' }],
    [{ host: 'web1', seq: '1e3' }, {}],
  ])('is refused %j %j', async (path, query) => {
    const reply = await admin.ask('seq' in path ? 'moment' : 'timeline', { path, query });
    expect(reply.status).toBe(400);
  });
});

describe('a host that cannot be asked', () => {
  it('is named with what to set: no HTTP, another token, nobody of that name', async () => {
    const ask = (name: string) => admin.ask('timeline', { path: { host: name } });
    const closed = await ask('web2');
    expect(closed.status).toBe(502);
    expect(closed.json<ApiFault>().remedy).toContain('http.listen');
    const other = await ask('web3');
    expect(other.status).toBe(502);
    expect(other.json<ApiFault>().code).toBe('AgentRefuses');
    expect((await ask('nobody')).status).toBe(404);
  });

  it('that hangs keeps nobody from other hosts, and who asks again and again from nothing else', async () => {
    const ada = await host.logIn('ada');
    const { pid } = fleet.host('web1').agent;
    process.kill(pid, 'SIGSTOP');
    const statuses: number[] = [];
    const asks = Array.from({ length: 6 }, async () => {
      const reply = await admin.ask('timeline', { path: { host: 'web1' } });
      statuses.push(reply.status);
    });
    try {
      await waitFor('those that are too many', () => statuses.length === 2);
      expect(statuses).toEqual([429, 429]);
      const other = await ada.ask('timeline', { path: { host: 'web3' } });
      expect(other.json<ApiFault>().code).toBe('AgentRefuses');
      expect(statuses).toHaveLength(2);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await Promise.all(asks);
    expect((await admin.ask('timeline', { path: { host: 'web1' } })).status).toBe(200);
  });

  it('needs a token that the console has', async () => {
    const without = await startConsoleHost({ etcdEndpoint: fleet.etcd.endpoint, users });
    try {
      const who = await without.logIn('admin');
      const reply = await who.ask('timeline', { path: { host: 'web1' } });
      expect(reply.status).toBe(502);
      expect(reply.json<ApiFault>().remedy).toContain('http.tokenFile');
    } finally {
      await without.stop();
    }
  });
});

describe('the agent', () => {
  const headers = { authorization: `Bearer ${'e'.repeat(64)}` };
  const urlOf = (): string =>
    `http://${fleet.host('web1').agent.environment['SUPERVENE_LISTEN'] ?? ''}`.replace(
      '0.0.0.0',
      '127.0.0.1',
    );

  it('gives copies of its journal to whoever has the token, and to nobody else', async () => {
    expect((await fetch(`${urlOf()}/journal`)).status).toBe(401);
    expect((await fetch(`${urlOf()}/journal?segments=1`)).status).toBe(401);
    expect((await fetch(`${urlOf()}/journal`, { headers })).status).toBe(200);
  });

  it('gives no secret of its journal, whatever is asked, though it has them', async () => {
    const { journalDir } = fleet.host('web1').agent;
    const onDisk = readdirSync(journalDir)
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => readFileSync(join(journalDir, name), 'utf8'));
    expect(onDisk.join('')).toContain(`${secret}_1`);
    const listing = await fetch(`${urlOf()}/journal`, { headers });
    expect(await listing.text()).not.toContain(secret);
    const copy = await waitFor('a copy', async () => {
      const given = await fetch(`${urlOf()}/journal?segments=1`, { headers });
      expect([200, 202]).toContain(given.status);
      return given.status === 200 && given;
    });
    const bytes = Buffer.from(await copy.arrayBuffer());
    expect(Number(copy.headers.get('x-journal-length'))).toBe(bytes.length);
    const text = gunzipSync(bytes).toString('utf8');
    expect(text.startsWith('{"format":"supervene-journal",')).toBe(true);
    expect(text).toContain('"DesiredChanged"');
    expect(text).not.toContain(secret);
    // As it was once asked for, and as somebody might try.
    for (const query of [
      'segment=1',
      'segment=1&length=30',
      'segments=1&raw=1',
      'segments=1.jsonl',
    ]) {
      const reply = await fetch(`${urlOf()}/journal?${query}`, { headers });
      const said = Buffer.from(await reply.arrayBuffer());
      expect(said.toString('latin1')).not.toContain(secret);
      if (reply.headers.get('content-type') !== 'application/gzip') continue;
      expect(gunzipSync(said).toString('utf8')).not.toContain(secret);
    }
  });
});
