/** Where the agent may be asked, and the token it then asks for. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLocal, listenAddress } from '../../../src/settings/listenAddress.ts';
import { readToken } from '../../../src/settings/readToken.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

describe('isLocal', () => {
  it.each([
    ...['127.0.0.1:1', '127.9.9.9:1', 'localhost:1', 'LOCALHOST:1', '[::1]:1', 'unix:///x'].map(
      (text) => [text, true] as const,
    ),
    ...['0.0.0.0:1', '[::]:1', '10.0.0.1:1', '[fe80::1]:1', 'localhost.evil:1', '127.evil:1'].map(
      (text) => [text, false] as const,
    ),
  ])('of %s is %s', (text, expected) => {
    const parsed = listenAddress.parse(text, '/');
    expect(parsed.ok && parsed.value !== undefined && isLocal(parsed.value)).toBe(expected);
    expect(parsed.ok && listenAddress.format(parsed.value)).toBe(text);
  });
});

describe('readToken', () => {
  const token = 'x'.repeat(32);
  let temp: TempDir;
  beforeEach(async () => {
    temp = await createTempDir('token');
  });
  afterEach(() => temp.remove());

  const read = (text: string, mode = 0o600) => {
    const path = join(temp.path, 'token');
    writeFileSync(path, text);
    chmodSync(path, mode);
    const result = readToken(path);
    if (!result.ok && text !== '') expect(result.error).not.toContain(text.slice(0, 8));
    return result;
  };

  it('is what stands in the file, without the end of its line', () => {
    expect(read(token)).toEqual({ ok: true, value: token });
    expect(read(`${token}\r\n`, 0o440)).toEqual({ ok: true, value: token });
  });

  it.each([
    ['', 'shorter than 32'],
    [token.slice(1), 'shorter than 32'],
    [`${token}\n${token}`, 'more than one word'],
    [`${token} ${token}`, 'more than one word'],
    [`${token}ä`, 'more than one word'],
  ])('refuses %j and says what to do', (text, why) => {
    const result = read(text);
    expect(result).toMatchObject({ ok: false, error: expect.stringContaining(why) as unknown });
    expect(result.ok ? '' : result.error).toContain('openssl rand');
  });

  it('refuses a file that everybody may read or write, and what is no file', () => {
    for (const mode of [0o604, 0o602, 0o644]) {
      const error = expect.stringContaining('chmod 600') as unknown;
      expect(read(token, mode)).toMatchObject({ ok: false, error });
    }
    mkdirSync(join(temp.path, 'dir'), { mode: 0o700 });
    expect(readToken(join(temp.path, 'dir'))).toMatchObject({ ok: false });
    expect(readToken(join(temp.path, 'none'))).toMatchObject({
      error: expect.stringContaining('ENOENT') as unknown,
    });
  });
});
