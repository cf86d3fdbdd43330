/** Signed content: nothing that differs in a byte counts, and no history of an attacker's brings back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapGet } from '../../reducers/persistentMap.ts';
import { fcParams } from '../support/seed.ts';
import { signedBy, statementOf, testKey } from '../support/trust.ts';
import {
  createSignedWorld,
  type SignedWorld,
  textsOf,
  type Writes,
} from '../support/world/signedWorld.ts';

const keys = [testKey(1), testKey(2), testKey(3)] as const;
const stranger = testKey(9);
const leaves = ['ips', 'content', 'signature'] as const;

const firstTexts = textsOf('/bin/signed');

function isAnyAccepted(signed: SignedWorld): boolean {
  return signed.world.state().floors.byApp.size > 0 || signed.world.supervisor.files.size > 0;
}

/** A byte of the text is another one; what is no text then is no text in etcd either. */
function withByte(text: string, at: number, change: number): string {
  const bytes = Buffer.from(text);
  const place = at % bytes.length;
  bytes[place] = (bytes[place] ?? 0) ^ change;
  return bytes.toString('latin1');
}

describe('any single change', () => {
  it('is one of something that is accepted', async () => {
    const statement = statementOf('web', 7, firstTexts, '2099-01-01T00:00:00Z');
    const signed = createSignedWorld(keys, { thresholds: [{ apps: '*', count: 2 }] });
    signed.write(
      prefixed('web', { ...firstTexts, signature: signedBy(statement, keys[0], keys[1]) }),
    );
    await signed.world.settle(5_000);
    expect(isAnyAccepted(signed)).toBe(true);
    expect(signed.world.process('web')?.state).toBe('RUNNING');
  });

  it('of a byte of placement, content or signature is not accepted', async () => {
    const statement = statementOf('web', 7, firstTexts, '2099-01-01T00:00:00Z');
    const values = { ...firstTexts, signature: signedBy(statement, keys[0], keys[1]) };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...leaves),
        fc.nat(10_000),
        fc.integer({ min: 1, max: 255 }),
        async (leaf, at, change) => {
          const signed = createSignedWorld(keys, { thresholds: [{ apps: '*', count: 2 }] });
          const changed = { ...values, [leaf]: withByte(values[leaf], at, change) };
          signed.write({
            'web/ips': changed.ips,
            'web/content': changed.content,
            'web/signature': changed.signature,
          });
          await signed.world.settle(5_000);
          expect(isAnyAccepted(signed), `${leaf} ${JSON.stringify(changed[leaf])}`).toBe(false);
        },
      ),
      fcParams(300),
    );
  });

  it('of a character, inserted, taken out or doubled, is not accepted', async () => {
    const values = {
      ...firstTexts,
      signature: signedBy(statementOf('web', 7, firstTexts), keys[0]),
    };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...leaves),
        fc.nat(10_000),
        fc.constantFrom('', ' ', '\n', '\t', '0', '"', ',', '\ufeff', 'A', '='),
        fc.nat(1),
        async (leaf, at, put, taken) => {
          const text = values[leaf];
          const place = at % text.length;
          const changed = text.slice(0, place) + put + text.slice(place + taken);
          fc.pre(changed !== text);
          const signed = createSignedWorld(keys);
          signed.write({ ...prefixed('web', values), [`web/${leaf}`]: changed });
          await signed.world.settle(5_000);
          expect(isAnyAccepted(signed), changed).toBe(false);
        },
      ),
      fcParams(300),
    );
  });

  it('of the app is not accepted', async () => {
    const values = {
      ...firstTexts,
      signature: signedBy(statementOf('web', 7, firstTexts), keys[0]),
    };
    const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,20}$/);
    await fc.assert(
      fc.asyncProperty(name, async (app) => {
        fc.pre(app !== 'web');
        const signed = createSignedWorld(keys);
        signed.write(prefixed(app, values));
        await signed.world.settle(5_000);
        expect(isAnyAccepted(signed)).toBe(false);
      }),
      fcParams(100),
    );
  });
});

function prefixed(app: string, values: Readonly<Record<string, string>>): Writes {
  return Object.fromEntries(
    Object.entries(values).map(([leaf, value]) => [`${app}/${leaf}`, value]),
  );
}

const apps = ['web', 'api'] as const;
const app = fc.constantFrom(...apps);
const leaf = fc.constantFrom(...leaves);
const pastIndex = fc.nat(1_000);

