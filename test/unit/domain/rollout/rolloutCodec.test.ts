import { describe, expect, it } from 'vitest';
import { formatRollout, parseRollout } from '../../../../src/domain/rollout/rolloutCodec.ts';

describe('parseRollout', () => {
  it('reads what people write', () => {
    const text =
      '{"maxUnavailable":1,"drain":"2s","healthcheck":{"url":"http://127.0.0.1:8088/"},"healthcheckTimeout":"30s"}';
    const parsed = parseRollout(text);
    expect(parsed).toEqual({
      ok: true,
      value: {
        maxUnavailable: 1,
        drainMs: 2_000,
        healthcheck: { type: 'Url', url: 'http://127.0.0.1:8088/', timeoutMs: 30_000 },
      },
    });
    expect(parsed.ok && formatRollout(parsed.value)).toBe(text);
  });

  it('drains for two seconds where hosts take turns and nothing else is said', () => {
    expect(parseRollout('{"maxUnavailable":3}')).toEqual({
      ok: true,
      value: { maxUnavailable: 3, drainMs: 2_000 },
    });
    expect(parseRollout('{"maxUnavailable":3,"drain":0}')).toEqual({
      ok: true,
      value: { maxUnavailable: 3, drainMs: 0 },
    });
    expect(parseRollout('{}')).toEqual({ ok: true, value: {} });
  });

  it('reads a command', () => {
    const parsed = parseRollout('{"healthcheck":{"command":"/project/check --fast"}}');
    expect(parsed).toEqual({
      ok: true,
      value: {
        healthcheck: { type: 'Command', command: '/project/check --fast', timeoutMs: 30_000 },
      },
    });
  });

  it.each([
    ['', 'not a JSON object'],
    ['[]', 'not a JSON object'],
    ['1', 'not a JSON object'],
    ['{"maxUnavailable":1', 'not a JSON object'],
    ['{"maxUnavailabel":1}', 'did you mean maxUnavailable?'],
    ['{"__proto__":{"maxUnavailable":1}}', 'it has no'],
    ['{"maxUnavailable":0}', 'a whole number from 1 to 1000'],
    ['{"maxUnavailable":1001}', 'a whole number from 1 to 1000'],
    ['{"maxUnavailable":1.5}', 'a whole number from 1 to 1000'],
    ['{"maxUnavailable":"1"}', 'a whole number from 1 to 1000'],
    ['{"maxUnavailable":null}', 'a whole number from 1 to 1000'],
    ['{"drain":"11m"}', 'a duration from 0ms to 10m'],
    ['{"drain":"2"}', 'it lacks a unit'],
    ['{"drain":2}', 'not a text such as'],
    ['{"healthcheckTimeout":"500ms"}', 'a duration from 1s to 10m'],
    ['{"healthcheckTimeout":"601s"}', 'a duration from 1s to 10m'],
    ['{"healthcheck":{}}', '{"url":"…"} or {"command":"…"}'],
    ['{"healthcheck":"http://127.0.0.1/"}', '{"url":"…"} or {"command":"…"}'],
    ['{"healthcheck":{"url":"http://127.0.0.1/","command":"x"}}', '{"url":"…"}'],
    ['{"healthcheck":{"command":""}}', 'not a command'],
    ['{"healthcheck":{"command":"a\\nb"}}', 'one line of text'],
    ['{"healthcheck":{"command":"a\\u0000b"}}', 'one line of text'],
    ['{"healthcheck":{"command":"a \'b"}}', 'has no partner'],
  ])('refuses %s', (text, why) => {
    const parsed = parseRollout(text);
    expect(parsed).toMatchObject({ ok: false, error: { code: 'E_ROLLOUT' } });
    expect(parsed.ok ? '' : parsed.error.message).toContain(why);
  });

  it('refuses what is no text', () => {
    expect(parseRollout({ type: 'Binary', base64: 'gA==' })).toMatchObject({ ok: false });
    expect(parseRollout({ type: 'TooLarge', sizeBytes: 1e9 })).toMatchObject({ ok: false });
    expect(parseRollout('{}'.padEnd(20_000))).toMatchObject({ ok: false });
  });
});

describe('a health check asks this host and nothing else', () => {
  const parse = (url: string) => parseRollout(JSON.stringify({ healthcheck: { url } })).ok;

  it.each([
    'http://127.0.0.1:8088/',
    'https://localhost/ready?x=1&y=%20',
    'http://LOCALHOST:65535',
    'http://127.9.9.9/',
    'http://[::1]:80/x',
    'http://[::ffff:127.0.0.1]/',
    'http://127.0.0.1?x',
  ])('takes %s', (url) => {
    expect(parse(url)).toBe(true);
  });

  it.each([
    'http://10.0.0.1/',
    'http://0.0.0.0/',
    'http://localhost.example.com/',
    'http://example.com/',
    'http://127.0.0.1@example.com/',
    'http://127.0.0.1:80@example.com/',
    'http://user@127.0.0.1/',
    'http://127.0.0.1\\@example.com/',
    'http://127.0.0.1#@example.com/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
    'http://[127.0.0.1]/',
    'http://[::2]/',
    'http://[::]/',
    'http://[::1%25eth0]/',
    'http://[fe80::1]/',
    'http://127.0.0.1:0/',
    'http://127.0.0.1:65536/',
    'http://127.0.0.1:8088/a b',
    'http://127.0.0.1/\t',
    ' http://127.0.0.1/',
    'http://127.0.0.1/\n',
    'http:127.0.0.1/',
    'http:///127.0.0.1/',
    'ftp://127.0.0.1/',
    'unix:/run/x.sock',
    'file:///etc/passwd',
    'http://127.0.0.1.example.com/',
    'http://ⅼocalhost/',
  ])('refuses %s', (url) => {
    expect(parse(url)).toBe(false);
  });
});
