import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../../src/domain/sha256.ts';
import { parseExpiry } from '../../../../src/domain/trust/expiry.ts';
import { formatKeyFile, parseKeyFile } from '../../../../src/domain/trust/keyFile.ts';
import {
  compareVersions,
  formatSignature,
  isVersion,
  nextVersion,
  parseSignature,
  statementText,
} from '../../../../src/domain/trust/statement.ts';
import { thresholdOf } from '../../../../src/domain/trust/trustSettings.ts';
import { isWildcard, matchesWildcard } from '../../../../src/domain/wildcard.ts';
import { signedBy, statementOf, testKey } from '../../../support/trust.ts';

const texts = { ips: '10.0.0.1', content: 'command=/bin/a\n' };
const statement = statementOf('web', 7, texts);
const [one, two] = [testKey(1), testKey(2)];

describe('statementText', () => {
  it('is one line a field, and never changes', () => {
    expect(statementText(statement)).toBe(
      'supervene signature v1\n' +
        'action publish\n' +
        'app web\n' +
        'version 7\n' +
        'expires never\n' +
        `ips ${statement.action === 'publish' ? statement.ipsSha256 : ''}\n` +
        `content ${statement.action === 'publish' ? statement.contentSha256 : ''}\n`,
    );
    expect(statementText(statementOf('web', 8, undefined, '2030-01-02T03:04:05Z'))).toBe(
      'supervene signature v1\naction unpublish\napp web\nversion 8\n' +
        'expires 2030-01-02T03:04:05Z\nips none\ncontent none\n',
    );
  });

  it('has one line more where there is a rollout, and only there', () => {
    const rolled = statementOf('web', 7, { ...texts, rollout: '{"maxUnavailable":1}' });
    expect(statementText(rolled)).toBe(
      `${statementText(statement)}rollout ${sha256('{"maxUnavailable":1}')}\n`,
    );
  });
});

describe('parseSignature', () => {
  it.each([
    ['published', signedBy(statement, one)],
    ['published by two', signedBy(statement, two, one)],
    ['removed', signedBy(statementOf('web', 8, undefined), one)],
    ['with a rollout', signedBy(statementOf('web', 8, { ...texts, rollout: '{}' }), one)],
    ['with an end', signedBy(statementOf('web', 8, texts, '2030-01-02T03:04:05Z'), one)],
  ])('takes what formatSignature makes: %s', (_, text) => {
    const parsed = parseSignature(text);
    expect(parsed.ok && formatSignature(parsed.value)).toBe(text);
  });

  const good = signedBy(statement, one, two);
  const removal = signedBy(statementOf('web', 8, undefined), one);
  const hash = sha256('{}');
  const reordered = JSON.parse(good) as { signatures: unknown[]; statement: object };
  it.each([
    ['', 'is not JSON'],
    ['{', 'is not JSON'],
    ['null', 'version 1'],
    ['[]', 'version 1'],
    [` ${good}`, 'do not belong'],
    [`${good}\n`, 'do not belong'],
    [good.replace('"version":1,', '"version":1,"version":1,'), 'do not belong'],
    [good.replace('"version":1,', '"version":1,"more":1,'), 'do not belong'],
    [good.replace('"version":1,', '"version":1.0,'), 'do not belong'],
    [good.replace('"version":1,', '"version":2,'), 'version 1'],
    [good.replace('"web"', '"w\\u0065b"'), 'do not belong'],
    [good.replace('"web"', '"../web"'), 'names no app'],
    [good.replace('"publish"', '"unpublish"'), 'do not belong'],
    [good.replace('"publish"', '"run"'), 'action'],
    [good.replace('"version":"7"', '"version":7'), 'version from 1'],
    [good.replace('"version":"7"', '"version":"07"'), 'version from 1'],
    [good.replace('"version":"7"', '"version":"9223372036854775808"'), 'version from 1'],
    [good.replace('"version":"7"', '"version":"9007199254740992"'), 'version from 1'],
    [good.replace('"version":"7"', '"version":"7","expires":"tomorrow"'), 'expiry'],
    [good.replace('"ipsSha256":"', '"ipsSha256":"0'), 'lacks a hash'],
    [good.replace('"},"signatures"', '","rolloutSha256":""},"signatures"'), 'none'],
    [good.replace('"},"signatures"', '","rolloutSha256":null},"signatures"'), 'none'],
    [
      removal.replace('},"signatures"', `,"rolloutSha256":"${hash}"},"signatures"`),
      'do not belong',
    ],
    [good.replace('=="', '="'), 'wrong size'],
    [good.replace(one.id, two.id), 'twice'],
    [good.replace(one.id, 'key'), 'no key'],
    [JSON.stringify({ ...reordered, signatures: [] }), 'no signatures'],
    [JSON.stringify({ ...reordered, signatures: [...reordered.signatures].reverse() }), 'order'],
    [JSON.stringify({ ...reordered, signatures: Array(33).fill(0) }), 'more than 32'],
    [`{"version":1,"__proto__":${good}}`, 'names no app'],
    [' '.repeat(17_000), 'larger than 16384'],
    ['é'.repeat(8_193), 'larger than 16384'],
    ['['.repeat(16_000), 'is not JSON'],
  ])('refuses %.60s', (text, why) => {
    const parsed = parseSignature(text);
    expect(parsed).toEqual({ ok: false, error: expect.stringContaining(why) as string });
  });
});

