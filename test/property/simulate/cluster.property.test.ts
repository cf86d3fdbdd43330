/**
 * The exported cluster, driven by commands against a model of two lines: what was published last, and
 * where. And Fairness, which takes two clusters to see.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cluster, createCluster } from '../../../src/simulate/createCluster.ts';
import type { Action } from '../../../src/simulate/script/action.ts';
import { fcParams } from '../../support/seed.ts';

/** By app: the content that was published last. */
type Model = Map<string, string>;
type Command = fc.AsyncCommand<Model, Cluster>;

const names = ['a', 'b', 'c'] as const;
const contentOf = (version: number): string =>
  `command=/bin/serve --v${String(version)}\nstartsecs=0\n`;

/** Each tells itself, so that a failure reads as a history. */
function command(
  text: string,
  run: (model: Model, real: Cluster) => void | Promise<void>,
): Command {
  return {
    check: () => true,
    run: async (model, real) => {
      await run(model, real);
      expect(real.violations).toEqual([]);
    },
    toString: () => text,
  };
}

const publish = (app: string, version: number) =>
  command(`publish ${app} v${String(version)}`, (model, real) => {
    model.set(app, contentOf(version));
    real.publish(app, contentOf(version));
  });
const unpublish = (app: string) =>
  command(`unpublish ${app}`, (model, real) => {
    model.delete(app);
    real.unpublish(app);
  });
const perform = (action: Action) =>
  command(JSON.stringify(action), (_, real) => real.perform(action));
const pass = (ms: number) => command(`${String(ms)} ms pass`, (_, real) => real.run(ms));
const look = () => command('look', expectAsPublished);

async function expectAsPublished(model: Model, real: Cluster): Promise<void> {
  real.heal();
  await real.run(5_000);
  for (const host of real.hosts.keys()) real.perform({ type: 'Confirm', host });
  expect(await real.settle(180_000)).toBe(true);
  for (const host of real.hosts) {
    const running = host.processes().map(({ id, state }) => `${id} ${state}`);
    expect(running, host.id).toEqual(
      [...model.keys()].sort().map((app) => `${app}:${app} RUNNING`),
    );
    for (const [app, content] of model) {
      const [line = ''] = content.split('\n');
      expect(host.files().get(`${app}.supervene.conf`), host.id).toContain(`\n${line}\n`);
    }
  }
}

const app = fc.constantFrom(...names);
const host = fc.nat(1);
const fewMs = fc.constantFrom(0, 30, 400, 6_000);
const commands: readonly fc.Arbitrary<Command>[] = [
  fc.tuple(app, fc.nat(4)).map(([name, version]) => publish(name, version)),
  app.map(unpublish),
  fc.constantFrom(1, 60, 700, 12_000).map(pass),
  fc.constant(look()),
  fc
    .record({
      type: fc.constantFrom('KillAgent' as const, 'CutPower' as const),
      ...{ host, atCall: fc.nat(25), downMs: fewMs },
    })
    .map(perform),
  fc
    .record({
      type: fc.constantFrom('RestartSupervisord' as const, 'HangSupervisord' as const),
      ...{ host, forMs: fewMs },
    })
    .map(perform),
  fc
    .record({
      type: fc.constant('EtcdFault' as const),
      fault: fc.constantFrom('cut' as const, 'silent' as const, 'stutter' as const),
      ...{ host, forMs: fewMs },
    })
    .map(perform),
  fc
    .record({
      type: fc.constant('Tamper' as const),
      ...{ host, app, how: fc.constantFrom('edit' as const, 'delete' as const) },
    })
    .map(perform),
  fc.constant(perform({ type: 'Compact' })),
];

describe('a cluster that commands are given to', () => {
  it('runs in the end what was published last, whatever else happened', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.commands([...commands], { maxCommands: 20 }),
        async (n, all) => {
          const setup = () => {
            const model: Model = new Map();
            return { model, real: createCluster({ seed: String(n), hosts: 2 }) };
          };
          let end: ReturnType<typeof setup> | undefined;
          await fc.asyncModelRun(() => (end = setup()), all);
          if (end !== undefined) await expectAsPublished(end.model, end.real);
        },
      ),
      fcParams(20),
    );
  });
});

describe('Fairness', () => {
  const troubles: Readonly<Record<string, readonly [string, string]>> = {
    'never starts': ['command=/nowhere/x\n', 'command=/nowhere/y\n'],
    'exits at once, for ever': [
      'command=/bin/x run=5 exit=1\nstartsecs=0\nautorestart=true\n',
      'command=/bin/y run=5 exit=1\nstartsecs=0\nautorestart=true\n',
    ],
    'fails to prove itself': ['command=/bin/x run=300 exit=1\n', 'command=/bin/y run=300 exit=1\n'],
    'stops slowly': ['command=/bin/x stop=9000\n', 'command=/bin/y stop=9000\n'],
    'does not stop at all': [
      'command=/bin/x stop=ignore\nstopwaitsecs=30\n',
      'command=/bin/y stop=ignore\nstopwaitsecs=30\n',
    ],
    'is refused by the host': ['command=/bin/x\nuser=nobody-at-all\n', 'command=/bin/y\nuser=no\n'],
  };

  it.each(
    Object.keys(troubles).flatMap((trouble) =>
      (['rpc', 'supervisorctl'] as const).map((driver) => [trouble, driver] as const),
    ),
  )('delays others by at most 1 s when an app %s (%s)', async (trouble, driver) => {
    const [before, after] = troubles[trouble] ?? ['', ''];
    for (const afterMs of [0, 40, 700, 2_500]) {
      const alone = await timeOfChange(driver, [], afterMs);
      const beside = await timeOfChange(driver, [before, after], afterMs);
      expect(beside - alone, `published ${String(afterMs)} ms later`).toBeLessThanOrEqual(1_000);
    }
  });

  /** From the publication of another app's content until it runs, in virtual milliseconds. */
  async function timeOfChange(
    driver: 'rpc' | 'supervisorctl',
    contents: readonly string[],
    afterMs: number,
  ): Promise<number> {
    const cluster = createCluster({ seed: 'fairness', driver });
    const [host] = cluster.hosts;
    if (host === undefined) throw new Error('no host');
    const [before, after] = contents;
    cluster.publish('good', contentOf(1));
    if (before !== undefined) cluster.publish('bad', before);
    await cluster.run(20_000);
    if (after !== undefined) cluster.publish('bad', after);
    await cluster.run(afterMs);
    const startedAtMs = cluster.elapsedMs();
    const pid = (): number | undefined =>
      host.processes().find(({ group, state }) => group === 'good' && state === 'RUNNING')?.pid;
    const oldPid = pid();
    expect(oldPid).toBeDefined();
    cluster.publish('good', contentOf(2));
    const isRenewed = await cluster.runUntil(() => ![undefined, oldPid].includes(pid()), 120_000);
    expect(isRenewed).toBe(true);
    expect(cluster.violations).toEqual([]);
    return cluster.elapsedMs() - startedAtMs;
  }
});
