/** The command line as people meet it: help, exit codes, hints, and never a stack trace. */
import { describe, expect, it } from 'vitest';
import { definitions } from '../../../src/commands/definitions.ts';
import { allSettings } from '../../../src/settings/schema.ts';
import { runCliHere } from '../../support/fakeCommandIo.ts';

describe('supervene', () => {
  it('shows the version, and nothing else', async () => {
    expect(await runCliHere(['--version'])).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
  });

  it('lists every command in its help', async () => {
    const { code, stdout } = await runCliHere(['--help']);
    expect(code).toBe(0);
    for (const { name } of definitions) expect(stdout).toContain(`  ${name}`);
  });

  it('says in the help of each command what it does, its examples and its exit codes', async () => {
    for (const { name, exits } of definitions) {
      const { code, stdout, stderr } = await runCliHere([name, '--help']);
      expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: '' });
      expect(stdout).toContain('Examples:');
      for (const [exit, text] of exits) expect(stdout).toContain(`  ${String(exit)}  ${text}`);
    }
  });

  it('breaks the text of an option only where the line is full', async () => {
    for (const { name } of definitions) {
      const { stdout } = await runCliHere([name, '--help']);
      const lines = (/\nOptions:\n(.*?)\n\n/s.exec(stdout)?.[1] ?? '').split('\n');
      for (const [index, line] of lines.entries()) {
        const [, next] = /^ {10,}(\S+)/.exec(lines[index + 1] ?? '') ?? [];
        if (next !== undefined) expect(line.length + 1 + next.length, line).toBeGreaterThan(100);
      }
    }
  });

  it.each(['agent', 'console'])(
    'lists its settings with variable, key and default in the help of %s',
    async (name) => {
      const { stdout } = await runCliHere([name, '--help']);
      const text = stdout.replaceAll(/\s+/g, ' ');
      const own = allSettings.filter(({ scope }) => (scope === 'console') === (name === 'console'));
      expect(own.length).toBeGreaterThan(10);
      for (const { flag, env, key, fallbackText } of own) {
        expect(text).toContain(`${flag} `);
        expect(text).toContain(`${env}, ${key}, default ${fallbackText}`);
      }
    },
  );

  const misuses: readonly (readonly [readonly string[], string])[] = [
    [[], 'Usage: supervene'],
    [['pblish'], 'Did you mean publish?'],
    [['--etcd', 'http://h:1', 'apps'], 'write it behind the command'],
    [['publish'], "missing required argument 'APP'"],
    [['publish', 'web', '--host', 'a'], 'Did you mean --hosts?'],
    [['publish', 'web', 'x', '--hosts', 'a'], 'too many arguments'],
    [['publish', 'web'], 'neither --hosts nor --file'],
    [['publish', 'web', '--hosts', ''], "write --hosts '!*'"],
    [['publish', 'web', '--hosts', '10.0.0.999'], 'numbers from 0 to 255'],
    [['publish', 'web', '--hosts', 'a', '--wait=soon'], 'is no number of seconds'],
    [['unpublish', 'web', '--wait=0'], 'is no number of seconds'],
    [['status', '--state', 'convergd'], 'did you mean converged?'],
    [['status', '--watch', '--json'], 'exclude each other'],
    [['status', 'web', '--app', 'a', '--host', 'b'], 'nothing left to name'],
    [['forget', 'a/b'], 'cannot be a host'],
    [['forget'], "missing required argument 'HOST'"],
    [['publish', '../x', '--hosts', 'a'], 'cannot be the name of an app'],
    [['publish', 'all', '--hosts', 'a'], 'meaning for supervisorctl'],
    [['unpublish', 'a b'], 'cannot be the name of an app'],
    [['show', 'a/b'], 'cannot be an app'],
    [['show', 'a', '--raw', '--json'], 'exclude each other'],
    [['retry', '__proto__'], 'cannot be the name of an app'],
    [['retry', 'a', '--host', 'b', '--all-hosts'], 'exclude each other'],
    [['restart', '*'], 'cannot be the name of an app'],
    [['stop', 'web', '--process', 'db:db'], 'is no process of web'],
    [['logs', 'web', '--lines', '-1'], 'a number from 0'],
    [['logs', 'web', '--host', 'a,b'], 'one host at a time'],
    [['apps', '--poll', '1s'], "unknown option '--poll'"],
    [['agent', '--poll', '1'], '--poll: "1" is not a duration: it lacks a unit'],
    [['agent', '--poll'], 'argument missing'],
    [['agent', '--config', 'no.toml'], 'there is no file /cwd/no.toml'],
    [['validate'], "missing required argument 'FILE'"],
  ];
  it.each(misuses)('%j ends with 2 and says: %s', async (argv, text) => {
    const { code, stdout, stderr } = await runCliHere(argv);
    expect(stderr).toContain(text);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('ends with 2 when a variable that looks like a setting is none', async () => {
    const { code, stderr } = await runCliHere(['apps'], { env: { SUPERVENE_ETC: 'x' } });
    expect(code).toBe(2);
    expect(stderr).toBe(
      'error: SUPERVENE_ETC: unknown environment variable\n  did you mean SUPERVENE_ETCD?\n',
    );
  });

  it('colours its errors only where they are welcome', async () => {
    const plain = await runCliHere(['publish', 'web']);
    const coloured = await runCliHere(['publish', 'web'], { hasColours: true });
    expect(plain.stderr).not.toContain('\u001b');
    expect(coloured.stderr).toContain('\u001b[1;31merror:');
  });

  it('says that no agent runs here when there is no socket', async () => {
    for (const argv of [['retry', 'web'], ['confirm']]) {
      const { code, stderr } = await runCliHere([...argv, '--journal', '/nonexistent']);
      expect(code).toBe(1);
      expect(stderr).toContain('no agent runs here: nothing listens on /nonexistent/control.sock');
    }
  });

  it('says what cannot be read about a password file', async () => {
    const login = ['--etcd-username', 'u', '--etcd-password-file', '/nonexistent'];
    const { code, stdout, stderr } = await runCliHere(['apps', '--json', ...login]);
    expect(code).toBe(1);
    expect(stderr).toContain('cannot read the password file /nonexistent: there is no such file');
    expect(JSON.parse(stdout)).toMatchObject({ error: expect.stringContaining('password file') });
  });
});
