/** What adoption decides and says before anything is touched. */
import { describe, expect, it } from 'vitest';
import { planAdoption, type WantedApp } from '../../../src/commands/adopt/adoption.ts';
import { compareGroup } from '../../../src/commands/adopt/compareOptions.ts';
import { formatGroups, type OldGroup, readOldFile } from '../../../src/commands/adopt/oldFile.ts';
import { decodeContent } from '../../../src/domain/content/decodeContent.ts';
import { parseProgram } from '../../../src/domain/content/parseProgram.ts';
import { renderApp } from '../../../src/domain/content/renderApp.ts';
import type { AppName, Revision } from '../../../src/domain/types.ts';
import { templateSection } from '../../support/replacedHost.ts';

const app = 'demo1' as AppName;
const defaults = [
  ['stdout_logfile', '/dev/stdout'],
  ['stdout_logfile_maxbytes', '0'],
  ['stderr_logfile', '/dev/stderr'],
  ['stderr_logfile_maxbytes', '0'],
] as const;

/** The value of the replaced system's own example, as it stands in etcd. */
const seedContent =
  'Y29tbWFuZCA9IC9wcm9qZWN0L2RlbW9fd2Vic2l0ZQpwcm9jZXNzX25hbWU9JShwcm9ncmFtX25hbWUpcwpzdGFydHNlY3MgPSAwCm51bXByb2NzID0gMQphdXRvc3RhcnQgPSB0cnVlCmF1dG9yZXN0YXJ0ID0gdHJ1ZQ==';

function decode(content: string): string {
  const text = decodeContent({ type: 'Text', text: content });
  if (!text.ok) throw new Error(text.error.message);
  return text.value;
}

function render(body: string): string {
  const parsed = parseProgram(app, body, { unknownOptions: 'warn' });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { options } = parsed.value;
  const input = { app, revision: '5' as Revision, groupPriority: 20, isHeld: false };
  return renderApp({ ...input, options, defaults }).text;
}

function only(text: string): OldGroup {
  const file = readOldFile('/conf.d/app.conf', text);
  const [group] = file.groups;
  if (group === undefined) throw new Error('no group');
  return group;
}

/** `option: before -> after` of each change. */
function changes(oldBody: string, newBody: string): readonly string[] {
  return compareGroup(only(templateSection(app, oldBody)), render(newBody)).map(
    ({ option, before, after }) => `${option}: ${String(before)} -> ${String(after)}`,
  );
}

describe('compareGroup', () => {
  it('finds no change in what confd made of the replaced example', () => {
    const body = decode(seedContent);
    expect(changes(body, body)).toEqual([]);
  });

  it.each([
    ['autorestart', 'TRUE', 'yes'],
    ['autostart', 'on', '1'],
    ['startsecs', '+1', '1'],
    ['stopsignal', 'SIGterm', 'TERM'],
    ['exitcodes', '0, 2', '0,2'],
    ['umask', '022', '22'],
    ['stdout_logfile_backups', '1_0', '10'],
    ['stderr_capture_maxbytes', '1MB', '1048576'],
    ['environment', 'A="1",B="2"', "B='2', A='1'"],
  ])('takes %s=%s and %s for the same', (option, before, after) => {
    const body = 'command=x\n';
    expect(changes(`${body}${option}=${before}`, `${body}${option}=${after}`)).toEqual([]);
  });

  it('takes an option that is not set for its default', () => {
    const set = 'command=x\nstartsecs=1\nautorestart=unexpected\nstopsignal=TERM\npriority=999';
    expect(changes('command=x', set)).toEqual([]);
    expect(changes(set, 'command=x')).toEqual([]);
    expect(changes('command=x\nstopasgroup=true', 'command=x\nstopasgroup=1')).toEqual([]);
  });

  it('names each option that becomes another', () => {
    expect(changes('command=x\nstartsecs=0', 'command=y\nnumprocs_start=2')).toEqual([
      'command: x -> y',
      'numprocs_start: null -> 2',
      'startsecs: 0 -> null',
    ]);
    const stops = changes('command=x\nstopasgroup=true', 'command=x');
    expect(stops).toEqual(['stopasgroup: true -> null', 'killasgroup: null -> null']);
  });

  it('sees that the template overrode a log file of the content, as supervisord would', () => {
    const body = 'command=x\nstdout_logfile=/var/log/x.log';
    expect(changes(body, body)).toEqual(['stdout_logfile: /dev/stdout -> /var/log/x.log']);
  });

  it('sees a log file that becomes AUTO, which supervisord does not look at', () => {
    expect(changes('command=x', 'command=x\nstdout_logfile=AUTO')).toEqual([
      'stdout_logfile: /dev/stdout -> AUTO',
    ]);
  });

  it('sees the priority that supervisord gives to a group of its own making', () => {
    const group = only(`[program:${app}]\ncommand=x\npriority=5\n`);
    const [first] = compareGroup(group, render('command=x\npriority=5'));
    expect(first).toEqual({ option: 'group priority', before: '5', after: '20' });
  });
});

