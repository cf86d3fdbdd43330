import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mapFrom } from '../../../reducers/persistentMap.ts';
import { newApp } from '../../../reducers/appState.ts';
import { initialState, type State } from '../../../reducers/state.ts';
import { planOf } from '../../../reducers/planOf.ts';
import { handleRequests, type Requests } from '../../../src/agent/fleet/handleRequests.ts';
import {
  type EtcdError,
  type EtcdLeases,
  type TxnAnswer,
  type TxnQuery,
} from '../../../src/domain/etcdCalls.ts';
import { type Event } from '../../../src/domain/event.ts';
import type { FleetOrder } from '../../../src/domain/fleet/fleetRequest.ts';
import { formatRequest } from '../../../src/domain/fleet/requestCodec.ts';
import { err, ok, type Result } from '../../../src/domain/result.ts';
import type { AppName, Sha256 } from '../../../src/domain/types.ts';
import { rev } from '../../support/etcdValues.ts';
import { createFakeEtcd, etcdError, type FakeEtcd } from '../../support/fakeEtcd.ts';
import { createHandScheduler, type HandScheduler } from '../../support/handScheduler.ts';

const startMs = 1_764_000_000_000;

let etcd: FakeEtcd;
let scheduler: HandScheduler;
let events: Event[];
let said: string[];
let requests: Requests;
let grants: number;
/** What comes of a transaction beside its being done, the next one first. */
let mishaps: ('LostAnswer' | 'NeverSent' | 'LostRequest')[];
/** The last words are not taken. */
let isStuck: boolean;
let state: State;

beforeEach(() => {
  etcd = createFakeEtcd();
  scheduler = createHandScheduler(startMs);
  events = [];
  said = [];
  grants = 0;
  mishaps = [];
  isStuck = false;
  state = initialState;
});
afterEach(async () => {
  const stopped = requests.stop();
  await scheduler.advance(3_000);
  await stopped;
});

async function txn({ compares, writes }: TxnQuery): Promise<Result<TxnAnswer, EtcdError>> {
  const mishap = mishaps.shift();
  if (mishap === 'NeverSent') return err({ ...etcdError('Unreachable'), wasSent: false });
  if (isStuck && compares.length === 0) return err({ ...etcdError('Unreachable'), wasSent: false });
  if (mishap === 'LostRequest') return err(etcdError('TimedOut'));
  for (const { key, modRevision } of compares) {
    const found = await etcd.range({ key });
    const actual = (found.ok ? found.value.kvs[0]?.modRevision : undefined) ?? '0';
    if (actual !== modRevision) return ok(answer(false));
  }
  etcd.write(
    Object.fromEntries(
      writes.map(({ key, value }) => [
        Buffer.from(key).toString(),
        value === undefined ? undefined : Buffer.from(value).toString(),
      ]),
    ),
  );
  return mishap === 'LostAnswer' ? err(etcdError('TimedOut')) : ok(answer(true));
}

const answer = (isDone: boolean): TxnAnswer => ({
  ...{ clusterId: 'c1', revision: rev(etcd.revision()), isDone },
});

const leases = {
  grant: (ttlSec: number) => {
    grants += 1;
    return Promise.resolve(ok({ id: String(grants), ttlSec }));
  },
} as Pick<EtcdLeases, 'grant'> as EtcdLeases;

async function start(isEnforced = false): Promise<void> {
  const { range, openWatch } = etcd;
  const say = (_fields: unknown, text: string): number => said.push(text);
  const never = (): never => {
    throw new Error('nobody asked for that');
  };
  requests = handleRequests(
    {
      etcd: { range, openWatch, txn, leases },
      loop: {
        current: () => ({ state, plan: planOf(state) }),
        dispatch: (event) => events.push(event),
      },
      supervisor: { getAllProcessInfo: never, startProcesses: never, stopProcesses: never },
      scheduler,
      random: () => 0.5,
      log: { debug: say, info: say, warn: say, error: say },
    },
    { fleetPrefix: '/f', host: 'web1', isEnforced },
  );
  await scheduler.advance(0);
  etcd.created();
  await scheduler.advance(0);
}

const requestOf = (id: string, order: FleetOrder = { type: 'Confirm' }): string =>
  Buffer.from(
    formatRequest({ ...{ id, order, by: 'alice', from: 'laptop', atMs: startMs } }),
  ).toString();

async function ask(id: string, order?: FleetOrder): Promise<void> {
  etcd.deliver(etcd.write({ [`/f/requests/web1/${id}`]: requestOf(id, order) }));
  await scheduler.advance(0);
}

async function read(key: string): Promise<string | undefined> {
  const found = await etcd.range({ key: Buffer.from(key) });
  const value = found.ok ? found.value.kvs[0]?.value : undefined;
  return value === undefined ? undefined : Buffer.from(value).toString();
}

async function answered(id: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const text = await read(`/f/answers/web1/${id}`);
  return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>);
}

const web = 'web' as AppName;
const confirmed = { type: 'RemovalsConfirmed', by: 'alice@laptop' };

