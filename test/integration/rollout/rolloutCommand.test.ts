/**
 * `supervene rollout`, halt, resume and `forget` against a real etcd. The words of the agents are
 * written by hand here: every moment of a rollout can be looked at.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeReport } from '../../../src/domain/fleet/reportCodec.ts';
import { formatHalt, formatTurn } from '../../../src/domain/rollout/turnCodec.ts';
import type { Revision } from '../../../src/domain/types.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { runCliHere } from '../../support/fakeCommandIo.ts';
import { appReport, hostReport } from '../../support/fleetValues.ts';

let etcd: Etcd;
let lease: string;
beforeAll(async () => {
  etcd = await startEtcd();
  const granted = await etcd.call('/v3/lease/grant', { TTL: 600 });
  lease = String(granted['ID']);
});
afterAll(async () => {
  await etcd.stop();
});

const content = '/services/apps/web/content';
const base64 = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('base64');
const slotKey = (name: string): string => `/services/fleet/rollouts/web/${name}`;
const haltKey = slotKey('halt');

async function run(...argv: readonly string[]) {
  const env = { SUPERVENE_ETCD: etcd.endpoint, SUPERVENE_JOURNAL: '/nonexistent', USER: 'alice' };
  const outcome = await runCliHere(argv, { env });
  return { ...outcome, json: (): unknown => JSON.parse(outcome.stdout) };
}

async function putLeased(key: string, value: Uint8Array): Promise<void> {
  await etcd.call('/v3/kv/put', { key: base64(key), value: base64(value), lease });
}

type Word = Parameters<typeof appReport>[1];
let revision: Revision;

/** What the agent of a host says; lost, it said so last. */
async function report(host: string, condition: Word, code?: string, isLost = false): Promise<void> {
  const words = { wanted: Number(revision), applied: 2, ...(code === undefined ? {} : { code }) };
  const app = appReport('web', condition, words);
  const said = hostReport(host, `10.0.0.${host.slice(-1)}`, Number(revision), [app]);
  const { head: text } = encodeReport({ ...said, instance: host });
  const head = Buffer.from(text);
  await etcd.put(`/services/fleet/known/${host}`, head);
  if (isLost) await etcd.del(`/services/fleet/hosts/${host}`);
  else await putLeased(`/services/fleet/hosts/${host}`, head);
}

function turnOf(host: string, instance = host): Uint8Array {
  return formatTurn({ host, instance, revision, sinceMs: Date.now() - 5_000 });
}

beforeEach(async () => {
  await etcd.delPrefix('/services/');
  revision = (await etcd.txn({
    '/services/apps/web/ips': '*',
    [content]: 'command=/bin/cat\n',
    '/services/apps/web/rollout': '{"maxUnavailable":1}',
  })) as Revision;
  await report('web1', 'converged');
  await report('web2', 'converging', 'Starting');
  await report('web3', 'converging', 'AwaitingTurn');
});

async function startTurn(host: string, slot = 1): Promise<void> {
  await putLeased(slotKey(`turn-${String(slot)}`), turnOf(host));
  await etcd.put(slotKey(`begun-${String(slot)}`), turnOf(host));
}

