/**
 * The policy against an independent reader: what strict accepts is rendered, read back by supervisor's
 * own parser, and what supervisord would do is held against the requirements; and compat refuses
 * nothing that ran without a policy.
 */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import process from 'node:process';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Interpretation, interpretEntry } from '../../../reducers/interpret.ts';
import { parseProgram } from '../../../src/domain/content/parseProgram.ts';
import { renderApp } from '../../../src/domain/content/renderApp.ts';
import type { Leaf } from '../../../src/domain/event.ts';
import { judgeProgram } from '../../../src/domain/policy/checkPolicy.ts';
import { defaultPolicy, type Policy } from '../../../src/domain/policy/policy.ts';
import type { AppName, Revision } from '../../../src/domain/types.ts';
import { contentBody } from '../../support/contentBodies.ts';
import { fcParams } from '../../support/seed.ts';
import {
  type ProcessReading,
  startSupervisorParser,
  type SupervisorParser,
} from '../../support/supervisorParser.ts';
import { worldSettings } from '../../support/world/world.ts';

const canary = 'SECRET_CANARY_7';
const env = {
  PATH: process.env['PATH'] ?? '',
  LANG: 'C.UTF-8',
  SV_KNOWN: 'known',
  SV_SECRET: canary,
};
const strict: Policy = {
  ...defaultPolicy,
  mode: 'strict',
  users: ['nobody', '65534'],
  logDirs: ['/var/log'],
  environment: ['SV_KNOWN'],
};
const templateDefaults = [
  ['stdout_logfile', '/dev/stdout'],
  ['stdout_logfile_maxbytes', '0'],
  ['stderr_logfile', '/dev/stderr'],
  ['stderr_logfile_maxbytes', '0'],
] as const;

const of = fc.constantFrom;
/** So that a good one is likely among the bad. */
const mostly = (good: fc.Arbitrary<string>, bad: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 9, arbitrary: good }, { weight: 1, arbitrary: bad });

const expansions = of(
  ...['%(program_name)s', '%(process_num)d', '%(process_num)x', '%(numprocs)d', '%%', 'x', '..'],
  ...['%(ENV_SV_KNOWN)s', '%(ENV_SV_SECRET)s', '%(ENV_OWN)s', '%(here)s', '%(host_node_name)s'],
);
const launcher = of(
  ...['/opt/bin/env A=1 ', '/opt/bin/env -i ', '/opt/bin/nice -n 5 ', '/opt/bin/timeout 5 '],
  ...['/opt/bin/nohup ', '/opt/bin/setsid -w ', '/opt/bin/xargs -n 1 ', '/opt/bin/busybox '],
  ...['/opt/bin/env LD_PRELOAD=/tmp/x ', '/opt/bin/gosu root ', '/opt/bin/pidproxy /run/x '],
);
const program = mostly(
  of('/opt/web/run', '/srv/x/y', '/opt/%(program_name)s/run', '/opt/bin/bash', '/opt/bin/python3'),
  of('/bin/sh', 'sh', '/opt/../bin/sh', '/optional/x', '%(ENV_OWN)s', './x', '/opt/bin/perl'),
);
const argument = mostly(
  of('/opt/web/main', '/tmp/evil', '--flag', '-u', '-o', 'pipefail', 'x=1', '"a b"'),
  fc.oneof(of('-c', '-ec', '-e', '--eval=1', '-%(process_num)x', '-S', "'-c'", '-\\c'), expansions),
);
const command = fc
  .tuple(fc.array(launcher, { maxLength: 1 }), program, fc.array(argument, { maxLength: 4 }))
  .map(([launchers, what, args]) => `command=${launchers.join('')}${[what, ...args].join(' ')}`);

const logName = mostly(
  of('/dev/stdout', '/dev/stderr', 'NONE', 'auto', '/var/log/x.log', '/var/log/%(program_name)s.l'),
  fc
    .tuple(of('/var/log/', '/etc/cron.d/', '~/', '', '/var/log/../', '/var/logs/'), expansions)
    .map((parts) => parts.join('x')),
);
const variableName = mostly(
  of('A', 'OWN', 'B', 'PATH', 'OLD_LD_X'),
  of(
    'LD_PRELOAD',
    'PYTHONPATH',
    'ENV',
    'BASH_ENV',
    'NODE_OPTIONS',
    'L%(process_num)XD',
    'PERL5LIB',
    'SHELLOPTS',
    'PS4',
    '%(process_num)XV_SECRET',
  ),
);
const variableValue = fc.oneof(
  of('1', '"a b"', '"/bin/sh -c id"', '"-c"', '"%(program_name)s"'),
  mostly(
    of('"x"'),
    expansions.map((text) => `"${text}"`),
  ),
);
const environment = fc
  .array(fc.tuple(variableName, variableValue), { minLength: 1, maxLength: 3 })
  .map((pairs) => `environment=${pairs.map((pair) => pair.join('=')).join(',')}`);
