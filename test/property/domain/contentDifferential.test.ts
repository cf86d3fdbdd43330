/**
 * Our reading of content against supervisor's own: what we accept it accepts, with equal values, as
 * exactly one group and one program. SUPERVENE_DIFFERENTIAL_RUNS sets the number of bodies; from
 * 5,000 on a table shows what was refused, and what of that supervisor would have taken.
 */
import { readFileSync, statSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import process from 'node:process';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeContent } from '../../../src/domain/content/decodeContent.ts';
import { parseEnvironment } from '../../../src/domain/content/environment.ts';
import { expand, parseExpansions } from '../../../src/domain/content/expansions.ts';
import { parseProgram } from '../../../src/domain/content/parseProgram.ts';
import { hostQuestions, programFacts } from '../../../src/domain/content/programFacts.ts';
import {
  readBoolean,
  readByteSize,
  readInteger,
  readUmask,
} from '../../../src/domain/content/optionValues.ts';
import {
  programOptions,
  programOptionsByName,
} from '../../../src/domain/content/programOptions.ts';
import { renderApp } from '../../../src/domain/content/renderApp.ts';
import type { HostQuestion } from '../../../src/domain/plan.ts';
import type { AppName, ProgramOptions, Revision } from '../../../src/domain/types.ts';
import { contentBody } from '../../support/contentBodies.ts';
import { fcParams } from '../../support/seed.ts';
import {
  type Reading,
  startSupervisorParser,
  type SupervisorParser,
} from '../../support/supervisorParser.ts';

const runs = Number(process.env['SUPERVENE_DIFFERENTIAL_RUNS'] ?? 300);
const app = 'demo1' as AppName;
const env = {
  PATH: process.env['PATH'] ?? '',
  HOME: homedir(),
  LANG: 'C.UTF-8',
  SV_KNOWN: 'known',
  SV_USER: 'root',
  SV_TMP: 'tmp',
};
const templateDefaults = [
  ['stdout_logfile', '/dev/stdout'],
  ['stdout_logfile_maxbytes', '0'],
  ['stderr_logfile', '/dev/stderr'],
  ['stderr_logfile_maxbytes', '0'],
] as const;

let parser: SupervisorParser;
const tally = new Map<string, { count: number; supervisorAccepts: number; example: string }>();

beforeAll(async () => {
  parser = await startSupervisorParser(env);
  return () => parser.close();
});

afterAll(() => {
  if (runs < 5000) return;
  const rows = [...tally].sort(([, a], [, b]) => b.count - a.count);
  for (const [code, { count, supervisorAccepts, example }] of rows) {
    const numbers = `${String(count).padStart(6)} ${String(supervisorAccepts).padStart(6)}`;
    console.log(`${code.padEnd(22)} ${numbers}  ${JSON.stringify(example).slice(0, 100)}`);
  }
});

describe('content, read by us and by supervisor (PolicyTotal)', () => {
  it(
    'means the same to both, whatever the body',
    async () => {
      await fc.assert(fc.asyncProperty(contentBody, compare), fcParams(runs));
    },
    Math.max(60_000, fcParams(runs).numRuns * 100),
  );
});

async function compare(body: string): Promise<void> {
  const value = { type: 'Text', text: Buffer.from(body).toString('base64') } as const;
  const decoded = decodeContent(value);
  if (!decoded.ok) return countRefusal(decoded.error.code, body);
  const parsed = parseProgram(app, decoded.value, { unknownOptions: 'warn' });
  if (!parsed.ok) return countRefusal(parsed.error[0]?.code ?? '', body);
  const { options } = parsed.value;
  const [full, bare, held, original] = await parser.read([
    render(options, { defaults: templateDefaults }),
    render(options),
    render(options, { isHeld: true }),
    pasted(body),
  ]);
  const isHostReady = hostQuestions(app, options, []).every(holds);
  if (!isHostReady) {
    count('host says no', 'error' in (original ?? {}) ? 0 : 1, body);
    expect(bare).toHaveProperty('error');
    return;
  }
  if (isLeftToReread(options) && original !== undefined && 'error' in original) {
    expect(original.error).toMatch(/The directory named as part of the path/);
    return count('left to the reread', 0, body);
  }
  count('accepted', 'error' in (original ?? {}) ? 0 : 1, body);
  const template = new Map([...templateDefaults, ...options]);
  expectReading(full, template);
  expectReading(bare, options);
  expect(expectReading(held, new Map([...options, ['autostart', 'false']]))).toEqual(
    expectReading(bare, options).map((each) => ({ ...each, autostart: false })),
  );
  expect(expectReading(original, options)).toEqual(expectReading(bare, options));
  expectIdempotent(options);
}

/** `hostQuestions` documents which log directories it does not ask for. */
function isLeftToReread(options: ProgramOptions): boolean {
  return ['stdout_logfile', 'stderr_logfile'].some((name) => {
    const value = options.get(name) ?? '';
    return value.includes('%(ENV_OWN)s') || /%\((here|ENV_\w+)\)-?\d*s[^/]*$/.test(value);
  });
}