/** What people who may do with their keys, and what anybody does who may write to etcd. */
const action = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('Publish' as const), app, isHere: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('Unpublish' as const), app }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('Replay' as const), app, from: pastIndex }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('ReplayLeaf' as const), app, leaf, from: pastIndex }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('Swap' as const), app, leaf, from: pastIndex }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('Delete' as const), app, leaf }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('DeleteAll' as const), app }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('Forge' as const), app, isOneSigned: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('WriteEvil' as const), app, leaf }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('List' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('Restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('Outage' as const) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('Wait' as const), ms: fc.nat(3_000) }) },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

interface Signed {
  readonly version: number;
  readonly isHere: boolean;
  readonly command: string;
}

/** All that was ever signed by enough keys, and what the host did with it. */
function createStory() {
  const signed = createSignedWorld(keys, { thresholds: [{ apps: '*', count: 2 }] });
  const past: Writes[] = [];
  const signedByApp = new Map<string, Signed[]>(apps.map((name) => [name, []]));
  const newestRun = new Map<string, number>();
  let version = 0;

  const remember = (name: string): void => {
    past.push(signed.snapshot(name));
  };
  const from = (index: number, name: string): Writes | undefined => {
    const all = past.filter((each) => `${name}/ips` in each);
    return all.length === 0 ? undefined : all[index % all.length];
  };

  async function act(next: Action): Promise<void> {
    switch (next.type) {
      case 'Publish': {
        version += 1;
        const command = `/bin/v${String(version)}`;
        const texts = textsOf(command, next.isHere ? '10.0.0.1' : '10.0.0.9');
        signed.publish(
          next.app,
          version,
          texts,
          keys[(version % 3) as 0],
          keys[((version + 1) % 3) as 0],
        );
        signedByApp.get(next.app)?.push({ version, isHere: next.isHere, command });
        return remember(next.app);
      }
      case 'Unpublish':
        version += 1;
        signed.unpublish(next.app, version, keys[0], keys[1]);
        signedByApp.get(next.app)?.push({ version, isHere: false, command: '' });
        return remember(next.app);
      case 'Replay':
        return signed.write(from(next.from, next.app) ?? {});
      case 'ReplayLeaf': {
        const key = `${next.app}/${next.leaf}`;
        return signed.write({ [key]: from(next.from, next.app)?.[key] });
      }
      case 'Swap': {
        const other = next.app === 'web' ? 'api' : 'web';
        const value = from(next.from, other)?.[`${other}/${next.leaf}`];
        return signed.write({ [`${next.app}/${next.leaf}`]: value });
      }
      case 'Delete':
        return signed.write({ [`${next.app}/${next.leaf}`]: undefined });
      case 'DeleteAll':
        return signed.write(
          Object.fromEntries(leaves.map((each) => [`${next.app}/${each}`, undefined])),
        );
      case 'Forge': {
        const by = next.isOneSigned ? [keys[0], stranger] : [stranger];
        return signed.publish(next.app, version + 1_000, textsOf('/bin/evil'), ...by);
      }
      case 'WriteEvil':
        return signed.write({ [`${next.app}/${next.leaf}`]: textsOf('/bin/evil').content });
      case 'List':
        return signed.list();
      case 'Restart':
        await signed.world.restartAgent({ order: ['Identity', 'Files', 'Processes'] });
        return signed.list();
      case 'Outage':
        signed.world.loseEtcd();
        await signed.world.pass(500);
        return signed.list();
      case 'Wait':
        return signed.world.pass(next.ms);
    }
  }

  function check(): void {
    for (const name of apps) checkApp(name);
  }

  function checkApp(name: string): void {
    const all = signedByApp.get(name) ?? [];
    const command = /command ?= ?(\S+)/.exec(signed.world.fileText(name) ?? '')?.[1];
    const floor = Number(mapGet(signed.world.state().floors.byApp, name)?.version ?? 0);
    expect(all.some((each) => each.version === floor) || floor === 0).toBe(true);
    const last = newestRun.get(name);
    if (command === undefined) {
      const isRemovable = all.some((each) => !each.isHere && each.version > (last ?? 0));
      expect(last === undefined || isRemovable, `${name} was removed`).toBe(true);
      return;
    }
    const found = all.find((each) => each.command === command);
    expect(found, `${name} runs ${command}`).toBeDefined();
    expect(found?.isHere).toBe(true);
    const running = found?.version ?? 0;
    expect(running, `${name} went back`).toBeGreaterThanOrEqual(last ?? 0);
    expect(running).toBeLessThanOrEqual(floor);
    newestRun.set(name, running);
  }

  return { signed, act, check };
}

describe('an attacker who may write anything to etcd', () => {
  it('gets nothing to run that was not signed by enough, nothing older, and no removal', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        const story = createStory();
        for (const each of actions) {
          await story.act(each);
          story.check();
        }
        await story.signed.world.settle(20_000);
        story.check();
      }),
      fcParams(150),
    );
  });

  it('cannot keep a host from what is signed and stands there at last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
        const story = createStory();
        for (const each of actions) await story.act(each);
        await story.act({ type: 'Publish', app: 'web', isHere: true });
        await story.act({ type: 'Unpublish', app: 'api' });
        story.signed.world.confirm();
        await story.signed.world.settle(60_000);
        story.check();
        const { world } = story.signed;
        const newest = mapGet(world.state().floors.byApp, 'web')?.version ?? '';
        expect(world.fileText('web')).toContain(`/bin/v${newest}\n`);
        expect(world.fileText('api')).toBeUndefined();
      }),
      fcParams(80),
    );
  });
});
