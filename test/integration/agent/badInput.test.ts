/**
 * Bad input harms its own app only, is seen with its code wherever people look, never reaches
 * supervisord, and heals by itself. All on one host, beside one healthy app.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type PublishHost,
  base64,
  hostAddress,
  keyOf,
  startPublishHost,
  withWitness,
} from '../../support/publishHost.ts';
import type { Bytes } from '../../support/etcdGateway.ts';
import { waitFor } from '../../support/waitFor.ts';

let host: PublishHost;
/** The healthy app's command, one higher with each change of it. */
let seconds = 2_000;
beforeAll(async () => {
  host = await startPublishHost();
  await host.publish({ healthy: `command=sleep ${String(seconds)}\n` });
  await host.waitForCommand('healthy', `sleep ${String(seconds)}`);
});
afterAll(() => host.stop());

/** By app: what etcd has for it, and the code that people are to see. */
type Cases = Readonly<
  Record<string, { readonly keys: Readonly<Record<string, Bytes>>; readonly code: string }>
>;

/** Nothing but `bad` is published meanwhile; ends with all of it visible and supervisord anew. */
async function proveHarmless(cases: Cases, survivors: readonly string[] = []): Promise<void> {
  const pidsBefore = await pidsOf(['healthy', ...survivors]);
  let changedPid = 0;
  const { complaints, pids } = await withWitness(host, 'healthy', async () => {
    for (const { keys } of Object.values(cases)) await host.etcd.txn(keys);
    await waitForCodes(cases);
    expect(await pidsOf(['healthy', ...survivors])).toEqual(pidsBefore);
    seconds += 1;
    await host.publish({ healthy: `command=sleep ${String(seconds)}\n` });
    changedPid = (await host.waitForCommand('healthy', `sleep ${String(seconds)}`)).pid;
  });
  expect(complaints).toEqual([]);
  expect(pids.filter((pid) => pid !== 0)).toEqual([pidsBefore[0], changedPid]);
  expect(await pidsOf(survivors)).toEqual(pidsBefore.slice(1));

  await expectVisible(cases);
  await host.supervisord.restart();
  await host.waitForCommand('healthy', `sleep ${String(seconds)}`);
  for (const app of survivors) await host.supervisord.waitForState(`${app}:${app}`, 'RUNNING');
  await waitForCodes(cases);
}

/** The healthy app lives through the healing of the others. */
async function proveHealing(
  heal: () => Promise<void> | void,
  commands: Readonly<Record<string, string>>,
): Promise<void> {
  const { complaints, pids } = await withWitness(host, 'healthy', async () => {
    await heal();
    for (const [app, command] of Object.entries(commands)) await host.waitForCommand(app, command);
  });
  expect(complaints).toEqual([]);
  expect(pids).toHaveLength(1);
  await waitFor('nothing to be held', async () => {
    const { held } = await host.state();
    if (held.length > 0) throw new Error(JSON.stringify(held));
    return true;
  });
}

async function pidsOf(apps: readonly string[]): Promise<readonly (number | undefined)[]> {
  const processes = await host.supervisord.processes();
  return apps.map((app) => processes.find(({ group }) => group === app)?.pid);
}

/** `/state` names each with its code, as desired or as quarantined, and as held with the reason. */
async function waitForCodes(cases: Cases): Promise<void> {
  for (const [app, { code }] of Object.entries(cases)) {
    await waitFor(`/state to show ${app} with ${code}`, async () => {
      const { desired, held, quarantined } = await host.state();
      const wanted = desired.apps.find((each) => each.app === app);
      const codes = [
        wanted?.code,
        ...(wanted?.problems ?? []).map((problem) => problem.code),
        ...quarantined.filter((each) => each.app === app).map((each) => each.code),
      ];
      const isHeld = held.some((each) => each.app === app && each.reason.includes(code));
      return (codes.includes(code) && isHeld) || undefined;
    });
  }
}