/** One group, one program, the raw values and the numbers that we take from them. */
function expectReading(reading: Reading | undefined, options: ProgramOptions) {
  if (reading === undefined || 'error' in reading) {
    expect(reading).toBe('accepted by supervisor');
    return [];
  }
  expect(Object.keys(reading.sections)).toEqual(['group:demo1', 'program:demo1']);
  expect(reading.sections['group:demo1']).toEqual({ programs: app, priority: '20' });
  const raw = Object.entries(reading.sections['program:demo1'] ?? {});
  const known = raw.filter(([name]) => programOptionsByName.has(name));
  expect(Object.fromEntries(known)).toEqual(Object.fromEntries(options));
  const [group, ...others] = reading.groups;
  expect(others).toEqual([]);
  expect(group).toMatchObject({ name: app, priority: 20 });
  const processes = group?.processes ?? [];
  const { numprocs, ...facts } = programFacts(options);
  expect(processes).toHaveLength(numprocs);
  expect(new Set(processes.map(({ name }) => name)).size).toBe(numprocs);
  const autorestart = facts.autorestart === 'false' ? false : facts.autorestart;
  for (const [index, each] of processes.entries()) {
    const environment = environmentOf(options, index);
    expect(each).toMatchObject({ ...typedValues(options), ...facts, autorestart, environment });
  }
  return processes;
}

/** Every value of a fixed type as we read it; what is not set is not compared. */
function typedValues(options: ProgramOptions) {
  const readers = {
    Integer: readInteger,
    ByteSize: readByteSize,
    Boolean: readBoolean,
    Umask: readUmask,
  };
  const typed = new Map<string, unknown>();
  for (const { name, type } of programOptions) {
    const value = options.get(name);
    if (value === undefined || name.startsWith('numprocs')) continue;
    if (type in readers) typed.set(name, readers[type as keyof typeof readers](value));
  }
  // `stderr_syslog` is true as well where the log file is `syslog`, which is deprecated.
  for (const stream of ['stdout', 'stderr']) {
    if (options.get(`${stream}_logfile`)?.toLowerCase() === 'syslog')
      typed.delete(`${stream}_syslog`);
  }
  return Object.fromEntries(typed);
}

function environmentOf(options: ProgramOptions, index: number) {
  const segments = parseExpansions(options.get('environment') ?? '', 'Process');
  if (!segments.ok) return segments.error;
  const first = Number(options.get('numprocs_start')?.replaceAll('_', '') ?? 0);
  const text = expand(segments.value, ({ name, text }) => {
    if (name === 'process_num') return first + index;
    if (name === 'numprocs') return programFacts(options).numprocs;
    return name.endsWith('m_name') || name === 'group_name' ? app : expandHere(text);
  });
  const environment = parseEnvironment(text);
  return environment.ok ? Object.fromEntries(environment.value.pairs) : environment.error;
}

function expectIdempotent(options: ProgramOptions): void {
  const text = render(options);
  const section = text.slice(text.indexOf(`[program:${app}]\n`) + `[program:${app}]\n`.length);
  const again = parseProgram(app, section, { unknownOptions: 'refuse' });
  expect(again.ok && [...again.value.options]).toEqual([...options]);
}

async function countRefusal(code: string, body: string): Promise<void> {
  const [reading] = await parser.read([pasted(body)]);
  const isTaken =
    reading !== undefined &&
    !('error' in reading) &&
    reading.groups.some(({ name }) => name === app);
  count(code, isTaken ? 1 : 0, body);
}

function count(code: string, supervisorAccepts: number, example: string): void {
  const before = tally.get(code) ?? { count: 0, supervisorAccepts: 0, example };
  tally.set(code, {
    count: before.count + 1,
    supervisorAccepts: before.supervisorAccepts + supervisorAccepts,
    example: supervisorAccepts === 1 && before.supervisorAccepts === 0 ? example : before.example,
  });
}

function render(
  options: ProgramOptions,
  given: { defaults?: typeof templateDefaults; isHeld?: boolean } = {},
) {
  const { defaults = [], isHeld = false } = given;
  const revision = '42' as Revision;
  return renderApp({ app, revision, options, defaults, groupPriority: 20, isHeld }).text;
}

/** As the replaced system did it. */
function pasted(body: string): string {
  return `[group:${app}]\nprograms=${app}\npriority=20\n\n[program:${app}]\n${body}\n`;
}

const accounts = readFileSync('/etc/passwd', 'utf8')
  .split('\n')
  .map((line) => line.split(':'));

/** Whether this host, as the parser sees it, answers yes. */
function holds(question: HostQuestion): boolean {
  switch (question.type) {
    case 'EnvironmentHas':
      return question.name in env;
    case 'UserExists': {
      const user = expandHere(question.user);
      const uid = /^[+-]?\d+(_\d+)*$/.test(user) ? String(Number(user.replaceAll('_', ''))) : '';
      return accounts.some((fields) => (uid === '' ? fields[0] === user : fields[2] === uid));
    }
    case 'GroupExists':
      return false;
    case 'LogDirectoryExists': {
      const path = expandHere(question.path).replace(/^~(?=\/|$)/, homedir());
      return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
    }
    // Asked under a strict policy only.
    case 'CommandTrusted':
    case 'LogDirectoryTrusted':
    case 'UserUnprivileged':
      return false;
  }
}

function expandHere(text: string): string {
  return text.replaceAll(/%%|%\(([^()]+)\)-?\d*s/g, (written, name: string | undefined) => {
    if (name === undefined) return '%';
    if (name === 'here') return parser.here;
    if (name === 'host_node_name') return hostname();
    return (env as Readonly<Record<string, string>>)[name.slice('ENV_'.length)] ?? written;
  });
}
