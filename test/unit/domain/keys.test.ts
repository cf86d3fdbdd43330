import { describe, expect, it } from 'vitest';
import { formatKey, keyStart, normalisePrefix, parseKey } from '../../../src/domain/keys.ts';
import { type AppName } from '../../../src/domain/types.ts';

describe('parseKey', () => {
  it('finds the leaves of an app', () => {
    expect(parseKey('/services/apps', '/services/apps/demo1/ips')).toEqual({
      type: 'Leaf',
      app: 'demo1',
      leaf: 'ips',
    });
    expect(parseKey('/services/apps/', '/services/apps/a b/content')).toEqual({
      type: 'Leaf',
      app: 'a b',
      leaf: 'content',
    });
  });

  it.each(['/services/apps2/demo1/ips', '/services/apps', '/services/app', '', '/other/x/ips'])(
    'leaves %j to others: the prefix counts with its slash',
    (key) => {
      expect(parseKey('/services/apps', key)).toEqual({ type: 'Outside' });
    },
  );

  it.each([
    '/services/apps/',
    '/services/apps/demo1',
    '/services/apps/demo1/',
    '/services/apps/demo1/other',
    '/services/apps/demo1/ips/',
    '/services/apps/demo1/ips/x',
    '/services/apps/demo1/x/ips',
    '/services/apps//ips',
    '/services/apps/demo1/IPS',
  ])('ignores %j', (key) => {
    expect(parseKey('/services/apps', key)).toEqual({ type: 'Ignored' });
  });

  it('shows a path that tries to leave the prefix as an app with a bad name', () => {
    const place = parseKey('/services/apps', '/services/apps/../x/ips');
    expect(place).toEqual({ type: 'Leaf', app: '../x', leaf: 'ips' });
  });

  it('takes the root as a prefix', () => {
    expect(parseKey('/', '/demo1/ips')).toEqual({ type: 'Leaf', app: 'demo1', leaf: 'ips' });
    expect(keyStart('')).toBe('/');
  });

  it('reads what formatKey writes', () => {
    const key = formatKey('/p/q//', 'web.1' as AppName, 'content');
    expect(key).toBe('/p/q/web.1/content');
    expect(parseKey('/p/q', key)).toEqual({ type: 'Leaf', app: 'web.1', leaf: 'content' });
  });
});

describe('normalisePrefix', () => {
  it('takes off slashes at the end only', () => {
    expect(normalisePrefix('/a//b///')).toBe('/a//b');
    expect(normalisePrefix('///')).toBe('');
  });
});