describe('supervene rollout', () => {
  it('says whose turn it is, who waits and how many are done, and ends with 3', async () => {
    await startTurn('web2');
    const all = await run('rollout');
    expect(all.code).toBe(3);
    expect(all.stdout).toMatch(/^web {2}\d+ +1 of 3 {2}web2 \d+s +1 {8}under way$/m);
    const one = await run('rollout', 'web');
    expect(one.code).toBe(3);
    expect(one.stdout).toMatch(/^turn {6}web2 since \d+s, for revision \d+$/m);
    expect(one.stdout).toContain('waits     web3: converging');
    expect((await run('rollout', '--json')).json()).toMatchObject({
      rollouts: [
        {
          ...{ app: 'web', revision, state: 'under-way', done: 1, total: 3, halt: null },
          turns: [{ slot: 1, host: 'web2', isLost: false }],
          waiting: [{ host: 'web3', code: 'AwaitingTurn' }],
        },
      ],
    });
  });

  it('ends with 0 when all have it, and names what is nearest to no app', async () => {
    for (const host of ['web1', 'web2', 'web3']) await report(host, 'converged');
    expect(await run('rollout')).toMatchObject({ code: 0, stdout: 'no rollout is under way\n' });
    const one = await run('rollout', 'web');
    expect(one).toMatchObject({ code: 0 });
    expect(one.stdout).toContain('hosts     3 of 3 done, 1 host at a time');
    const wrong = await run('rollout', 'wbe');
    expect(wrong).toMatchObject({ code: 1 });
    expect(wrong.stderr).toContain('did you mean web?');
  });

  it.each([
    [['rollout', 'halt'], 'halt what?'],
    [['rollout', 'hlt', 'web'], 'did you mean halt?'],
    [['rollout', 'web', '-m', 'x'], '--message is for halt'],
    [['rollout', 'resume', 'a/b'], 'cannot be the name of an app'],
  ])('%j is used wrongly: %s', async (argv, text) => {
    const { code, stdout, stderr } = await run(...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(text);
  });
});

describe('rollout halt', () => {
  it('writes who and why, for the content that stands there, once', async () => {
    await startTurn('web2');
    const { code, stdout } = await run('rollout', 'halt', 'web', '-m', 'v2 is slow');
    expect(code).toBe(0);
    expect(stdout).toContain(`revision ${revision} goes to no further host; 1 of 3 hosts have it`);
    expect(stdout).toContain('in their turn, and not stopped in it: web2');
    const halt: unknown = JSON.parse((await etcd.get(haltKey)) ?? '');
    expect(halt).toMatchObject({
      revision,
      reason: 'v2 is slow',
      by: 'alice@web1',
      code: 'ByHand',
    });
    expect(halt).not.toHaveProperty('host');
    const shown = await run('rollout');
    expect(shown.code).toBe(3);
    expect(shown.stdout).toContain('halted by alice@web1: v2 is slow');
    const before = await etcd.revision();
    const again = await run('rollout', 'halt', 'web');
    expect(again).toMatchObject({ code: 0 });
    expect(again.stdout).toContain('already; nothing was written');
    expect(await etcd.revision()).toBe(before);
  });

  it('does not say that a host goes on that still drains', async () => {
    await startTurn('web2');
    await startTurn('web3', 2);
    const { stdout } = await run('rollout', 'halt', 'web');
    expect(stdout).toMatch(/^in their turn, and not stopped in it: web2$/m);
    expect(stdout).toMatch(/^had its turn, but has changed nothing .* gives it back: web3$/m);
  });

  it('counts for that content alone: another publish can be halted anew', async () => {
    await run('rollout', 'halt', 'web');
    revision = (await etcd.put(content, 'command=/bin/cat -u\n')) as Revision;
    expect((await run('rollout', 'web')).stdout).not.toContain('halted');
    expect((await run('rollout', 'halt', 'web')).code).toBe(0);
    expect(JSON.parse((await etcd.get(haltKey)) ?? '')).toMatchObject({ revision });
  });

  it('refuses where hosts take no turns, and where there is no such app', async () => {
    await etcd.del('/services/apps/web/rollout');
    const everywhere = await run('rollout', 'halt', 'web');
    expect(everywhere).toMatchObject({ code: 1, stdout: '' });
    expect(everywhere.stderr).toContain('there is nothing to halt');
    expect((await run('rollout', 'halt', 'wbe')).stderr).toContain('did you mean web?');
    expect(await etcd.get(haltKey)).toBeUndefined();
  });
});

describe('rollout resume', () => {
  const failed = (): Uint8Array =>
    formatHalt({
      ...{ revision, host: 'web2', code: 'E_FATAL', reason: 'web is FATAL', by: 'web2', atMs: 5 },
    });

  it('takes the halt away, and says what still stands in the way', async () => {
    await report('web2', 'rolled-back', 'E_FATAL');
    await report('web3', 'held', 'RolloutHalted');
    await etcd.put(haltKey, failed());
    const { code, stdout } = await run('rollout', 'resume', 'web');
    expect(code).toBe(0);
    expect(stdout).toContain('web: goes on; it was halted by web2: E_FATAL: web is FATAL');
    expect(stdout).toContain('until `supervene retry web --host web2`');
    expect(await etcd.get(haltKey)).toBeUndefined();
    const again = await run('rollout', 'resume', 'web');
    expect(again).toMatchObject({ code: 0 });
    expect(again.stdout).toContain('web: nothing was halted');
  });

  it('frees turns of hosts that are lost, and none of one that lives', async () => {
    await report('web2', 'converging', 'Starting', true);
    await etcd.put(slotKey('begun-1'), turnOf('web2'));
    // Its lease ran out, and it has not taken its turn up again yet.
    await etcd.put(slotKey('begun-2'), turnOf('web3'));
    await etcd.put(slotKey('begun-3'), 'nonsense');
    await startTurn('web1', 4);
    const shown = await run('rollout', 'web');
    expect(shown.stdout.match(/its agent was lost in its turn/g)).toHaveLength(2);
    const { code, json } = await run('rollout', 'resume', 'web', '--json');
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      ...{ isChanged: true, wasHalted: false },
      freed: [
        { slot: 1, host: 'web2' },
        { slot: 3, host: null },
      ],
    });
    const left = [1, 2, 3, 4].map((slot) => etcd.get(slotKey(`begun-${String(slot)}`)));
    expect((await Promise.all(left)).map((one) => one !== undefined)).toEqual([
      ...[false, true, false, true],
    ]);
  });
});