const line = fc.oneof(
  environment,
  environment,
  logName.map((name) => `stdout_logfile=${name}`),
  logName.map((name) => `stderr_logfile=${name}`),
  fc.nat({ max: 330 }).map((seconds) => `stopwaitsecs=${String(seconds)}`),
  fc.nat({ max: 70 }).map((count) => {
    return `numprocs=${String(count)}\nprocess_name=p%(process_num)d\nnumprocs_start=${String(count % 16)}`;
  }),
  mostly(
    of('autostart=false', 'directory=/tmp', '; comment', 'umask=022', 'redirect_stderr=true'),
    of(
      ...['serverurl=http://x', 'stdout_events_enabled=true', 'stderr_capture_maxbytes=1MB'],
      ...['comand=x', '  --more', 'user=nobody', 'directory=/%(ENV_SV_SECRET)s', '[program:x]'],
    ),
  ),
);
const user = mostly(
  of('user=nobody', 'user=65534', 'user=+065_534'),
  of('user=root', 'user=0', '; none', 'user=%(ENV_SV_KNOWN)s', 'user=%(program_name)s'),
);
const body = fc
  .tuple(command, user, fc.array(line, { maxLength: 4 }))
  .map(([first, second, rest]) => [first, second, ...rest].join('\n'));
const appName = mostly(of('web'), of('LD_PRELOAD', 'root', 'confd', 'supervene', 'nobody'));

let parser: SupervisorParser;
beforeAll(async () => {
  parser = await startSupervisorParser(env);
  return () => parser.close();
});

describe('a strict policy', () => {
  it('lets nothing through that supervisord would do against a rule', async () => {
    let accepted = 0;
    let seen = 0;
    const property = fc.asyncProperty(appName, body, async (name, text) => {
      seen += 1;
      const rendered = accept(name as AppName, text);
      if (rendered === undefined) return;
      const [reading] = await parser.read([rendered]);
      expect(reading).not.toHaveProperty('error');
      if (reading === undefined || 'error' in reading) return;
      accepted += 1;
      expect(name).not.toMatch(/^(?:confd|supervene)$/);
      expect(Object.keys(reading.sections).sort()).toEqual([`group:${name}`, `program:${name}`]);
      expect(reading.groups).toHaveLength(1);
      const processes = reading.groups[0]?.processes ?? [];
      expect(processes.length).toBeLessThanOrEqual(64);
      expect(JSON.stringify(processes)).not.toContain(canary);
      processes.forEach(expectLawful);
    });
    await fc.assert(property, {
      ...fcParams(1_000),
      examples: [['web', 'command=/opt/bin/bash -o /tmp/evil /opt/web/main\nuser=nobody']],
    });
    // Otherwise nothing was shown.
    expect(accepted).toBeGreaterThan(seen / 20);
  }, 120_000);
});

function accept(app: AppName, text: string): string | undefined {
  const parsed = parseProgram(app, text, { unknownOptions: 'refuse' });
  if (!parsed.ok) return undefined;
  const judged = judgeProgram(app, parsed.value, templateDefaults, strict);
  if (!judged.ok) return undefined;
  const { options } = judged.value;
  const revision = '7' as Revision;
  const settings = { defaults: templateDefaults, groupPriority: 20, isHeld: false };
  return renderApp({ app, revision, options, ...settings }).text;
}

const uidOfNobody = Number(
  /^nobody:[^:]*:(\d+)/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[1] ?? Number.NaN,
);

/** The requirements in other words than the rules'. */
function expectLawful(reading: ProcessReading): void {
  expect([uidOfNobody, 65_534]).toContain(reading['uid']);
  expect(reading['stopwaitsecs']).toBeLessThanOrEqual(300);
  expect(reading['serverurl'] ?? null).toBeNull();
  for (const stream of ['stdout', 'stderr']) {
    expect(reading[`${stream}_events_enabled`]).toBe(false);
    expect(reading[`${stream}_capture_maxbytes`]).toBe(0);
    expect(isLawfulLog(reading[`${stream}_logfile`]), stream).toBe(true);
  }
  const variables = Object.keys((reading['environment'] ?? {}) as object);
  for (const name of variables) {
    expect(name).not.toMatch(
      /^(LD_|PYTHON|PERL|RUBY|BASH_|GIT_)|^(ENV|SHELLOPTS|PS4|NODE_OPTIONS|GCONV_PATH)$/,
    );
  }
  expectLawfulCommand(String(reading['command']));
}

