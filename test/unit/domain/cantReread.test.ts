import { describe, expect, it } from 'vitest';
import { parseCantReread } from '../../../src/domain/cantReread.ts';

// Every message below was given by supervisor 4.2.5 on Python 3.11.
const program = "in section 'program:a' (file: '/etc/conf.d/a.conf')";

describe('parseCantReread', () => {
  it.each([
    [`invalid literal for int() with base 10: 'q' ${program}`, '/etc/conf.d/a.conf'],
    [
      `File contains no section headers.\nfile: "/etc/it's.conf", line: 1\n'x\\n'`,
      "/etc/it's.conf",
    ],
    [`Source contains parsing errors: '/etc/b.conf'\n\t[line  3]: 'junk\\n'`, '/etc/b.conf'],
    [
      `invalid number 'q' in section 'program:a' (file: '/etc/\\xe9\\\\\\u2028.conf')`,
      '/etc/é\\\u2028.conf',
    ],
    ['[group:g] names unknown program or fcgi-program nope', undefined],
    ["'utf-8' codec can't decode byte 0xff in position 20: invalid start byte", undefined],
  ])('finds the file in %j', (message, file) => {
    expect(parseCantReread(`CANT_REREAD: ${message}`).file).toBe(file);
  });

  it('is not led astray by a place that the content itself names', () => {
    const message = `Invalid name "x' (file: '/etc/passwd')" ${program}`;
    expect(parseCantReread(message).file).toBe('/etc/conf.d/a.conf');
    const quoted = `invalid value "in section 'x' (file: '/etc/passwd')"`;
    expect(parseCantReread(quoted).file).toBeUndefined();
  });

  it('leaves out the names of the environment', () => {
    const message =
      `CANT_REREAD: Format string '%(ENV_NOPE)s' for 'program:a.command' contains names ` +
      `('ENV_NOPE') which cannot be expanded. Available names: ENV_SECRET, group_name, here ${program}`;
    expect(parseCantReread(message).detail).toBe(
      `Format string '%(ENV_NOPE)s' for 'program:a.command' contains names ('ENV_NOPE') which ` +
        `cannot be expanded. Available names: (left out). ${program}`,
    );
    expect(parseCantReread('x Available names: ENV_SECRET').detail).not.toContain('SECRET');
  });

  it.each([
    `Format string 'PW="hunter2",B=%(ENV_X)s' for 'environment' contains names ('ENV_X') ${program}`,
    `Unexpected end of key/value pairs in value 'PW="hunter2",A' ${program}`,
    `File contains no section headers.\nfile: '/etc/b.conf', line: 1\n'PW=hunter2\\n'`,
    `Source contains parsing errors: '/etc/b.conf'\n\t[line  3]: 'hunter2\\n'\n\t[line  9]: 'hunter2'`,
  ])('quotes no value that may be secret: %j', (message) => {
    const { detail } = parseCantReread(message);
    expect(detail).not.toContain('hunter2');
    expect(detail).toContain('/etc/');
  });
});
