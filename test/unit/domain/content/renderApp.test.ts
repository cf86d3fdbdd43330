import { describe, expect, it } from 'vitest';
import { parseMarker } from '../../../../src/domain/content/marker.ts';
import { parseProgram } from '../../../../src/domain/content/parseProgram.ts';
import { hostQuestions, programFacts } from '../../../../src/domain/content/programFacts.ts';
import { renderApp, type RenderInput } from '../../../../src/domain/content/renderApp.ts';
import { sha256 } from '../../../../src/domain/sha256.ts';
import type { AppName, ProgramOptions, Revision } from '../../../../src/domain/types.ts';

const app = 'demo1' as AppName;
const templateDefaults = [
  ['stdout_logfile', '/dev/stdout'],
  ['stdout_logfile_maxbytes', '0'],
  ['stderr_logfile', '/dev/stderr'],
  ['stderr_logfile_maxbytes', '0'],
] as const;

function optionsOf(text: string): ProgramOptions {
  const parsed = parseProgram(app, text, { unknownOptions: 'refuse' });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.options;
}

function render(text: string, given: Partial<RenderInput> = {}) {
  return renderApp({
    app,
    revision: '42' as Revision,
    options: optionsOf(text),
    defaults: templateDefaults,
    groupPriority: 20,
    isHeld: false,
    ...given,
  });
}

const sectionOf = (text: string) => text.slice(text.indexOf(`[program:demo1]\n`) + 16);

describe('renderApp', () => {
  it('renders the content of the replaced system, options in the order of the table', () => {
    const { text } = render('startsecs = 0\nautorestart: true\nCommand = /project/demo_website\n');
    expect(text.split('\n').slice(1).join('\n')).toBe(`\
; Edits here are undone. To change it: supervene publish demo1
[group:demo1]
programs=demo1
priority=20

[program:demo1]
command=/project/demo_website
autorestart=true
startsecs=0
stdout_logfile=/dev/stdout
stdout_logfile_maxbytes=0
stderr_logfile=/dev/stderr
stderr_logfile_maxbytes=0
`);
  });

  it('begins with a marker that says what stands below', () => {
    const { text, sha256: hash } = render('command=x');
    const end = text.indexOf('\n');
    expect(parseMarker(text.slice(0, end))).toEqual({ app, revision: '42', sha256: hash });
    expect(sha256(text.slice(end + 1))).toBe(hash);
  });

  it('gives the same hash for another revision of the same options', () => {
    const first = render('command=x');
    const second = render('; a note\n  command : x', { revision: '43' as Revision });
    expect(second.sha256).toBe(first.sha256);
    expect(second.text).not.toBe(first.text);
  });

  it('changes nothing but autostart for a held app', () => {
    for (const body of ['command=x', 'command=x\nautostart=true', 'command=x\nautostart=no']) {
      const free = sectionOf(render(body).text).split('\n');
      const held = sectionOf(render(body, { isHeld: true }).text).split('\n');
      expect(held).toContain('autostart=false');
      const rest = (lines: string[]) => lines.filter((line) => !line.startsWith('autostart='));
      expect(rest(held)).toEqual(rest(free));
    }
  });

  it('lets the content win over the defaults', () => {
    const section = sectionOf(render('command=x\nstdout_logfile=NONE').text);
    expect(section).toContain('stdout_logfile=NONE\n');
    expect(section).not.toContain('/dev/stdout');
  });

  it('drops the default of two that supervisor would refuse together', () => {
    const stop = [['stopasgroup', 'true']] as const;
    expect(render('command=x\nkillasgroup=false', { defaults: stop }).text).not.toContain('stopas');
    const kill = [['killasgroup', 'false']] as const;
    expect(render('command=x\nstopasgroup=true', { defaults: kill }).text).not.toContain('killas');
  });

  it.each([
    'command=a\n  b\n\n  c',
    'command=\n  a',
    'command=;a',
    'command=a;b#c',
    'command==x',
    'command=x\nenvironment=A="1",\n  B="2"',
    'command=x\nexitcodes=',
    'command=x\nenvironment=',
  ])('renders %j so that it reads back the same', (body) => {
    const options = optionsOf(body);
    expect(optionsOf(sectionOf(render(body, { defaults: [] }).text))).toEqual(options);
  });
});

