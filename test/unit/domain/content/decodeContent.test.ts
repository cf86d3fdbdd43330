import { describe, expect, it } from 'vitest';
import { decodeContent } from '../../../../src/domain/content/decodeContent.ts';

const decode = (text: string) => decodeContent({ type: 'Text', text });
const encode = (text: string | Uint8Array) => Buffer.from(text).toString('base64');
const body = 'command=/bin/cat\nautostart=false\n';

describe('decodeContent', () => {
  it('decodes the content of the replaced system', () => {
    const seed =
      'Y29tbWFuZCA9IC9wcm9qZWN0L2RlbW9fd2Vic2l0ZQpwcm9jZXNzX25hbWU9JShwcm9ncmFtX25hbWUpcwpzdGFydHNl' +
      'Y3MgPSAwCm51bXByb2NzID0gMQphdXRvc3RhcnQgPSB0cnVlCmF1dG9yZXN0YXJ0ID0gdHJ1ZQ==';
    expect(decode(seed)).toEqual({
      ok: true,
      value:
        'command = /project/demo_website\nprocess_name=%(program_name)s\nstartsecs = 0\n' +
        'numprocs = 1\nautostart = true\nautorestart = true',
    });
  });

  it.each([
    ['base64', encode(body)],
    ['base64 with a line break at the end', `${encode(body)}\n`],
    ['base64 in lines', encode(body).replace(/.{10}/g, '$&\r\n')],
    ['plain text', body],
    ['plain text with CRLF', body.replaceAll('\n', '\r\n')],
    ['base64 of CRLF', encode(body.replaceAll('\n', '\r\n'))],
  ])('reads %s', (_, text) => {
    expect(decode(text)).toEqual({ ok: true, value: body });
  });

  it.each(['command=/bin/cat', 'command: x', 'command=\n  x', '; note\ncommand = x', 'command=é'])(
    'takes %j for plain text',
    (text) => {
      expect(decode(text)).toEqual({ ok: true, value: text });
    },
  );

  it('prefers base64 where a text could be both', () => {
    expect(decode('demo')).toMatchObject({ ok: false, error: { code: 'E_NOT_UTF8' } });
  });

  it.each([
    ['', 'E_EMPTY'],
    [' \n', 'E_EMPTY'],
    [encode(' \n\t'), 'E_EMPTY'],
    ['Y29tbWFuZA=', 'E_BASE64'],
    ['Y29tbWFuZA', 'E_BASE64'],
    ['Y29t bWFu', 'E_BASE64'],
    ['Y29t-_Fu', 'E_BASE64'],
    ['=', 'E_BASE64'],
    ['====', 'E_BASE64'],
    ['not a program', 'E_BASE64'],
    [encode(Uint8Array.of(0xff, 0xfe, 0x41)), 'E_NOT_UTF8'],
    [encode(Uint8Array.of(0xc0, 0x80)), 'E_NOT_UTF8'],
    [encode(Uint8Array.of(0xed, 0xa0, 0x80)), 'E_NOT_UTF8'],
    [encode(Uint8Array.of(0xf4, 0x90, 0x80, 0x80)), 'E_NOT_UTF8'],
    [encode(Uint8Array.of(0x41, 0xe2, 0x82)), 'E_NOT_UTF8'],
    [`${body}x=\ud800`, 'E_CONTROL_CHARACTER'],
    [`${body}x=\0`, 'E_NUL'],
    [encode(`${body}x=\0`), 'E_NUL'],
    [`command=x\rautostart=false`, 'E_LONE_CR'],
    [`\ufeff${body}`, 'E_BOM'],
    [`\ufeff${encode(body)}`, 'E_BOM'],
    [encode(`\ufeff${body}`), 'E_BOM'],
    [`${body}\ufeff`, 'E_BOM'],
    ...['\x01', '\x0b', '\x0c', '\x1b', '\x7f', '\x85', '\x9f', '\u2028', '\u2029', '\uffff'].map(
      (char) => [`${body}x=${char}`, 'E_CONTROL_CHARACTER'],
    ),
  ])('refuses %j with %s', (text, code) => {
    expect(decode(text)).toMatchObject({ ok: false, error: { code } });
  });

  it.each(['é', '€', '😀', '\u{10ffff}', '\u00a0', 'e\u0301', '\t'])('keeps %j', (char) => {
    const text = `command=echo ${char}x`;
    expect(decode(encode(text))).toEqual({ ok: true, value: text });
    expect(decode(text)).toEqual({ ok: true, value: text });
  });

  it('names the line and the column', () => {
    const refused = decode('command=x\nuser=a\tb\x07');
    expect(refused).toMatchObject({ ok: false, error: { line: 2 } });
    expect(!refused.ok && refused.error.message).toContain('U+0007 in column 9');
  });

  it('accepts 64 KiB and refuses one byte more', () => {
    const text = (sizeBytes: number) => `command=${'x'.repeat(sizeBytes - 8)}`;
    expect(decode(text(65536)).ok).toBe(true);
    expect(decode(encode(text(65536))).ok).toBe(true);
    expect(decode(encode(text(65536)).replace(/.{76}/g, '$&\n')).ok).toBe(true);
    expect(decode(text(65537))).toMatchObject({ error: { code: 'E_TOO_LARGE' } });
    expect(decode(encode(text(65537)))).toMatchObject({ error: { code: 'E_TOO_LARGE' } });
    expect(decode(`command=${'€'.repeat(22000)}`)).toMatchObject({
      error: { code: 'E_TOO_LARGE' },
    });
  });

  it.each([
    [{ type: 'Binary', base64: '/w==' } as const, 'E_NOT_UTF8'],
    [{ type: 'TooLarge', sizeBytes: 1e6 } as const, 'E_TOO_LARGE'],
    [{ type: 'Elsewhere' } as const, 'E_ELSEWHERE'],
  ])('refuses %j with %s', (value, code) => {
    expect(decodeContent(value)).toMatchObject({ ok: false, error: { code, line: 0 } });
  });

  it('shows nothing of a value that it cannot read', () => {
    const refused = decode('SECRETCANARY');
    const broken = decode('U0VDUkVUQ0FOQVJZ!');
    expect(JSON.stringify([refused, broken])).not.toMatch(/SECRET|CANARY|U0VD/);
  });

  it.each([
    ['=', '='.repeat(190_000)],
    ['a=', `a${'='.repeat(190_000)}x`],
    ['blanks', ' '.repeat(190_000)],
    ['lines', 'a\n'.repeat(65_000)],
  ])('is quick with a hostile value of many %s', (_, text) => {
    const startMs = performance.now();
    decode(text);
    expect(performance.now() - startMs).toBeLessThan(1000);
  });
});