function isLawfulLog(log: unknown): boolean {
  if (typeof log !== 'string') return true;
  if (log === '/dev/stdout' || log === '/dev/stderr' || log === 'syslog') return true;
  return resolve(log) === log && log.startsWith('/var/log/');
}

function expectLawfulCommand(text: string): void {
  // No quoted word of the generator has a meaning of its own.
  const words = text
    .replaceAll(/["'\\]/g, '')
    .split(/\s+/)
    .filter(Boolean);
  const first = words[0] ?? '';
  expect(resolve(first)).toMatch(/^\/(?:opt|srv)\//);
  expect(text).not.toMatch(/^\/opt\/bin\/(?:gosu|xargs)|LD_PRELOAD=/);
  const shell = words.findIndex((word) => /^(?:sh|bash|perl|python3)$/.test(basename(word)));
  if (shell < 0) return;
  // Up to the script nothing may be code; the generator's scripts begin with a slash.
  const rest = words.slice(shell + 1);
  const script = findScript(rest, /^(?:ba)?sh$/.test(basename(words[shell] ?? '')));
  expect(script, text).toBeGreaterThanOrEqual(0);
  expect(resolve(rest[script] ?? ''), text).toMatch(/^\/(?:opt|srv)\//);
  const before = rest.slice(0, script);
  const isOption = basename(words[shell] ?? '') === 'perl' ? /^-[a-zA-Z]*[eE]/ : /^-[a-zA-Z]*c/;
  const codes = before.filter((word, at) => isOption.test(word) && !isOperandBefore(before, at));
  expect(codes, text).toEqual([]);
}

/** What follows the `-o` of a shell is the name of an option, which it refuses when there is none. */
function findScript(words: readonly string[], isShell: boolean): number {
  let at = 0;
  while (at < words.length && words[at]?.startsWith('/') !== true) {
    at += isShell && words[at] === '-o' ? 2 : 1;
  }
  return at < words.length ? at : -1;
}

/** `sh x -c`: x is the script, and -c belongs to it; but of `-o x` it may be the value. */
function isOperandBefore(words: readonly string[], at: number): boolean {
  const mayTakeValue = ['-o', '--flag'];
  return words
    .slice(0, at)
    .some((word, index) => !word.startsWith('-') && !mayTakeValue.includes(words[index - 1] ?? ''));
}

const leaf = (text: string): Leaf => ({
  modRevision: '7' as Revision,
  value: { type: 'Text', text: Buffer.from(text).toString('base64') },
});

function interpret(text: string, policy: Policy | undefined) {
  const context: Interpretation = {
    settings: { ...worldSettings, ...(policy === undefined ? {} : { policy }) },
    identity: {
      current: { hostId: 'web1-01', hostNames: ['web1-01'], addresses: ['10.0.0.1'] },
      lostAddresses: [],
      lostHostNames: [],
    },
    atMs: 5_000,
    before: { entry: undefined, desired: { type: 'Unknown' } },
  };
  return interpretEntry(
    {
      app: 'web',
      ips: { modRevision: '7' as Revision, value: { type: 'Text', text: '10.0.0.1' } },
      content: leaf(text),
    },
    context,
  );
}

describe('a compat policy', () => {
  it('refuses and changes nothing that was accepted without one', () => {
    const anyBody = fc.oneof(contentBody, body);
    fc.assert(
      fc.property(anyBody, (text) => {
        const [without, compat] = [interpret(text, undefined), interpret(text, defaultPolicy)];
        if (compat.type !== 'Wanted') {
          expect(compat).toEqual(without);
          return;
        }
        const warnings = compat.warnings.filter(({ code }) => !code.startsWith('W_POLICY_'));
        expect({ ...compat, warnings }).toEqual(without);
      }),
      fcParams(1_000),
    );
  });

  it('is total, and so is strict: whatever the body, there is an answer with places', () => {
    fc.assert(
      fc.property(fc.oneof(contentBody, body), (text) => {
        const desired = interpret(text, strict);
        const problems = desired.type === 'Refused' ? desired.problems : [];
        for (const { line, code } of problems) {
          expect(code).toMatch(/^E_/);
          expect(line).toBeLessThanOrEqual(text.split('\n').length);
        }
      }),
      fcParams(500),
    );
  });
});