describe('readOldFile', () => {
  it('finds groups, programs without one, and what is no app', () => {
    const text = `[group:g]\nprograms=a, b\n[program:a]\ncommand=x\n[program:b]\ncommand=y
[program:c]\ncommand=z\n[eventlistener:e]\ncommand=w\n[supervisord]\nlogfile=/x\n`;
    const { groups, problems } = readOldFile('/f', text);
    expect(groups.map(({ name, programs }) => [name, programs.map((one) => one.name)])).toEqual([
      ['c', ['program:c']],
      ['g', ['program:a', 'program:b']],
    ]);
    expect(problems.join('\n')).toMatch(
      /\[eventlistener:e\] is no app.*\n\[supervisord\] is no app/,
    );
  });

  it('tells of lines that are nothing, and of groups without programs', () => {
    const { problems } = readOldFile('/f', 'nonsense\n[group:g]\n[group:h]\nprograms=gone\n');
    expect(problems).toEqual([
      'line 1 is neither option nor section: nonsense',
      '[group:g] names no program',
      '[group:h] names the program gone, which is not in this file',
    ]);
  });
});

describe('formatGroups', () => {
  it('writes what reads back the same, values of several lines too', () => {
    const text = `[group:a]\nprograms=a\n[program:a]\ncommand=x\n  y\n\n  z\nenvironment=A="1",\n B="2"
[program:b]\ncommand = sleep 1\n`;
    const { groups } = readOldFile('/f', text);
    expect(readOldFile('/f', formatGroups(groups))).toEqual(readOldFile('/f', text));
  });
});

describe('planAdoption', () => {
  const wanted = (name: string, body: string): readonly [string, WantedApp] => {
    const text = render(body).replaceAll(app, name);
    const sha256 = 'x' as never;
    const revision = '5' as Revision;
    return [name, { type: 'Wanted', app: name as AppName, revision, sha256, text }];
  };
  const plan = (text: string, more: Partial<Parameters<typeof planAdoption>[0]> = {}) =>
    planAdoption({
      oldFiles: [readOldFile('/conf.d/app.conf', text)],
      wantedByName: new Map([wanted('demo1', 'command=x'), wanted('late', 'command=x')]),
      groupsRunning: new Set(['demo1']),
      pending: { added: [], changed: [], removed: [] },
      ...{ allowChanges: false, keepOthers: false },
      ...more,
    });

  it('takes over what is the same and leaves the rest to the agent', () => {
    const adoption = plan(templateSection('demo1', 'command=x'));
    expect(adoption).toMatchObject({ refusals: [], others: [], leftToAgent: ['late'] });
    expect(adoption.files).toEqual([{ path: '/conf.d/app.conf', rest: undefined }]);
  });

  it('lists every group that etcd does not place here', () => {
    const text = ['demo1', 'old1', 'old2'].map((name) => templateSection(name, 'command=x'));
    const { refusals } = plan(text.join('\n'));
    expect(refusals).toHaveLength(1);
    expect(refusals[0]?.message).toMatch(/\n {2}old1: .*\n {2}old2: /);
    const kept = plan(text.join('\n'), { keepOthers: true });
    expect(kept.refusals).toEqual([]);
    expect(kept.files[0]?.rest).toMatch(/\[group:old1\][\s\S]*\[program:old2\]/);
  });

  it('does not take a program out of a group of several', () => {
    const text =
      '[group:demo1]\nprograms=demo1,b\n[program:demo1]\ncommand=x\n[program:b]\ncommand=y\n';
    const { others, apps } = plan(text, { keepOthers: true });
    expect(apps).toEqual([]);
    expect(others[0]?.reason).toBe('its programs are demo1, b, and not demo1 alone');
  });

  it('names the options that would change, and lets them with leave', () => {
    const text = templateSection('demo1', 'command=y');
    expect(plan(text).refusals[0]?.message).toContain('demo1: command y becomes x');
    expect(plan(text, { allowChanges: true }).refusals).toEqual([]);
  });

  it('refuses what supervisord has not been told of', () => {
    const pending = { added: [], changed: ['demo1'], removed: [] };
    const text = templateSection('demo1', 'command=x');
    expect(plan(text, { pending }).refusals[0]?.message).toContain(
      'does not run what the old file',
    );
    expect(plan(text, { pending, allowChanges: true }).refusals).toEqual([]);
  });
});