describe('versions', () => {
  it('are whole numbers that JSON and people can hold', () => {
    for (const text of ['1', '9', '10', '1795372324646', '9007199254740991']) {
      expect(isVersion(text), text).toBe(true);
    }
    for (const text of [
      '',
      '0',
      '-1',
      '01',
      '1.0',
      '1e3',
      ' 1',
      '9007199254740992',
      '9'.repeat(17),
    ]) {
      expect(isVersion(text), text).toBe(false);
    }
  });

  it('grow with the clock, and with the one before', () => {
    expect(nextVersion(undefined, 5.7)).toBe('5');
    expect(nextVersion('9', 5)).toBe('10');
    expect(nextVersion('3', 5)).toBe('5');
    expect(compareVersions('9', '10')).toBeLessThan(0);
    expect(compareVersions('10', '10')).toBe(0);
  });
});

describe('parseExpiry', () => {
  it('agrees with the calendar', () => {
    for (const text of ['1970-01-01T00:00:00Z', '2024-02-29T23:59:59Z', '2100-03-01T00:00:00Z']) {
      expect(parseExpiry(text), text).toBe(Date.parse(text));
    }
    for (let day = 0; day < 50_000; day += 97) {
      const text = new Date(day * 86_400_000 + 3_661_000).toISOString().replace('.000', '');
      expect(parseExpiry(text), text).toBe(Date.parse(text));
    }
  });

  it.each([
    '2023-02-29T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2024-01-01T00:00:00',
    '2024-01-01T00:00:00+01:00',
    '2024-01-01T00:00:00.000Z',
    '1969-12-31T23:59:59Z',
    '2024-01-01',
  ])('refuses %s', (text) => {
    expect(parseExpiry(text)).toBeUndefined();
  });
});

describe('matchesWildcard', () => {
  it.each([
    ['*', 'web', true],
    ['web', 'web', true],
    ['web', 'Web', false],
    ['web', 'web1', false],
    ['web-*', 'web-', true],
    ['web-*', 'web-1', true],
    ['web-*', 'web', false],
    ['*-db', 'a-b-db', true],
    ['a*b*c', 'axxbyyc', true],
    ['a*b*c', 'axxcyyb', false],
    ['w?b', 'wab', true],
    ['w?b', 'wb', false],
    ['a.c', 'abc', false],
    ['**', '', true],
    ['?', '', false],
  ])('%s against %s: %s', (pattern, name, expected) => {
    expect(matchesWildcard(pattern, name)).toBe(expected);
  });

  it('does not take for ever', () => {
    expect(matchesWildcard(`${'*a'.repeat(30)}b`, 'a'.repeat(63))).toBe(false);
    expect(isWildcard('web-[ab]')).toBe(false);
    expect(isWildcard('')).toBe(false);
  });
});

describe('thresholdOf', () => {
  it('is that of the first match, and one where none matches', () => {
    const thresholds = [
      { apps: 'prod-*', count: 2 },
      { apps: 'prod-x', count: 3 },
    ];
    expect(thresholdOf(thresholds, 'prod-x')).toBe(2);
    expect(thresholdOf(thresholds, 'web')).toBe(1);
  });
});

describe('parseKeyFile', () => {
  const line = `ed25519 ${one.base64} release`;

  it('reads a key, its name and its apps; for no app by default', () => {
    expect(parseKeyFile(`# hello\n\n${line}\r\napps = web-*, api db\n`)).toEqual({
      ok: true,
      value: { key: one.base64, name: 'release', apps: ['web-*', 'api', 'db'] },
    });
    const fresh = parseKeyFile(formatKeyFile({ key: one.base64, name: 'release' }));
    expect(fresh).toEqual({ ok: true, value: { key: one.base64, name: 'release', apps: [] } });
  });

  it.each([
    ['', 'no key'],
    ['# nothing', 'no key'],
    [`${line}\n${line}`, 'line 2: a second key'],
    [`${line}\napps = a\napps = b`, 'line 3: a second line of apps'],
    [`${line}\napps = a/b`, 'can match no app'],
    [`${line} more`, 'line 1'],
    [`ed25519 ${one.base64.slice(1)} x`, 'line 1'],
    [`ssh-ed25519 ${one.base64} x`, 'line 1'],
    [`ed25519 ${one.base64}`, 'line 1'],
    [`ed25519 ${`${'A'.repeat(42)}B`}= x`, 'line 1'],
  ])('refuses %.50s', (text, why) => {
    expect(parseKeyFile(text)).toEqual({
      ok: false,
      error: expect.stringContaining(why) as string,
    });
  });
});
