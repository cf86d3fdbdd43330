/**
 * Bad input harms its own app only, is seen with its code wherever people look, never reaches
 * supervisord, and heals by itself. All on one host, beside healthy apps; row by row, and what is bad
 * stays in etcd until a new supervisord has started beside all of it.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bytes } from '../../support/etcdGateway.ts';
import {
  base64,
  hostAddress,
  keyOf,
  type PublishHost,
  startPublishHost,
} from '../../support/publishHost.ts';
import { waitFor } from '../../support/waitFor.ts';
import { expectRecovery } from '../support/recovery.ts';
import { startWitness, type Witness } from '../support/witness.ts';

/** What another app may be delayed by. */
const delayMs = 1_000;
const goodBody = 'command=sleep 3001\nstartsecs=0\n';
const mendedBody = 'command=sleep 3002\nstartsecs=0\n';

let host: PublishHost;
/** The command of `quick`, one higher with each change of it. */
let seconds = 2_000;
beforeAll(async () => {
  // The healthy one is changed with every row.
  host = await startPublishHost({ SUPERVENE_RESTART_LIMIT: 'off' });
  await host.publish({ calm: 'command=sleep 1000\n', quick: 'command=sleep 2000\n' });
  await host.waitForCommand('calm', 'sleep 1000');
  await host.waitForCommand('quick', 'sleep 2000');
});
afterAll(() => host.stop());

/** By app: what etcd has for it, and the code that people are to see. */
type Cases = Readonly<
  Record<string, { readonly keys: Readonly<Record<string, Bytes>>; readonly code: string }>
>;

/** Everything bad that was published and not mended since. */
const bad = new Map<string, string>();
/** Apps whose good version runs on beneath bad content. */
const survivors = new Set<string>();

const watch = (running: readonly string[]): Promise<Witness> =>
  startWitness({ processes: host.supervisord.processes, running });

/** Those that end in `-2` run with good content before. */
async function proveHarmless(row: string, cases: Cases): Promise<void> {
  const ran = Object.keys(cases).filter((app) => app.endsWith('-2'));
  await host.publish(Object.fromEntries(ran.map((app) => [app, goodBody])));
  for (const app of ran) await host.waitForCommand(app, 'sleep 3001');
  for (const app of ran) survivors.add(app);
  const witness = await watch(['calm', ...survivors]);

  for (const [app, { keys, code }] of Object.entries(cases)) {
    await host.etcd.txn(keys);
    bad.set(app, code);
  }
  await changeQuick(row);
  await waitForCodes(Object.keys(cases));
  // As any restart of it would; refused, if anything bad has reached it.
  await host.supervisord.rpc('reloadConfig');
  const files = [...host.files().keys()];
  for (const app of Object.keys(cases).filter((each) => !survivors.has(each))) {
    expect(files).not.toContain(`${app}.supervene.conf`);
  }
  await host.agent.waitUntilReady();
  await witness.testify();
}

/** Somebody else's change goes through meanwhile, and soon. */
async function changeQuick(row: string): Promise<void> {
  seconds += 1;
  const command = `sleep ${String(seconds)}`;
  const beganMs = performance.now();
  await host.publish({ quick: `command=${command}\nstartsecs=0\n` });
  await expectRecovery(`${row} another app`, delayMs, beganMs, async () =>
    host.waitForCommand('quick', command).then(() => true),
  );
}