async function expectVisible(cases: Cases): Promise<void> {
  const codes = Object.entries(cases).map(([app, { code }]) => [app, code]);
  const apps = await host.run('apps', '--json');
  const rows = (JSON.parse(apps.stdout) as { apps: { app: string; code: string | null }[] }).apps;
  const ofApps = new Map(rows.map(({ app, code }) => [app, code]));
  expect(codes.map(([app = '']) => [app, ofApps.get(app)])).toEqual(codes);

  const plan = await host.run('plan', '--json');
  const { held } = JSON.parse(plan.stdout) as { held: { app?: string; reason: string }[] };
  const reasons = new Map(held.map(({ app, reason }) => [app ?? '', reason]));
  const ofPlan = codes.map(([app = '']) => [app, reasons.get(app)?.split(':')[0]]);
  expect(ofPlan).toEqual(codes);
}

function placedHere(app: string, content: Bytes, code: string): Cases {
  return {
    [app]: { keys: { [keyOf(app, 'ips')]: hostAddress, [keyOf(app, 'content')]: content }, code },
  };
}

const hugeBody = `command=sleep 1\n${'; a comment\n'.repeat(90_000)}`;
/** Leaves of `content` that no host takes, by app, with the code of their refusal. */
const badContents: readonly (readonly [string, Bytes, string])[] = [
  ['not-base64', 'Y29tbWFuZD1h*Zm9v', 'E_BASE64'],
  ['not-utf8', base64(Uint8Array.of(0x63, 0xff, 0xfe)), 'E_NOT_UTF8'],
  ['not-utf8-plain', Uint8Array.of(0x63, 0x3d, 0xff, 0xfe), 'E_NOT_UTF8'],
  ['nul', base64('command=sleep 1\0\n'), 'E_NUL'],
  ['lone-cr', base64('command=sleep 1\r[program:healthy]\rcommand=false\n'), 'E_LONE_CR'],
  ['bom', base64('\ufeffcommand=sleep 1\n'), 'E_BOM'],
  ['section-first', base64('[program:x]\ncommand=sleep 1\n'), 'E_SECTION_HEADER'],
  ['section-last', base64('command=sleep 1\n[program:healthy]\ncommand=false'), 'E_SECTION_HEADER'],
  ['section-plain', 'command=sleep 1\n[supervisord]\nloglevel=trace\n', 'E_SECTION_HEADER'],
  ['section-deeper', base64('command=sleep 1\n  [DEFAULT]\n  user=x\n'), 'E_SECTION_HEADER'],
  ['percent', base64('command=date +%Y\n'), 'E_EXPANSION'],
  ['numprocs', base64('command=sleep 1\nnumprocs=2\n'), 'E_PROCESS_NUM'],
  ['huge-count', base64('command=sleep 1\nnumprocs=99999999999\n'), 'E_OUT_OF_RANGE'],
  ['huge-digits', base64(`command=sleep 1\nstartsecs=1${'0'.repeat(400)}\n`), 'E_INTEGER'],
  [
    'huge-size',
    base64('command=sleep 1\nstdout_logfile_maxbytes=9999999999GB\n'),
    'E_OUT_OF_RANGE',
  ],
  ['huge-body', base64(hugeBody), 'E_TOO_LARGE'],
  ['empty', '', 'E_EMPTY'],
];

function mergeCases(all: readonly Cases[]): Cases {
  return Object.assign({}, ...all) as Cases;
}

const bodiesOf = (apps: readonly string[], command: string): Readonly<Record<string, string>> =>
  Object.fromEntries(apps.map((app) => [app, `command=${command}\nstartsecs=0\n`]));
const commandsOf = (apps: readonly string[], command: string): Readonly<Record<string, string>> =>
  Object.fromEntries(apps.map((app) => [app, command]));

