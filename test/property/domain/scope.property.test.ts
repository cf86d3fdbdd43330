/** How far a grant reaches that is not for all hosts: never to a host beyond it. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayDo } from '../../../src/domain/console/roles.ts';
import { mayToAllApps, whyBeyond } from '../../../src/domain/console/scope.ts';
import { isPlacedHere, parsePlacement } from '../../../src/domain/placement.ts';
import type { Identity } from '../../../src/domain/types.ts';
import { fcParams } from '../../support/seed.ts';

const hosts: readonly Identity[] = [
  { hostId: 'web1', hostNames: ['web1'], addresses: ['10.0.0.11'] },
  { hostId: 'web2', hostNames: ['web2', 'shared'], addresses: ['10.0.0.12', '10.9.0.1'] },
  { hostId: 'db1', hostNames: ['db1', 'shared'], addresses: ['10.0.1.11', '10.9.0.1'] },
];
/** Not known yet; may answer to whatever it likes. */
const stranger: Identity = { hostId: 'db9', hostNames: ['web9'], addresses: ['10.0.0.99'] };
const items = [
  ...['web1', 'web2', 'db1', 'shared', 'web9', 'db9', 'nobody', '*', '10.0.0.11', '10.0.0.12'],
  ...['10.9.0.1', '10.0.1.11', '10.0.0.99', '10.0.0.0/24', '10.0.1.0/24', '0.0.0.0/0', '???'],
];
const placement = fc
  .array(fc.tuple(fc.boolean(), fc.constantFrom(...items)), { maxLength: 4 })
  .map((all) => all.map(([isOut, item]) => `${isOut ? '!' : ''}${item}`).join(','));
const grants = fc.array(
  fc.record({
    role: fc.constantFrom('viewer', 'operator', 'publisher', 'admin' as const),
    apps: fc.subarray(['web', 'we*', 'api', '*'], { minLength: 1 }),
    hosts: fc.subarray(['web*', 'web1', 'db*', '*', 'db9'], { minLength: 1 }),
  }),
  { maxLength: 3 },
);

describe('safety', () => {
  it('reaches no host, known or to come, that it is not for', () => {
    fc.assert(
      fc.property(grants, placement, placement, (granted, before, after) => {
        const question = { grants: granted, role: 'publisher', app: 'web', hosts } as const;
        if (whyBeyond({ ...question, placements: [before, after] }) !== undefined) return;
        for (const text of [before, after]) {
          const parsed = parsePlacement(text);
          for (const identity of [...hosts, stranger]) {
            if (!isPlacedHere(parsed, identity)) continue;
            const target = { app: 'web', host: identity.hostId };
            expect(mayDo(granted, 'publisher', target), `${text} on ${identity.hostId}`).toBe(true);
          }
        }
      }),
      fcParams(2000),
    );
  });

  it('is nothing without the role for the app', () => {
    fc.assert(
      fc.property(grants, placement, (granted, text) => {
        const question = { grants: granted, role: 'publisher', app: 'web', hosts } as const;
        if (mayDo(granted, 'publisher', { app: 'web' })) return;
        expect(whyBeyond({ ...question, placements: [text] })).toBeDefined();
      }),
      fcParams(300),
    );
  });
});

describe('liveness', () => {
  const webHosts = [{ role: 'publisher', apps: ['web'], hosts: ['web*'] }] as const;
  const ask = (...placements: readonly (string | undefined)[]) =>
    whyBeyond({ grants: webHosts, role: 'publisher', app: 'web', placements, hosts });

  it('lets who is for some hosts publish to these', () => {
    expect(ask('web1', '10.0.0.11,web2,!db1')).toBeUndefined();
    expect(ask('', 'web1')).toBeUndefined();
  });

  it('says which host is beyond it', () => {
    expect(ask('web1', 'web1,db1')).toContain('db1');
    expect(ask('db1', 'web1')).toContain('db1');
    expect(ask('', 'shared')).toContain('db1');
    expect(ask('', '*')).toContain('every host');
    expect(ask('', '10.0.0.0/24')).toContain('10.0.0.0/24');
    expect(ask('', 'web9')).toContain('no host answers to');
    expect(ask(undefined, 'web1')).toContain('cannot be read');
  });

  it('lets who is for all hosts publish anywhere', () => {
    const all = [{ role: 'publisher', apps: ['web'], hosts: ['*'] }] as const;
    const question = { grants: all, role: 'publisher', app: 'web', hosts } as const;
    expect(whyBeyond({ ...question, placements: ['*', undefined, '???'] })).toBeUndefined();
  });

  it('a host as a whole takes a grant for all apps', () => {
    expect(mayToAllApps(webHosts, 'publisher', 'web1')).toBe(false);
    const whole = [{ role: 'operator', apps: ['*'], hosts: ['web*'] }] as const;
    expect(mayToAllApps(whole, 'operator', 'web1')).toBe(true);
    expect(mayToAllApps(whole, 'operator', 'db1')).toBe(false);
  });
});
