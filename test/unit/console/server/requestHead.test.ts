/** Whose page a POST comes from, and how people of a provider are called. */
import { describe, expect, it } from 'vitest';
import { oidcUser } from '../../../../src/console/server/oidcHandlers.ts';
import { createOwnOrigins } from '../../../../src/console/server/ownOrigins.ts';
import { isFromOwnPage } from '../../../../src/console/server/requestHead.ts';

const none = { origins: undefined, tlsCert: undefined };

describe('isFromOwnPage', () => {
  const isFrom = (host: string, listen: string, origin: string, more: string[] = []): boolean => {
    const origins = createOwnOrigins(
      {
        ...none,
        ...(more.length === 0 ? {} : { origins: more }),
        listen: { host: listen, port: 1 },
      },
      9180,
    );
    const called = origins.ofHost(host);
    if (called === undefined) return false;
    return isFromOwnPage(origins, called, { headers: { origin }, rawHeaders: ['Origin', origin] });
  };

  it('is true of the page that is called by the same name', () => {
    expect(isFrom('127.0.0.1:9180', '127.0.0.1', 'http://127.0.0.1:9180')).toBe(true);
    expect(isFrom('localhost:9180', '127.0.0.1', 'http://localhost:9180')).toBe(true);
    expect(isFrom('10.0.0.5:9180', '0.0.0.0', 'http://10.0.0.5:9180')).toBe(true);
    const both = ['http://c.example', 'https://c.example'];
    for (const origin of both) expect(isFrom('c.example', '127.0.0.1', origin, both)).toBe(true);
  });

  it('is not true of another of our names, nor of any address where we listen on all', () => {
    expect(isFrom('127.0.0.1:9180', '127.0.0.1', 'http://localhost:9180')).toBe(false);
    expect(isFrom('10.0.0.5:9180', '0.0.0.0', 'http://6.6.6.6:9180')).toBe(false);
    const more = ['https://a.example', 'https://b.example'];
    expect(isFrom('a.example', '127.0.0.1', 'https://b.example', more)).toBe(false);
  });
});

describe('oidcUser', () => {
  it('calls no two people the same, whatever their subjects are', () => {
    const name = 'anna';
    const users = [
      { sub: 'anna/123' },
      { sub: '123', preferred_username: name },
      { sub: 'anna%2F123' },
      { sub: 'b/c', preferred_username: name },
      { sub: 'anna/b/c' },
      { sub: 'b%2Fc', preferred_username: name },
    ].map(oidcUser);
    expect(new Set(users).size).toBe(users.length);
    expect(users.slice(0, 2)).toEqual(['oidc:anna%2F123', 'oidc:anna/123']);
  });
});