describe('a turn that another agent of a host that lives has left', () => {
  it('is freed by resume, which forget says', async () => {
    await etcd.put(slotKey('begun-1'), turnOf('web3', 'gone'));
    await etcd.put(slotKey('begun-2'), turnOf('web2'));
    const forgotten = await run('forget', 'web3');
    expect(forgotten.code).toBe(1);
    expect(forgotten.stderr).toContain(
      '`supervene rollout resume web` frees the turn that another',
    );
    expect((await run('forget', 'web2')).stderr).not.toContain('resume');
    const { code, stdout } = await run('rollout', 'resume', 'web');
    expect(code).toBe(0);
    expect(stdout).toBe(
      'web: an agent before the one of web3 was lost in its turn, which is free for others now; see what runs there\n',
    );
    expect(await etcd.get(slotKey('begun-1'))).toBeUndefined();
    expect(await etcd.get(slotKey('begun-2'))).toBeDefined();
  });
});

describe('what stands in the way', () => {
  it('is a turn without a lease, or one that cannot be read: shown, and freed', async () => {
    await etcd.put(slotKey('turn-1'), turnOf('web9'));
    await etcd.put(slotKey('turn-2'), 'nonsense');
    await putLeased(slotKey('turn-3'), Buffer.from('nonsense'));
    const { stdout } = await run('rollout', 'web');
    expect(stdout).toMatch(/^turn {6}web9 .*stands there without a lease/m);
    expect(stdout).toMatch(/^turn {6}2 is taken.*`rollout resume` frees it$/m);
    expect(stdout).toMatch(/^turn {6}3 is taken.*gone when its lease is$/m);
    const resumed = await run('rollout', 'resume', 'web');
    expect(resumed.stdout).toContain('turn 1 stood there without a lease, held by nobody');
    expect(resumed.stdout).toContain('a turn that this version cannot read is free');
    expect(await etcd.get(slotKey('turn-1'))).toBeUndefined();
    expect(await etcd.get(slotKey('turn-2'))).toBeUndefined();
    expect(await etcd.get(slotKey('turn-3'))).toBeDefined();
  });

  it('is a halt that cannot be read', async () => {
    await etcd.put(haltKey, 'nonsense');
    const { code, stdout } = await run('rollout', 'web');
    expect(code).toBe(3);
    expect(stdout).toContain('halted by a record that cannot be read; `rollout resume web`');
  });

  it('is not the halt of an earlier revision', async () => {
    await run('rollout', 'halt', 'web');
    await etcd.put(content, 'command=/bin/cat -u\n');
    const { stdout } = await run('rollout', 'resume', 'web');
    expect(stdout).toContain(`the halt of an earlier revision (${revision}) is taken away`);
    expect(stdout).toContain('web3 is converging: ');
    expect(stdout).not.toContain('goes on');
  });

  it('is a lost host that still counts when its turn is free', async () => {
    await report('web2', 'converging', 'Starting', true);
    await etcd.put(slotKey('begun-1'), turnOf('web2'));
    expect((await run('rollout', 'resume', 'web')).stdout).toContain('`supervene forget web2`');
  });

  it('is a supervisord that does not answer', async () => {
    await report('web2', 'held', 'SupervisorUnreachable');
    await report('web3', 'converged');
    const { code, stdout } = await run('rollout', 'web');
    expect(code).toBe(3);
    expect(stdout).toContain('stuck: supervisord does not answer on web2');
  });
});

describe('forget', () => {
  it('frees the turns that the host was lost in, and no others', async () => {
    await report('web2', 'converging', 'Starting', true);
    await etcd.put(slotKey('begun-1'), turnOf('web2'));
    await etcd.put(slotKey('begun-2'), turnOf('web3'));
    const { code, stdout } = await run('forget', 'web2');
    expect(code).toBe(0);
    expect(stdout).toContain('web: the turn it was lost in is free for others');
    expect(await etcd.get(slotKey('begun-1'))).toBeUndefined();
    expect(await etcd.get(slotKey('begun-2'))).toBeDefined();
    expect(await etcd.get('/services/fleet/known/web2')).toBeUndefined();
    // Alone they are something to forget too.
    await etcd.put(slotKey('begun-1'), turnOf('web9'));
    expect((await run('forget', 'web9')).code).toBe(0);
    expect(await etcd.get(slotKey('begun-1'))).toBeUndefined();
  });

  it('frees nothing while its agent lives', async () => {
    await etcd.put(slotKey('begun-1'), turnOf('web2'));
    expect((await run('forget', 'web2')).code).toBe(1);
    expect(await etcd.get(slotKey('begun-1'))).toBeDefined();
  });
});

describe('status', () => {
  it('counts what is halted in its first line', async () => {
    await report('web2', 'rolled-back', 'E_FATAL');
    await report('web3', 'held', 'RolloutHalted');
    const { code, stdout } = await run('status');
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /^3 hosts, 1 app: 1 rolled-back, 1 held, 1 converged; 1 rollout halted\n/,
    );
  });
});
