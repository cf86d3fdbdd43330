import { describe, expect, it } from 'vitest';
import { checkDefaults, parseProgram } from '../../../../src/domain/content/parseProgram.ts';
import type { AppName } from '../../../../src/domain/types.ts';

const app = 'demo1' as AppName;

/** Options as an object, `code@line` for each warning. */
function accepted(text: string, unknownOptions: 'refuse' | 'warn' = 'refuse') {
  const parsed = parseProgram(app, text, { unknownOptions });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { options, warnings } = parsed.value;
  return { options: Object.fromEntries(options), warnings: warnings.map(place) };
}

/** `code@line` for each error. */
function refusals(text: string) {
  const parsed = parseProgram(app, text, { unknownOptions: 'refuse' });
  return parsed.ok ? 'accepted' : parsed.error.map(place);
}

const place = ({ code, line }: { code: string; line: number }) => `${code}@${String(line)}`;
const withCommand = (line: string) => `command=x\n${line}`;

describe('parseProgram: the grammar', () => {
  it('accepts the content of the replaced system without a warning', () => {
    const text =
      'command = /project/demo_website\nprocess_name=%(program_name)s\nstartsecs = 0\n' +
      'numprocs = 1\nautostart = true\nautorestart = true';
    expect(accepted(text)).toEqual({
      options: {
        command: '/project/demo_website',
        process_name: '%(program_name)s',
        numprocs: '1',
        autostart: 'true',
        autorestart: 'true',
        startsecs: '0',
      },
      warnings: [],
    });
  });

  it.each([
    ['a colon', 'command : x y', 'x y'],
    ['a colon before =', 'command: a=b', 'a=b'],
    ['capitals', 'COMMAND=x', 'x'],
    ['tabs', '\tcommand\t=\tx\t', 'x'],
    ['indentation', '    command=x\n    priority=1', 'x'],
    ['a comment behind', 'command=x ; why', 'x'],
    ['a comment with #', 'command=x\t# why', 'x'],
    ['comment lines', '; a\n# b\n  ; c\ncommand=x\n# d', 'x'],
    ['a comment sign within a word', 'command=a;b#c', 'a;b#c'],
    ['a value that begins with ;', 'command=;x', ';x'],
    ['a continuation', 'command=a\n  b\n\tc', 'a\nb\nc'],
    ['a comment in a continuation', 'command=a\n  ; no\n  b ; no', 'a\nb'],
    ['a blank line in a continuation', 'command=a\n\n  b\n\n', 'a\n\nb'],
    ['a value that begins in the next line', 'command=\n  a', '\na'],
    ['no-break spaces around', 'command=\u00a0x\u00a0', 'x'],
  ])('reads %s', (_, text, command) => {
    expect(accepted(text).options['command']).toBe(command);
  });

  it('lets the last of several win and says so', () => {
    expect(accepted('command=a\npriority=x\nCommand=b\npriority=2')).toEqual({
      options: { command: 'b', priority: '2' },
      warnings: ['W_DUPLICATE_OPTION@3', 'W_DUPLICATE_OPTION@4'],
    });
  });

  it('warns of an option that slipped into the value above', () => {
    expect(accepted('command=a\n  startsecs=0').warnings).toEqual(['W_CONTINUATION@2']);
    expect(accepted('command=sh -c "\n  FOO=1 run"').warnings).toEqual([]);
  });

  it.each([
    ['[program:evil]', '[program:x]\ncommand=a', ['E_SECTION_HEADER@1']],
    ['an indented header', 'command=a\n  [program:evil]', ['E_SECTION_HEADER@2']],
    ['a header without an end', 'command=a\n[', ['E_SECTION_HEADER@2']],
    ['a header behind no-break space', 'command=a\n\u00a0[x]', ['E_SECTION_HEADER@2']],
    ['a line without delimiter', 'command=a\nautostart', ['E_SYNTAX@2']],
    ['a line without name', '= a\ncommand=a', ['E_SYNTAX@1']],
    ['a comment with two meanings', 'command=a;b ;c #d', ['E_COMMENT@1']],
    ['a typed value in two lines', 'command=a\nstartsecs=1\n 2', ['E_CONTINUATION@2']],
    ['a path in two lines', 'command=a\ndirectory=/a\n /b', ['E_CONTINUATION@2']],
    ['a control character', 'command=a\n\nuser=\x07', ['E_CONTROL_CHARACTER@3']],
  ])('refuses %s', (_, text, codes) => {
    expect(refusals(text)).toEqual(codes);
  });

  it('reports everything that is wrong, in the order of the lines', () => {
    const text = 'stopsignal=X\n[a]\nnumprocs=0\ncomand=x\nwhat\numask=9';
    expect(refusals(text)).toEqual([
      'E_SIGNAL@1',
      'E_SECTION_HEADER@2',
      'E_OUT_OF_RANGE@3',
      'E_UNKNOWN_OPTION@4',
      'E_SYNTAX@5',
      'E_UMASK@6',
    ]);
  });

  it('stops counting at 50 problems', () => {
    expect(refusals('[\n'.repeat(30_000))).toHaveLength(50);
    expect(
      refusals(Array.from({ length: 9000 }, (_, i) => `u${String(i)}=`).join('\n')),
    ).toHaveLength(50);
  });
});

describe('parseProgram: unknown options', () => {
  it('names the nearest one', () => {
    const parsed = parseProgram(app, withCommand('numproc=1'), { unknownOptions: 'refuse' });
    expect(parsed).toMatchObject({ ok: false, error: [{ code: 'E_UNKNOWN_OPTION', line: 2 }] });
    expect(!parsed.ok && parsed.error[0]?.message).toContain('did you mean "numprocs"?');
  });

  it('leaves them out with a warning where the rules say so', () => {
    expect(accepted(withCommand('numproc=%Y\n__proto__=1'), 'warn')).toEqual({
      options: { command: 'x' },
      warnings: ['W_UNKNOWN_OPTION@2', 'W_UNKNOWN_OPTION@3'],
    });
  });

  it('names the line that was meant to be the command', () => {
    const parsed = parseProgram(app, 'priority=1\ncomand=x', { unknownOptions: 'warn' });
    expect(parsed).toMatchObject({ ok: false, error: [{ code: 'E_NO_COMMAND', line: 2 }] });
  });
});

describe('checkDefaults', () => {
  it('accepts the defaults of the replaced system', () => {
    const defaults = [
      ['stdout_logfile', '/dev/stdout'],
      ['stdout_logfile_maxbytes', '0'],
      ['stderr_logfile', '/dev/stderr'],
      ['stderr_logfile_maxbytes', '0'],
    ] as const;
    expect(checkDefaults(defaults)).toEqual([]);
  });

  it.each([
    ['startsec', '1', 'E_UNKNOWN_OPTION'],
    ['startsecs', 'x', 'E_INTEGER'],
    ['directory', '/a ;b', 'E_SYNTAX'],
    ['directory', '/a\n[x]', 'E_SYNTAX'],
    ['directory', '/a\0', 'E_NUL'],
  ])('refuses %s=%s with %s', (name, value, code) => {
    expect(checkDefaults([[name, value]]).map((each) => each.code)).toEqual([code]);
  });
});
