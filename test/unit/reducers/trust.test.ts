/** What an attacker who may write anything to etcd cannot do to a host that enforces signatures. */
import { describe, expect, it } from 'vitest';
import { decodeState, encodeState } from '../../../reducers/stateCodec.ts';
import { reduceAll } from '../../../reducers/reduce.ts';
import { initialState } from '../../../reducers/state.ts';
import { mapGet } from '../../../reducers/persistentMap.ts';
import { signedBy, statementOf, trustOf } from '../../support/trust.ts';
import {
  expectGone,
  expectKept,
  oneAtATime,
  release,
  running,
  second,
  stranger,
  third,
  v1,
  v2,
} from '../../support/world/signedApp.ts';
import { createSignedWorld, type SignedWorld, textsOf } from '../../support/world/signedWorld.ts';
import { worldSettings } from '../../support/world/world.ts';

const old = signedBy(statementOf('web', 9, v2), release);

const attacks: readonly (readonly [string, string, (signed: SignedWorld) => void])[] = [
  ['other content', 'E_SIGNATURE_MISMATCH', ({ write }) => write({ 'web/content': v2.content })],
  ['another placement', 'E_SIGNATURE_MISMATCH', ({ write }) => write({ 'web/ips': '10.0.0.9' })],
  ['no placement', 'E_SIGNATURE_MISMATCH', ({ write }) => write({ 'web/ips': '' })],
  ['no signature', 'E_SIGNATURE_MISSING', ({ write }) => write({ 'web/signature': undefined })],
  ['no JSON', 'E_SIGNATURE_MALFORMED', ({ write }) => write({ 'web/signature': '{"version":1' })],
  [
    'a signature too large to be one',
    'E_SIGNATURE_MALFORMED',
    ({ write }) => write({ 'web/signature': 'x'.repeat(200_000) }),
  ],
  [
    'an older version that was signed',
    'E_SIGNATURE_ROLLBACK',
    ({ write }) => write({ 'web/ips': v2.ips, 'web/content': v2.content, 'web/signature': old }),
  ],
  [
    'other content of the same version',
    'E_SIGNATURE_ROLLBACK',
    ({ publish }) => publish('web', 10, v2, release),
  ],
  ['a key of nobody', 'E_SIGNATURE_INVALID', ({ publish }) => publish('web', 11, v2, stranger)],
  [
    'the signature of another app',
    'E_SIGNATURE_APP',
    ({ write }) => write({ 'web/signature': signedBy(statementOf('api', 11, v1), release) }),
  ],
  [
    'a removal beside what is there',
    'E_SIGNATURE_MISMATCH',
    ({ write }) => write({ 'web/signature': signedBy(statementOf('web', 11, undefined), release) }),
  ],
  [
    'a signature of the past',
    'E_SIGNATURE_EXPIRED',
    ({ write }) => {
      const statement = statementOf('web', 11, v2, '1970-01-01T00:10:00Z');
      write({
        'web/ips': v2.ips,
        'web/content': v2.content,
        'web/signature': signedBy(statement, release),
      });
    },
  ],
  [
    'a rollout that nobody signed',
    'E_SIGNATURE_MISMATCH',
    ({ write }) => write({ 'web/rollout': '{"maxUnavailable":1}' }),
  ],
  [
    'another rollout than what is signed',
    'E_SIGNATURE_MISMATCH',
    ({ write }) =>
      write({
        'web/rollout': '{"maxUnavailable":2}',
        'web/signature': signedBy(statementOf('web', 11, { ...v1, rollout: oneAtATime }), release),
      }),
  ],
  [
    'the rollout that is signed taken away',
    'E_SIGNATURE_MISMATCH',
    ({ publish, write }) => {
      publish('web', 11, { ...v1, rollout: oneAtATime }, release);
      write({ 'web/rollout': undefined });
    },
  ],
  [
    'another rollout of the same version',
    'E_SIGNATURE_ROLLBACK',
    ({ publish }) => publish('web', 10, { ...v1, rollout: oneAtATime }, release),
  ],
  ['half of it', 'E_HALF_PAIR', ({ write }) => write({ 'web/content': undefined })],
  ['the other half', 'E_HALF_PAIR', ({ write }) => write({ 'web/ips': undefined })],
];