/** `/state` names each with its code, as desired or as quarantined, and as held with the reason. */
async function waitForCodes(apps: readonly string[]): Promise<void> {
  for (const app of apps) {
    const code = bad.get(app) ?? '';
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

/** What `supervene apps` and `supervene plan` say of everything bad. */
async function expectVisible(): Promise<void> {
  const codes = [...bad];
  const apps = await host.run('apps', '--json');
  const rows = (JSON.parse(apps.stdout) as { apps: { app: string; code: string | null }[] }).apps;
  const ofApps = new Map(rows.map(({ app, code }) => [app, code]));
  expect(codes.map(([app]) => [app, ofApps.get(app)])).toEqual(codes);

  const plan = await host.run('plan', '--json');
  const { held } = JSON.parse(plan.stdout) as { held: { app?: string; reason: string }[] };
  const reasons = new Map(held.map(({ app, reason }) => [app ?? '', reason]));
  expect(codes.map(([app]) => [app, reasons.get(app)?.split(':')[0]])).toEqual(codes);
}

function placedHere(app: string, content: Bytes, code: string): Cases {
  return {
    [app]: { keys: { [keyOf(app, 'ips')]: hostAddress, [keyOf(app, 'content')]: content }, code },
  };
}

function mergeCases(all: readonly Cases[]): Cases {
  return Object.assign({}, ...all) as Cases;
}

/** New, and instead of what runs. */
function twice(name: string, content: Bytes, code: string): Cases {
  return mergeCases([placedHere(name, content, code), placedHere(`${name}-2`, content, code)]);
}

type BadContent = readonly [name: string, content: Bytes, code: string];

const sections = ['supervisord', 'DEFAULT', 'program:calm', 'inet_http_server', 'include'];
const moreSections = ['rpcinterface:x', 'eventlistener:x', 'group:calm', 'unix_http_server'];

/** Leaves of `content` that no host takes, by row. */
const badContents: readonly (readonly [
  row: string,
  what: string,
  contents: readonly BadContent[],
])[] = [
  [
    'E1',
    'what is neither base64 nor a body',
    [
      ['not-base64', 'Y29tbWFuZD1h*Zm9v', 'E_BASE64'],
      ['marks', '!!!', 'E_BASE64'],
      ['empty', '', 'E_EMPTY'],
    ],
  ],
  [
    'E2',
    'what is not UTF-8',
    [
      ['not-utf8', base64(Uint8Array.of(0x63, 0xff, 0xfe)), 'E_NOT_UTF8'],
      ['not-utf8-plain', Uint8Array.of(0x63, 0x3d, 0xff, 0xfe), 'E_NOT_UTF8'],
    ],
  ],
  [
    'E3',
    'what is no configuration',
    [
      ['garbage', base64('hello\n'), 'E_NO_COMMAND'],
      ['garbage-plain', 'hello\n', 'E_BASE64'],
      ['garbage-within', base64('command=sleep 1\nhello\n'), 'E_SYNTAX'],
      ['no-command', base64('user=root\n'), 'E_NO_COMMAND'],
    ],
  ],
  ['E4', 'a lone percent sign', [['percent', base64('command=date +%Y\n'), 'E_EXPANSION']]],
  [
    'E5',
    'the header of any section',
    [
      ...[...sections, ...moreSections].map((section): BadContent => [
        `section-${section.replaceAll(/[^a-z]/gi, '-')}`,
        base64(`command=sleep 1\n[${section}]\ncommand=false\n`),
        'E_SECTION_HEADER',
      ]),
      ['section-first', base64('[program:x]\ncommand=sleep 1\n'), 'E_SECTION_HEADER'],
      ['section-junk', base64('command=sleep 1\n[program:calm]junk ;x\n'), 'E_SECTION_HEADER'],
      ['section-plain', 'command=sleep 1\n[supervisord]\nloglevel=trace\n', 'E_SECTION_HEADER'],
    ],
  ],
  [
    'E6',
    'characters that end lines for some and not for others',
    [
      ['lone-cr', base64('command=sleep 1\r[program:calm]\rcommand=false\n'), 'E_LONE_CR'],
      ['line-separator', base64('command=sleep 1\u2028[program:calm]\n'), 'E_CONTROL_CHARACTER'],
      ['vertical-tab', base64('command=sleep 1\v[program:calm]\n'), 'E_CONTROL_CHARACTER'],
      ['form-feed', base64('command=sleep 1\f[program:calm]\n'), 'E_CONTROL_CHARACTER'],
      ['nul', base64('command=sleep 1\0\n'), 'E_NUL'],
      ['bom', base64('\ufeffcommand=sleep 1\n'), 'E_BOM'],
    ],
  ],
  [
    'E7',
    'lines that only look harmless',
    [
      ['section-indented', base64('  [program:x]\ncommand=sleep 1\n'), 'E_SECTION_HEADER'],
      ['section-deeper', base64('command=sleep 1\n  [DEFAULT]\n  user=x\n'), 'E_SECTION_HEADER'],
    ],
  ],
  [
    'E8',
    'values that supervisord would refuse',
    [
      ['numprocs', base64('command=sleep 1\nnumprocs=2\n'), 'E_PROCESS_NUM'],
      ['huge-count', base64('command=sleep 1\nnumprocs=99999999999\n'), 'E_OUT_OF_RANGE'],
      ['huge-digits', base64(`command=sleep 1\nstartsecs=1${'0'.repeat(400)}\n`), 'E_INTEGER'],
      ['signal', base64('command=sleep 1\nstopsignal=HELLO\n'), 'E_SIGNAL'],
      [
        'huge-size',
        base64('command=sleep 1\nstdout_logfile_maxbytes=9999999999GB\n'),
        'E_OUT_OF_RANGE',
      ],
    ],
  ],
  [
    'E10',
    'a body of a megabyte',
    [['huge', base64(`command=sleep 1\n${'; a comment\n'.repeat(90_000)}`), 'E_TOO_LARGE']],
  ],
];

const badNames = ['a b', 'a:b', 'a%b', 'a,b', 'a #b', '*', 'all', 'supervisord', '.', 'a\tb', '🐢'];
const reservedNames = ['all', 'supervisord'];

describe('bad input beside healthy apps', () => {
  it.each(badContents)('%s: refuses %s, new or instead of what runs', async (row, _, contents) => {
    await proveHarmless(row, mergeCases(contents.map((each) => twice(...each))));
  });

  it('E8: quarantines what this host cannot run', async () => {
    const logs = join(host.supervisord.dir, 'logs');
    const cases = [
      twice('env', base64('command=echo %(ENV_NO_SUCH_VARIABLE)s'), 'E_NO_SUCH_ENV'),
      twice('user', base64('user=no-such-user\ncommand=sleep 3002'), 'E_NO_SUCH_USER'),
      twice('log', base64(`stdout_logfile=${logs}/out\n${mendedBody}`), 'E_NO_LOG_DIRECTORY'),
    ];
    await proveHarmless('E8', mergeCases(cases));
  });

  it('E7: reads lines as supervisord does, and writes them as nobody can mistake them', async () => {
    const body = '  COMMAND : sleep 3003\n  Command=sleep\n    3004 ; not 3003\n  StartSecs: 0\r\n';
    await host.publish({ unusual: body });
    await host.waitForCommand('unusual', 'sleep 3004');
    expect(host.files().get('unusual.supervene.conf')).toMatch(
      /\[program:unusual\]\ncommand=sleep\s+3004\nstartsecs=0\n/,
    );
  });

  it('E12, E13: refuses names that mean something to a path, a file or a command', async () => {
    const names = ['../x', '__proto__', `x${'y'.repeat(63)}`, 'z'.repeat(300), ...badNames];
    const codeOf = (app: string): string =>
      reservedNames.includes(app) ? 'E_APP_NAME_RESERVED' : 'E_APP_NAME';
    const content = base64(mendedBody);
    await proveHarmless(
      'E13',
      mergeCases(names.map((app) => placedHere(app, content, codeOf(app)))),
    );
  });

  it('E14: refuses a placement that makes no sense at all', async () => {
    const withIps = (app: string, ips: string): Cases => ({
      [app]: {
        keys: { [keyOf(app, 'ips')]: ips, [keyOf(app, 'content')]: base64(mendedBody) },
        code: 'E_PLACEMENT',
      },
    });
    const cases = [
      withIps('nonsense', '999.1.2.3,10.0.0.0/64,$(id)'),
      withIps('nonsense-2', '???'),
    ];
    await proveHarmless('E14', mergeCases(cases));
  });

  it('E15: waits for the other half of a pair, and keeps what runs', async () => {
    const half = (app: string, leaf: 'ips' | 'content', value: string): Cases => ({
      [app]: { keys: { [keyOf(app, leaf)]: value }, code: 'E_HALF_PAIR' },
    });
    const cases = [
      half('no-content', 'ips', hostAddress),
      half('no-ips', 'content', base64(mendedBody)),
    ];
    await proveHarmless('E15', mergeCases(cases));
    await host.publish({ 'no-ips-2': goodBody, 'no-content-2': goodBody });
    const halved = ['no-ips-2', 'no-content-2'];
    for (const app of halved) await host.waitForCommand(app, 'sleep 3001');
    const witness = await watch(['calm', ...halved]);
    await host.etcd.del(keyOf('no-ips-2', 'ips'));
    await host.etcd.del(keyOf('no-content-2', 'content'));
    for (const app of halved) {
      survivors.add(app);
      bad.set(app, 'E_HALF_PAIR');
    }
    await changeQuick('E15');
    await waitForCodes(halved);
    await witness.testify();
  });

  it('E1-E15: lets supervisord start anew beside all of it, and shows it everywhere', async () => {
    await expectVisible();
    await host.supervisord.restart();
    await host.waitForCommand('calm', 'sleep 1000');
    for (const app of survivors) await host.waitForCommand(app, 'sleep 3001');
    await waitForCodes([...bad.keys()]);
  });

  it('E1-E15: heals with good content, and by what the host lacked', async () => {
    const names = [...bad].filter(([, code]) => code.startsWith('E_APP_NAME')).map(([app]) => app);
    const byHost = ['log', 'log-2'];
    const healing = [...bad.keys()].filter((app) => !names.includes(app));
    const published = healing.filter((app) => !byHost.includes(app));
    const witness = await watch(['calm']);
    await host.publish(Object.fromEntries(names.map((app) => [app, undefined])));
    for (let at = 0; at < published.length; at += 50) {
      const part = published.slice(at, at + 50);
      await host.publish(Object.fromEntries(part.map((app) => [app, mendedBody])));
    }
    mkdirSync(join(host.supervisord.dir, 'logs'));
    for (const app of healing) await host.waitForCommand(app, 'sleep 3002', 60_000);
    await waitFor('nothing to be held', async () => {
      const { held } = await host.state();
      if (held.length > 0) throw new Error(JSON.stringify(held));
      return true;
    });
    await witness.testify();
  });
});
