import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockContains, parseAddress, parseBlock } from '../../../src/domain/address.ts';
import { canonicalAddress, isPlacedHere, parsePlacement } from '../../../src/domain/placement.ts';
import { type Identity } from '../../../src/domain/types.ts';
import { fcParams } from '../../support/seed.ts';

const host: Identity = { hostId: 'h1', hostNames: ['h1'], addresses: ['10.0.0.1', 'fd00::1'] };

/** Addresses, and texts that nearly are. */
const addressLike = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc
    .array(
      fc.constantFrom(':', '::', '0', '00', '1', 'f', 'FfFf', '10000', '1.2.3.4', '.', '256'),
      {
        maxLength: 17,
      },
    )
    .map((parts) => parts.join('')),
  fc.ipV4().map((text) => `::ffff:${text}`),
);

const item = fc.oneof(
  addressLike,
  fc.constantFrom('*', 'h1', 'H1', 'h2', '10.0.0.0/8', 'fd00::/8', '0.0.0.0/0', '!', '/9', 'a$'),
  fc.string({ unit: 'binary' }),
);

describe('canonicalAddress', () => {
  it('takes exactly what node takes for an address', () => {
    fc.assert(
      fc.property(addressLike, (text) => {
        expect(canonicalAddress(text) !== undefined).toBe(isIP(text) !== 0);
      }),
      fcParams(2_000),
    );
  });

  it('writes IPv6 as the URL standard does', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const canonical = canonicalAddress(text) ?? '';
        fc.pre(canonical.includes(':'));
        expect(canonical).toBe(new URL(`http://[${text}]/`).hostname.slice(1, -1));
      }),
      fcParams(1_000),
    );
  });

  it('is a fixed point', () => {
    fc.assert(
      fc.property(addressLike, (text) => {
        const canonical = canonicalAddress(text);
        fc.pre(canonical !== undefined);
        expect(canonicalAddress(canonical)).toBe(canonical);
      }),
      fcParams(),
    );
  });
});

describe('blockContains', () => {
  const block = fc.oneof(
    fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }), fc.constant('ipv4' as const)),
    fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }), fc.constant('ipv6' as const)),
  );

  it('agrees with the block list of node', () => {
    fc.assert(
      fc.property(block, addressLike, fc.nat(127), ([network, bits, family], other, flip) => {
        const parsed = parseBlock(`${network}/${String(bits)}`);
        const base = parseAddress(network);
        const near = base?.groups.map((group, index) =>
          index === Math.floor(flip / 16) ? group ^ (1 << (flip % 16)) : group,
        );
        const list = new BlockList();
        list.addSubnet(network, bits, family);
        for (const candidate of [near && { groups: near }, parseAddress(other)]) {
          if (parsed === undefined || candidate?.groups.length !== base?.groups.length) continue;
          const text = canonicalAddress(format(candidate?.groups ?? [])) ?? '';
          fc.pre(text.includes(':') === (family === 'ipv6'));
          expect(blockContains(parsed, { groups: candidate?.groups ?? [] })).toBe(
            list.check(text, family),
          );
        }
      }),
      fcParams(1_000),
    );
  });

  const format = (groups: readonly number[]): string =>
    groups.length === 2
      ? groups.flatMap((group) => [group >> 8, group & 255]).join('.')
      : groups.map((group) => group.toString(16)).join(':');
});

describe('parsePlacement', () => {
  const text = fc
    .array(fc.tuple(fc.constantFrom('', '!'), item))
    .map((items) => items.map(([mark, word]) => mark + word).join(','));

  it('is total, and says unintelligible only when it warns', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (input) => {
        const placement = parsePlacement(input);
        if (placement.isUnintelligible) {
          expect(placement.items).toEqual([]);
          expect(placement.warnings).not.toEqual([]);
        }
        if (placement.items.length === 0) expect(isPlacedHere(placement, host)).toBe(false);
      }),
      fcParams(1_000),
    );
  });

  it('does not depend on the order, on duplicates or on separators', () => {
    fc.assert(
      fc.property(fc.array(item), fc.constantFrom(',', ' ', '\n', ', ', '\t,,'), (items, comma) => {
        const here = isPlacedHere(parsePlacement(items.join(',')), host);
        const turned = [...items].reverse().concat(items).join(comma);
        expect(isPlacedHere(parsePlacement(turned), host)).toBe(here);
      }),
      fcParams(),
    );
  });

  it('lets an exclusion win, wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.array(item),
        fc.nat(),
        fc.constantFrom('!h1', '!10.0.0.1', '!fd00::/9'),
        (items, at, no) => {
          const all = [...items];
          all.splice(at % (items.length + 1), 0, no);
          expect(isPlacedHere(parsePlacement(all.join(',')), host)).toBe(false);
        },
      ),
      fcParams(),
    );
  });
});