describe('enforced signatures', () => {
  it('let a signed change, a signed move and a signed removal through', async () => {
    const signed = await running();
    signed.publish('web', 11, v2, release);
    await signed.world.settle();
    expect(signed.world.fileText('web')).toContain('/bin/two');
    signed.publish('web', 12, textsOf('/bin/two', '10.0.0.9'), release);
    await signed.world.settle();
    expectGone(signed);
    signed.publish('web', 13, v1, release);
    await signed.world.settle();
    expect(signed.world.fileText('web')).toContain('/bin/one');
    signed.unpublish('web', 14, release);
    await signed.world.settle();
    expectGone(signed);
    expect(signed.world.app('web')).toBeUndefined();
    expect(signed.world.heldCodes()).toEqual([]);
  });

  it('let a signed rollout through, its change and its end', async () => {
    const signed = await running();
    signed.publish('web', 11, { ...v1, rollout: oneAtATime }, release);
    await signed.world.settle();
    expect(signed.world.app('web')?.rollout).toEqual({ maxUnavailable: 1, drainMs: 0 });
    expect(signed.world.heldCodes()).toEqual([]);
    signed.publish('web', 12, { ...v2, rollout: '{"drain":"1s"}' }, release);
    await signed.world.settle();
    expect(signed.world.fileText('web')).toContain('/bin/two');
    signed.publish('web', 13, v2, release);
    await signed.world.settle();
    expect(signed.world.app('web')?.rollout).toBeUndefined();
    expect(signed.world.heldCodes()).toEqual([]);
    signed.publish('web', 14, { ...v2, rollout: oneAtATime }, release);
    signed.unpublish('web', 15, release);
    // What is left of it is nothing.
    signed.write({ 'web/rollout': oneAtATime });
    await signed.world.settle();
    expectGone(signed);
    expect(signed.world.app('web')).toBeUndefined();
  });

  it.each(attacks)('keep what runs: %s', async (_, code, attack) => {
    const signed = await running();
    attack(signed);
    await signed.world.settle();
    expectKept(signed, code);
    signed.list();
    await signed.world.restartAgent();
    signed.list();
    await signed.world.settle();
    expect(signed.world.process('web')?.state).toBe('RUNNING');
    expect(signed.world.fileText('web')).toContain('/bin/one');
    signed.publish('web', 20, v2, release);
    await signed.world.settle();
    expect(signed.world.fileText('web')).toContain('/bin/two');
  });

  it('name the version that a publish has to be above, where one came too late', async () => {
    const signed = await running();
    signed.publish('web', 9, v2, release);
    await signed.world.settle();
    expectKept(signed, 'E_SIGNATURE_ROLLBACK');
    const said = JSON.stringify(signed.world.loop.current());
    expect(said).toContain('--sign KEYFILE --above 10.');
    signed.publish('web', 11, v2, release);
    await signed.world.settle();
    expect(signed.world.fileText('web')).toContain('/bin/two');
  });

  it.each(attacks.filter(([, code]) => code !== 'E_SIGNATURE_ROLLBACK'))(
    'start nothing that was never here: %s',
    async (_, __, attack) => {
      const signed = createSignedWorld([release, second, third]);
      signed.publish('web', 10, v1, stranger);
      attack(signed);
      await signed.world.settle();
      expect(signed.world.supervisor.list()).toEqual([]);
      expect(signed.world.supervisor.files.size).toBe(0);
    },
  );

  it('take two signatures by the same key, or by one that may not, for one', async () => {
    const thresholds = [
      { apps: 'w*', count: 2 },
      { apps: '*', count: 1 },
    ];
    const signed = await running({ thresholds });
    signed.publish('web', 11, v2, release);
    await signed.world.settle();
    expectKept(signed, 'E_SIGNATURE_THRESHOLD');
    signed.publish('web', 11, v2, release, stranger);
    await signed.world.settle();
    expectKept(signed, 'E_SIGNATURE_THRESHOLD');
    signed.publish('web', 11, v2, release, third);
    await signed.world.settle();
    expect(signed.world.fileText('web')).toContain('/bin/two');
  });

  it('refuse a key that is for other apps', async () => {
    const signed = createSignedWorld([release], { apps: ['api', 'db-*'] });
    signed.publish('web', 1, v1, release);
    signed.publish('db-1', 1, v1, release);
    await signed.world.settle();
    expect(signed.world.process('db-1')?.state).toBe('RUNNING');
    expect(signed.world.process('web')).toBeUndefined();
    expect(JSON.stringify(signed.world.app('web')?.desired)).toContain('E_SIGNATURE_KEY');
  });

  it('say nothing of what never was here and is placed elsewhere', async () => {
    const signed = createSignedWorld([release]);
    signed.write({ 'far/ips': '10.0.0.9', 'far/content': 'command=/bin/x\n' });
    await signed.world.settle();
    expect(signed.world.app('far')).toBeUndefined();
  });

  it('keep what was accepted in time after it has expired', async () => {
    const signed = createSignedWorld([release]);
    // Ten minutes after the world begins.
    const statement = statementOf('web', 1, v1, '1970-01-01T00:26:40Z');
    const signature = signedBy(statement, release);
    signed.write({ 'web/ips': v1.ips, 'web/content': v1.content, 'web/signature': signature });
    await signed.world.settle();
    expect(signed.world.process('web')?.state).toBe('RUNNING');
    await signed.world.pass(700_000);
    expect(signed.world.nowMs()).toBeGreaterThan(1_600_000);
    await signed.world.restartAgent();
    signed.list();
    await signed.world.settle();
    expect(signed.world.app('web')?.desired.type).toBe('Wanted');
    expect(signed.world.supervisor.starts.get('web')).toBe(1);
  });

  it('accept nothing new while the keys cannot be relied on', async () => {
    const signed = createSignedWorld([release], { fault: 'others can write to it' });
    signed.publish('web', 1, v1, release);
    await signed.world.settle();
    expect(signed.world.process('web')).toBeUndefined();
    expect(JSON.stringify(signed.world.app('web')?.desired)).toContain('E_TRUST_KEYS');
  });

  it('refuse what a key signed that is trusted no more, and keep it running', async () => {
    const signed = await running();
    const settings = { ...worldSettings, trust: trustOf([third]) };
    await signed.world.restartAgent({ settings });
    signed.list();
    await signed.world.settle();
    expectKept(signed, 'E_SIGNATURE_INVALID');
    signed.publish('web', 11, v2, release, second);
    await signed.world.settle();
    expectKept(signed, 'E_SIGNATURE_INVALID');
    signed.publish('web', 12, v2, third);
    await signed.world.settle();
    expect(signed.world.fileText('web')).toContain('/bin/two');
  });

  it('replay from the journal without any key, floors and all', async () => {
    const signed = await running();
    signed.write({ 'web/content': v2.content });
    signed.publish('web', 11, v2, release);
    signed.unpublish('web', 12, release);
    await signed.world.settle();
    const state = signed.world.state();
    expect(mapGet(state.floors.byApp, 'web')).toMatchObject({ version: '12', isGone: true });
    const encoded = JSON.stringify(encodeState(state));
    expect(JSON.stringify(encodeState(reduceAll(initialState, signed.world.records)))).toBe(
      encoded,
    );
    expect(decodeState(JSON.parse(encoded))).toEqual(state);
  });
});

describe('signatures that are only warned of', () => {
  it('change nothing, and say what would be refused', async () => {
    const signed = createSignedWorld([release], { mode: 'warn' });
    signed.write({ 'web/ips': v1.ips, 'web/content': v1.content });
    await signed.world.settle();
    expect(signed.world.process('web')?.state).toBe('RUNNING');
    expect(JSON.stringify(signed.world.app('web')?.desired)).toContain('W_SIGNATURE_MISSING');
    signed.publish('web', 5, v1, release);
    await signed.world.settle();
    expect(JSON.stringify(signed.world.app('web')?.desired)).not.toContain('W_SIGNATURE');
    signed.write({ 'web/ips': undefined, 'web/content': undefined, 'web/signature': undefined });
    await signed.world.settle();
    expectGone(signed);
    expect(mapGet(signed.world.state().floors.byApp, 'web')?.version).toBe('5');
  });
});