describe('handleRequests', () => {
  it('takes a request away, does it, and says so and who asked', async () => {
    await start();
    await ask('a');
    expect(events).toEqual([confirmed]);
    expect(await read('/f/requests/web1/a')).toBeUndefined();
    expect(await answered('a')).toEqual({ id: 'a', state: 'Done', detail: 'no removal was held' });
  });

  it('does what was asked before it began to listen, and shares a lease among answers', async () => {
    etcd.write({ '/f/requests/web1/b': requestOf('b') });
    etcd.write({ '/f/requests/web1/a': requestOf('a') });
    await start();
    expect(events).toEqual([confirmed, confirmed]);
    expect(grants).toBe(1);
  });

  it('does each of several that were asked in one transaction', async () => {
    await start();
    const ids = ['a', 'b', 'c'];
    const asked = Object.fromEntries(ids.map((id) => [`/f/requests/web1/${id}`, requestOf(id)]));
    etcd.deliver(etcd.write(asked));
    await scheduler.advance(0);
    expect(events).toEqual([confirmed, confirmed, confirmed]);
    for (const id of ids) {
      expect(await answered(id)).toMatchObject({ state: 'Done' });
      expect(await read(`/f/requests/web1/${id}`)).toBeUndefined();
    }
  });

  it('refuses more than a few at once, whatever is asked', async () => {
    await start();
    isStuck = true;
    const ids = Array.from({ length: 12 }, (_, index) => `c${String(index)}`);
    for (const id of ids) await ask(id);
    await scheduler.advance(0);
    const all = await Promise.all(ids.map((id) => answered(id)));
    const refused = all.filter((one) => one?.['state'] === 'Refused');
    expect(refused).toHaveLength(4);
    expect(refused[0]).toMatchObject({ detail: 'busy with 8 other requests: try again' });
    isStuck = false;
    await scheduler.advance(5_000);
  });

  it('says of a retry whether there was anything to try again', async () => {
    const fine = newApp(web);
    const refused = {
      sha256: 'x' as Sha256,
      by: 'Host',
      code: 'E',
      reason: 'r',
      sinceMs: 0,
    } as const;
    for (const [id, app, detail] of [
      ['fine', fine, 'nothing was quarantined, and nothing had failed'],
      ['ill', { ...fine, quarantines: [refused] }, 'the agent tries again'],
    ] as const) {
      state = { ...initialState, appsByName: mapFrom([[web, app]]) };
      if (id === 'fine') await start();
      await ask(id, { type: 'Retry', app: web });
      expect(await answered(id)).toEqual({ id, state: 'Done', detail });
    }
  });

  it('refuses to confirm where only what is signed counts', async () => {
    await start(true);
    await ask('a');
    expect(events).toEqual([]);
    expect(await answered('a')).toMatchObject({
      state: 'Refused',
      detail: expect.stringContaining('run `supervene confirm` on web1'),
    });
  });

  it('does nothing where etcd did not say whether it was taken, and it was', async () => {
    await start();
    mishaps = ['LostAnswer'];
    await ask('a');
    await scheduler.advance(5_000);
    expect(events).toEqual([]);
    expect(await answered('a')).toMatchObject({
      state: 'Failed',
      detail: expect.stringContaining('not done'),
    });
  });

  it('tries again where it was not taken, and does it once', async () => {
    await start();
    mishaps = ['LostRequest', 'NeverSent'];
    await ask('a');
    await scheduler.advance(5_000);
    expect(events).toEqual([confirmed]);
    expect(await answered('a')).toMatchObject({ state: 'Done' });
  });

  it('does nothing when a transaction given up for lost comes through later', async () => {
    await start();
    mishaps = ['LostRequest'];
    await ask('a');
    // The first one, after all.
    const late = { '/f/requests/web1/a': undefined, '/f/answers/web1/a': '{"state":"Accepted"}' };
    etcd.write(late);
    await scheduler.advance(5_000);
    expect(events).toEqual([]);
    expect(await answered('a')).toMatchObject({ state: 'Failed' });
  });

  it('leaves alone what somebody took back or took before', async () => {
    await start();
    const changes = etcd.write({ '/f/requests/web1/a': requestOf('a') });
    etcd.write({ '/f/requests/web1/a': undefined });
    etcd.deliver(changes);
    await scheduler.advance(5_000);
    expect(events).toEqual([]);
    expect(await answered('a')).toBeUndefined();
  });

  it('does a request once that a listing tells again while it is in hand', async () => {
    await start();
    mishaps = ['NeverSent', 'NeverSent'];
    await ask('a');
    etcd.break(etcdError('Unreachable'));
    await scheduler.advance(60);
    etcd.created();
    await scheduler.advance(5_000);
    expect(events).toEqual([confirmed]);
  });

  it('says once that nothing can be asked, and when it can be again', async () => {
    await start();
    etcd.fail = () => etcdError('Unauthorised', 'no permission');
    etcd.break(etcdError('Unauthorised', 'no permission'));
    await scheduler.advance(120_000);
    etcd.fail = undefined;
    for (let second = 0; second < 60; second += 1) {
      await scheduler.advance(1_000);
      etcd.created();
    }
    etcd.break(etcdError('Unauthorised', 'no permission'));
    await scheduler.advance(1_000);
    expect(said).toEqual([
      'nothing can be asked of this host: no permission',
      'this host can be asked again',
    ]);
  });

  it('takes nothing more once it is stopped', async () => {
    await start();
    const stopped = requests.stop();
    await scheduler.advance(0);
    await stopped;
    await ask('a');
    expect(events).toEqual([]);
    expect(await read('/f/requests/web1/a')).toBeDefined();
  });
});
