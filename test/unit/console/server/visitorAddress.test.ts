/** Where a request comes from, with and without proxies whose word is taken. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVisitorAddress } from '../../../../src/console/server/visitorAddress.ts';
import { fcParams } from '../../../support/seed.ts';

const behind = createVisitorAddress(['127.0.0.1', '10.0.0.0/8', 'fd00::/8']);

describe('createVisitorAddress', () => {
  it.each([
    ['no header', '127.0.0.1', undefined, '127.0.0.1'],
    ['one proxy', '127.0.0.1', '192.0.2.7', '192.0.2.7'],
    ['what the visitor wrote himself', '127.0.0.1', '198.51.100.1, 192.0.2.7', '192.0.2.7'],
    ['a proxy behind a proxy', '127.0.0.1', '198.51.100.1,192.0.2.7,10.1.2.3', '192.0.2.7'],
    ['IPv6', 'fd00::1', '2001:DB8:0::7', '2001:db8::7'],
    ['a socket of both families', '::ffff:127.0.0.1', '192.0.2.7', '192.0.2.7'],
    ['IPv4 in IPv6', '127.0.0.1', '::ffff:192.0.2.7', '192.0.2.7'],
    ['proxies alone', '127.0.0.1', '10.0.0.2, 10.0.0.1', '10.0.0.2'],
    ['no proxy of ours', '192.0.2.9', '192.0.2.7', '192.0.2.9'],
    ['an empty header', '127.0.0.1', '', '127.0.0.1'],
    ['no address', '127.0.0.1', '192.0.2.7, unknown', '127.0.0.1'],
    ['a port', '127.0.0.1', '192.0.2.7:443', '127.0.0.1'],
    ['a line break', '127.0.0.1', '192.0.2.7\r\nx', '127.0.0.1'],
    ['an empty entry', '127.0.0.1', '192.0.2.7,', '127.0.0.1'],
    ['nonsense behind a proxy', '127.0.0.1', 'x, 10.0.0.1', '127.0.0.1'],
  ])('%s', (_what, peer, forwarded, expected) => {
    expect(behind(peer, forwarded)).toBe(expected);
  });

  it('believes nobody unless told to', () => {
    const alone = createVisitorAddress([]);
    expect(alone('127.0.0.1', '192.0.2.7')).toBe('127.0.0.1');
    expect(alone('::ffff:192.0.2.1', '192.0.2.7')).toBe('192.0.2.1');
  });

  it('is moved by nothing that a visitor puts before what the proxy adds', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (written) => {
        expect(behind('127.0.0.1', `${written},192.0.2.7`)).toBe('192.0.2.7');
        expect(behind('192.0.2.9', written)).toBe('192.0.2.9');
      }),
      fcParams(200),
    );
  });
});
