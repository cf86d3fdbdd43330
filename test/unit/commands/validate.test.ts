/** `supervene validate`: one line for each fault, in a form editors and hooks understand. */
import { describe, expect, it } from 'vitest';
import { runCliHere } from '../../support/fakeCommandIo.ts';

const good = 'command = /bin/cat\nautostart = true\n';

describe('supervene validate', () => {
  it('is silent about good content', async () => {
    const outcome = await runCliHere(['validate', 'web.conf'], { files: { 'web.conf': good } });
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('accepts the form content has in etcd', async () => {
    const files = { '-': Buffer.from(good).toString('base64') };
    expect(await runCliHere(['validate', '-'], { files })).toMatchObject({ code: 0, stdout: '' });
  });

  it('names file, line, code and what to do for each fault', async () => {
    const files = { 'a.conf': good, 'b.conf': `${good}comand = x\nnumprocs = many\n` };
    const { code, stdout } = await runCliHere(['validate', 'a.conf', 'b.conf'], { files });
    expect(code).toBe(1);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^b\.conf:3: E_UNKNOWN_OPTION .*command/);
    expect(lines[1]).toMatch(/^b\.conf:4: E_\w+ .*numprocs/);
  });

  it('lets an unknown option pass with a warning when told to', async () => {
    const argv = ['validate', 'web.conf', '--allow-unknown'];
    const files = { 'web.conf': `${good}comand = x\n` };
    const { code, stdout } = await runCliHere(argv, { files });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^web\.conf:3: W_\w+ /);
  });

  it('gives one JSON document with all files', async () => {
    const files = { 'a.conf': good, 'b.conf': '' };
    const { code, stdout } = await runCliHere(['validate', '--json', 'a.conf', 'b.conf'], {
      files,
    });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      files: [
        { file: 'a.conf', app: 'a', ok: true, errors: [] },
        { file: 'b.conf', app: 'b', ok: false, errors: [{ code: 'E_EMPTY' }] },
      ],
    });
  });

  it('says which file cannot be read, and goes on with the others', async () => {
    const { code, stdout } = await runCliHere(['validate', 'no.conf', 'b.conf'], {
      files: { 'b.conf': `${good}[x]\n` },
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^no\.conf:1: E_UNREADABLE .*\nb\.conf:3: E_SECTION_HEADER /);
  });

  const hostile: readonly (readonly [string, string | Uint8Array, string])[] = [
    ['bytes that are not UTF-8', Uint8Array.of(0x61, 0xff, 0x3d), 'E_NOT_UTF8'],
    ['a NUL', 'command=/bin/cat\0', 'E_NUL'],
    ['a byte order mark', `\ufeff${good}`, 'E_BOM'],
    ['a lone CR', 'command=/bin/cat\rautostart=true', 'E_LONE_CR'],
    ['a megabyte', 'x'.repeat(1_000_000), 'E_TOO_LARGE'],
    ['a section header', '[program:x]\ncommand=/bin/cat', 'E_SECTION_HEADER'],
  ];
  it.each(hostile)('refuses %s', async (_name, content, code) => {
    const outcome = await runCliHere(['validate', 'web.conf'], { files: { 'web.conf': content } });
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain(`: ${code} `);
  });
});
