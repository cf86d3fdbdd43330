import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { isHostName, isPlacedHere, parsePlacement } from '../../../src/domain/placement.ts';
import { type Identity } from '../../../src/domain/types.ts';

const web1: Identity = {
  hostId: 'Web-1',
  hostNames: ['web1', 'web1.example.com'],
  addresses: ['172.16.238.11', 'fd00::11', '10.1.2.3'],
};

const isHere = (text: string, identity = web1): boolean =>
  isPlacedHere(parsePlacement(text), identity);

describe('parsePlacement', () => {
  it('reads the list of the replaced system', () => {
    const placement = parsePlacement('172.16.238.11,172.16.238.12,172.16.238.13');
    expect(placement.items).toHaveLength(3);
    expect(placement.warnings).toEqual([]);
    expect(isPlacedHere(placement, web1)).toBe(true);
  });

  it('takes commas and any white space, duplicates and a trailing comma', () => {
    const placement = parsePlacement(' 10.0.0.1 ,\n10.0.0.2\t10.0.0.1\u00a0web1\r\n,,WEB1,');
    expect(placement.items.map((item) => item.target)).toEqual([
      { type: 'Address', address: '10.0.0.1' },
      { type: 'Address', address: '10.0.0.2' },
      { type: 'HostName', name: 'web1' },
    ]);
    expect(placement.warnings).toEqual([]);
  });

  it.each(['', ' ', ',', ' ,\n, '])('runs nowhere when empty: %j', (text) => {
    expect(parsePlacement(text)).toEqual({ items: [], warnings: [], isUnintelligible: false });
    expect(isHere(text)).toBe(false);
  });

  it.each([
    '172.16.238',
    '1.2.3.4.5',
    '256.1.1.1',
    '010.0.0.1',
    '/99',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/255.0.0.0',
    'fd00::/129',
    'fe80::1%eth0',
    'fd00:::1',
    '[::1]',
    'a_b$',
    '-a',
    'a..b',
    '!',
    '!!web1',
    '**',
    '*.example.com',
    'héllo',
    '__proto__!',
    'x'.repeat(64),
    '\0',
  ])('warns of the unknown item %j and of nothing else', (word) => {
    const alone = parsePlacement(word);
    expect(alone.isUnintelligible).toBe(true);
    expect(alone.warnings.map((w) => [w.code, w.line])).toEqual([['W_PLACEMENT_ITEM', 0]]);
    const among = parsePlacement(`${word},172.16.238.11`);
    expect(among.isUnintelligible).toBe(false);
    expect(among.warnings).toHaveLength(1);
    expect(isPlacedHere(among, web1)).toBe(true);
  });

  it('warns once of each unknown item and stops at twenty, with the number of the others', () => {
    const words = Array.from({ length: 50 }, (_, index) => `$${String(index)},$${String(index)}`);
    const { warnings } = parsePlacement(words.join());
    expect(warnings).toHaveLength(20);
    expect(warnings.at(-1)?.message).toContain('and 30 more');
  });

  it('keeps messages short, printable and in one line', () => {
    const { warnings } = parsePlacement(`$\u001b[2J${'x'.repeat(100_000)}`);
    expect(warnings[0]?.message).toContain('\\u001b');
    expect(warnings[0]?.message.length).toBeLessThan(200);
  });

  it('finds exclusions intelligible, though they place the app nowhere', () => {
    expect(parsePlacement('!web1').isUnintelligible).toBe(false);
    expect(isHere('!other')).toBe(false);
  });

  it('is not slow on huge texts', () => {
    const items = Array.from(
      { length: 10_000 },
      (_, i) => `10.${String(i >> 8)}.${String(i & 255)}.1`,
    );
    parsePlacement(items.join());
    const startMs = performance.now();
    isHere(items.join());
    isHere('a'.repeat(2_000_000));
    isHere('a.'.repeat(1_000_000));
    isHere('!,'.repeat(100_000));
    // Ten milliseconds on an idle machine; what is tested is that nothing is quadratic.
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });
});

describe('isPlacedHere', () => {
  it.each([
    '*',
    '172.16.238.11',
    '::ffff:172.16.238.11',
    '::FFFF:ac10:ee0b',
    'FD00:0:0::0011',
    '10.0.0.0/8',
    '10.9.9.9/8',
    '0.0.0.0/0',
    '::ffff:10.0.0.0/104',
    '::/0',
    'fd00::/8',
    '172.16.238.11/32',
    'web1',
    'WEB1.Example.COM',
    'web1.example.com.',
    'web-1',
    '!web2 *',
    '!10.2.0.0/16,10.0.0.0/8',
  ])('places on this host: %s', (text) => {
    expect(isHere(text)).toBe(true);
  });

  it.each([
    '172.16.238.12',
    '172.16.238.1',
    'web',
    'web1.example',
    '11.0.0.0/8',
    'fd01::/16',
    '172.16.238.11/0x20',
    '* !web1',
    '!web1 *',
    'web1 !*',
    '172.16.238.11,!10.0.0.0/8',
    '!fd00::11,*',
    '!::ffff:10.1.2.3 *',
  ])('does not place on this host: %s', (text) => {
    expect(isHere(text)).toBe(false);
  });

  it('keeps the families apart', () => {
    const v6Only = { ...web1, addresses: ['fd00::11'] };
    expect(isHere('0.0.0.0/0', v6Only)).toBe(false);
    expect(isHere('::/0', { ...web1, addresses: ['10.1.2.3'] })).toBe(false);
  });
});

describe('isHostName', () => {
  it('takes names of containers and machines, and no broken address', () => {
    for (const name of ['a', 'web_1', '7', '3com', 'a-b.c', '_x', 'e3b0c442']) {
      expect(isHostName(name), name).toBe(true);
    }
    for (const name of ['', '.', '1.2', '1.2.3.4', 'a.', '.a', 'a b', 'a-', 'x'.repeat(64)]) {
      expect(isHostName(name), name).toBe(false);
    }
  });
});