describe('programFacts', () => {
  it('gives the defaults of supervisor for what is not set', () => {
    expect(programFacts(optionsOf('command=x'))).toEqual({
      autostart: true,
      autorestart: 'unexpected',
      startsecs: 1,
      startretries: 3,
      stopwaitsecs: 10,
      exitcodes: [0],
      numprocs: 1,
      priority: 999,
    });
  });

  it('reads what is set, in every notation', () => {
    const body =
      'command=x\nautostart=OFF\nautorestart=1\nstartsecs=+0\nstartretries=1_0\nexitcodes=0, 2\n' +
      'stopwaitsecs=007\nnumprocs=2\nprocess_name=%(process_num)s\npriority=-5';
    expect(programFacts(optionsOf(body))).toEqual({
      autostart: false,
      autorestart: 'true',
      startsecs: 0,
      startretries: 10,
      stopwaitsecs: 7,
      exitcodes: [0, 2],
      numprocs: 2,
      priority: -5,
    });
  });

  it('takes the defaults of the settings before those of supervisor', () => {
    const defaults = [['startsecs', '5']] as const;
    expect(programFacts(optionsOf('command=x'), defaults).startsecs).toBe(5);
    expect(programFacts(optionsOf('command=x\nstartsecs=0'), defaults).startsecs).toBe(0);
  });

  it('expects no exit code when the list is empty', () => {
    expect(programFacts(optionsOf('command=x\nexitcodes=')).exitcodes).toEqual([]);
  });
});

describe('hostQuestions', () => {
  const questions = (body: string) => hostQuestions(app, optionsOf(body), templateDefaults);

  it('asks nothing about the content of the replaced system', () => {
    expect(questions('command=/project/demo_website')).toEqual([]);
  });

  it.each(['NONE', 'off', 'AUTO', 'syslog', '/dev/stdout', '/dev/null', 'x.log', '', '/x.log'])(
    'asks nothing about the log file %j',
    (path) => {
      expect(questions(`command=x\nstdout_logfile=${path}`)).toEqual([]);
    },
  );

  it('asks for the user, by name or by id', () => {
    expect(questions('command=x\nuser=www')).toEqual([{ type: 'UserExists', user: 'www' }]);
    expect(questions('command=x\nuser=%(program_name)s')).toEqual([
      { type: 'UserExists', user: 'demo1' },
    ]);
  });

  it('asks for each log directory once', () => {
    const body =
      'command=x\nnumprocs=2\nprocess_name=%(process_num)d\n' +
      'stdout_logfile=/a/%(process_num)02d/%(program_name)s.log\nstderr_logfile=/a/01/x';
    expect(questions(body)).toEqual([
      { type: 'LogDirectoryExists', path: '/a/00' },
      { type: 'LogDirectoryExists', path: '/a/01' },
    ]);
  });

  // Found by comparing with supervisor: `a%(here)s` names a directory that cannot be cut off here.
  it('does not ask where an expansion in the last part may bring slashes', () => {
    expect(questions('command=x\nstdout_logfile=/a%(here)s')).toEqual([]);
    expect(questions('command=x\nstdout_logfile=/a/%(ENV_L)s')).toEqual([
      { type: 'EnvironmentHas', name: 'L' },
    ]);
  });

  it('leaves to the host what only the host can expand', () => {
    const body = 'command=x\nstdout_logfile=%(here)s/%(ENV_D)s/%%%%/%(host_node_name)s/x';
    expect(questions(body)).toEqual([
      { type: 'EnvironmentHas', name: 'D' },
      { type: 'LogDirectoryExists', path: '%(here)s/%(ENV_D)s/%%/%(host_node_name)s' },
    ]);
    expect(questions('command=x\nstdout_logfile=~/log/x')).toEqual([
      { type: 'LogDirectoryExists', path: '~/log' },
    ]);
  });

  it('asks for variables of supervisord, not for those the program sets itself', () => {
    const body =
      'command=%(ENV_A)s %(ENV_B)s %%(ENV_C)s\nenvironment=B="%(ENV_E)s"\n' +
      'user=%(ENV_B)s\nstdout_logfile=/a/%(ENV_B)s/x';
    expect(questions(body)).toEqual([
      { type: 'EnvironmentHas', name: 'A' },
      { type: 'EnvironmentHas', name: 'B' },
      { type: 'UserExists', user: '%(ENV_B)s' },
      { type: 'EnvironmentHas', name: 'E' },
    ]);
  });
});
