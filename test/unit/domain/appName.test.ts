import { describe, expect, it } from 'vitest';
import { parseAppName } from '../../../src/domain/appName.ts';

describe('parseAppName', () => {
  it.each(['a', '1', 'demo1', 'web.api_v2-blue', 'All', 'constructor', 'x'.repeat(63)])(
    'takes %j',
    (text) => {
      expect(parseAppName(text)).toEqual({ ok: true, value: text });
    },
  );

  it.each([
    ['', 'it is empty'],
    ['../x', 'it contains "/"'],
    ['..', 'it begins with "."'],
    ['.hidden', 'it begins with "."'],
    ['-rf', 'it begins with "-"'],
    ['__proto__', 'it begins with "_"'],
    ['a b', 'it contains " "'],
    ['a:b', 'it contains ":"'],
    ['a%b', 'it contains "%"'],
    ['*', 'it contains "*"'],
    ['a\n', 'it contains "\\n"'],
    ['a\0', 'it contains "\\u0000"'],
    ['démo', 'it contains "é"'],
    ['a😀', 'it contains "😀"'],
    ['x'.repeat(64), 'it has 64 characters'],
  ])('refuses %j: %s', (text, why) => {
    const parsed = parseAppName(text);
    expect(parsed).toMatchObject({ ok: false, error: { code: 'E_APP_NAME', line: 0 } });
    expect(parsed.ok ? '' : parsed.error.message).toContain(why);
  });

  it.each(['all', 'supervisord'])('refuses %s, which has a meaning for supervisorctl', (text) => {
    expect(parseAppName(text)).toMatchObject({ ok: false, error: { code: 'E_APP_NAME_RESERVED' } });
  });

  it('keeps the refusal of a huge name short', () => {
    const parsed = parseAppName('/'.repeat(1_000_000));
    expect(parsed.ok ? 0 : parsed.error.message.length).toBeLessThan(200);
  });
});
