/**
 * What a placement may reach that somebody publishes who is not for all hosts: hosts of his grants,
 * whatever else is there or comes. Exclusions alone place an app nowhere, so they reach nobody.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayDo, type Grant } from '../../../src/domain/console/roles.ts';
import { whyBeyond } from '../../../src/domain/console/scope.ts';
import { isPlacedHere, parsePlacement } from '../../../src/domain/placement.ts';
import type { Identity } from '../../../src/domain/types.ts';
import { fcParams } from '../../support/seed.ts';

const hostId = fc
  .tuple(fc.constantFrom('web', 'db', 'etl'), fc.integer({ min: 1, max: 4 }))
  .map(([kind, n]) => `${kind}${String(n)}`);
const address = fc
  .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 4 }))
  .map(([net, n]) => `10.0.${String(net)}.${String(n)}`);
/** Of known hosts no two are called the same: what a host calls itself is its agent's word. */
const identities = fc
  .uniqueArray(fc.record({ hostId, addresses: fc.array(address, { maxLength: 2 }) }), {
    selector: (one) => one.hostId,
    maxLength: 6,
  })
  .map((all) => all.map((one): Identity => ({ ...one, hostNames: [one.hostId] })));
const target = fc.oneof(
  hostId,
  address,
  fc.constantFrom('*', '10.0.0.0/24', '10.0.0.0/8', '0.0.0.0/0', '::/0', 'nobody'),
);
const exclusions = fc
  .array(target, { minLength: 1, maxLength: 5 })
  .map((all) => all.map((one) => `!${one}`).join(','));
const mixed = fc
  .tuple(fc.array(target, { maxLength: 3 }), fc.option(exclusions, { nil: '' }), fc.boolean())
  .map(([named, out, isOutFirst]) => {
    const parts = isOutFirst ? [out, ...named] : [...named, out];
    return parts.filter((part) => part !== '').join(' ');
  });
const grants: fc.Arbitrary<readonly Grant[]> = fc.array(
  fc.record({
    role: fc.constant('publisher' as const),
    apps: fc.constantFrom(['shop'], ['*'], ['other']),
    hosts: fc.constantFrom(['web*'], ['web1'], ['db?'], ['etl2', 'db1'], []),
  }),
  { maxLength: 2 },
);

describe('safety', () => {
  it('exclusions alone place an app on no host, known or to come', () => {
    fc.assert(
      fc.property(exclusions, identities, (text, hosts) => {
        const placement = parsePlacement(text);
        expect(hosts.filter((one) => isPlacedHere(placement, one))).toEqual([]);
      }),
      fcParams(500),
    );
  });

  it('what somebody may publish runs on hosts of his grants alone, now and later', () => {
    const later = identities.map((all) =>
      all.map((one): Identity => ({ ...one, hostId: `new-${one.hostId}`, hostNames: [] })),
    );
    fc.assert(
      fc.property(grants, mixed, identities, later, (granted, text, hosts, more) => {
        const question = { grants: granted, role: 'publisher', app: 'shop', hosts } as const;
        if (whyBeyond({ ...question, placements: [text] }) !== undefined) return;
        const placement = parsePlacement(text);
        const known = new Set(hosts.flatMap(({ addresses }) => addresses));
        // An address that moves to another host is the network's doing.
        const moved = ({ addresses }: Identity): boolean => addresses.some((one) => known.has(one));
        for (const one of [...hosts, ...more.filter((each) => !moved(each))]) {
          if (!isPlacedHere(placement, one)) continue;
          expect(mayDo(granted, 'publisher', { app: 'shop', host: one.hostId })).toBe(true);
        }
      }),
      fcParams(3000),
    );
  });

  it('an exclusion widens nothing: with it whoever was denied is denied', () => {
    fc.assert(
      fc.property(grants, mixed, exclusions, identities, (granted, text, out, hosts) => {
        const question = { grants: granted, role: 'publisher', app: 'shop', hosts } as const;
        if (whyBeyond({ ...question, placements: [text] }) === undefined) return;
        expect(whyBeyond({ ...question, placements: [`${text},${out}`] })).toBeDefined();
      }),
      fcParams(1000),
    );
  });
});