describe('bad input beside a healthy app', () => {
  it('refuses content that no host could run, new or instead of what runs', async () => {
    const fresh = badContents.map(([name, content, code]) => placedHere(name, content, code));
    const ran = badContents.map(([name, content, code]) => placedHere(`${name}-2`, content, code));
    const survivors = badContents.map(([name]) => `${name}-2`);
    await host.publish(bodiesOf(survivors, 'sleep 3001'));
    for (const app of survivors) await host.waitForCommand(app, 'sleep 3001');

    await proveHarmless(mergeCases([...fresh, ...ran]), survivors);
    for (const [name] of badContents) {
      expect([...host.files().keys()]).not.toContain(`${name}.supervene.conf`);
    }

    const all = [...badContents.map(([name]) => name), ...survivors];
    await proveHealing(
      () => host.publish(bodiesOf(all, 'sleep 3002')),
      commandsOf(all, 'sleep 3002'),
    );
  });

  it('quarantines what this host cannot run, and asks the host again', async () => {
    const logs = join(host.supervisord.dir, 'logs');
    const bad: readonly (readonly [string, string, string])[] = [
      ['env', 'command=echo %(ENV_NO_SUCH_VARIABLE)s', 'E_NO_SUCH_ENV'],
      ['user', 'user=no-such-user\ncommand=sleep 4002', 'E_NO_SUCH_USER'],
      ['log', `stdout_logfile=${logs}/out\ncommand=sleep 4002\nstartsecs=0`, 'E_NO_LOG_DIRECTORY'],
    ];
    const survivors = bad.map(([name]) => `${name}-2`);
    await host.publish(bodiesOf(survivors, 'sleep 4001'));
    for (const app of survivors) await host.waitForCommand(app, 'sleep 4001');
    const both = bad.flatMap(([name, body, code]) =>
      [name, `${name}-2`].map((app) => placedHere(app, base64(body), code)),
    );
    await proveHarmless(mergeCases(both), survivors);

    // Nothing is published for these two: the directory alone heals them.
    await proveHealing(
      () => {
        mkdirSync(logs);
        return host.publish({
          ...bodiesOf(['env', 'env-2'], 'sleep 4002'),
          user: 'user=nobody\ncommand=sleep 4002\nstdout_logfile=NONE\nstderr_logfile=NONE\n',
          'user-2': 'user=root\ncommand=sleep 4002\n',
        });
      },
      commandsOf([...bad.map(([name]) => name), ...survivors], 'sleep 4002'),
    );
  });

  it('refuses half pairs, bad names and placements that make no sense', async () => {
    const good = base64('command=sleep 5002\n');
    const named = ['../x', 'a b', 'all', '__proto__', 'supervisord', '.', `x${'y'.repeat(63)}`];
    const reserved = new Set(['all', 'supervisord']);
    const cases = mergeCases([
      {
        'no-content': { keys: { [keyOf('no-content', 'ips')]: hostAddress }, code: 'E_HALF_PAIR' },
      },
      { 'no-ips': { keys: { [keyOf('no-ips', 'content')]: good }, code: 'E_HALF_PAIR' } },
      ...named.map((app) =>
        placedHere(app, good, reserved.has(app) ? 'E_APP_NAME_RESERVED' : 'E_APP_NAME'),
      ),
      {
        nonsense: {
          keys: {
            [keyOf('nonsense', 'ips')]: '999.1.2.3,10.0.0.0/64,$(id)',
            [keyOf('nonsense', 'content')]: good,
          },
          code: 'E_PLACEMENT',
        },
      },
    ]);
    await host.publish(bodiesOf(['no-ips-2', 'no-content-2', 'nonsense-2'], 'sleep 5001'));
    const survivors = ['no-ips-2', 'no-content-2', 'nonsense-2'];
    for (const app of survivors) await host.waitForCommand(app, 'sleep 5001');
    await host.etcd.txn({
      [keyOf('no-ips-2', 'ips')]: undefined,
      [keyOf('no-content-2', 'content')]: undefined,
    });
    await proveHarmless(
      {
        ...cases,
        'no-ips-2': { keys: {}, code: 'E_HALF_PAIR' },
        'no-content-2': { keys: {}, code: 'E_HALF_PAIR' },
        'nonsense-2': { keys: { [keyOf('nonsense-2', 'ips')]: '???' }, code: 'E_PLACEMENT' },
      },
      survivors,
    );

    const healing = ['no-content', 'no-ips', 'nonsense', ...survivors];
    await proveHealing(
      () =>
        host.publish({
          ...Object.fromEntries(named.map((app) => [app, undefined])),
          ...bodiesOf(healing, 'sleep 5002'),
        }),
      commandsOf(healing, 'sleep 5002'),
    );
  });
});
