/** Two changes of one app: nothing of either is lost without somebody saying so. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choiceFor, compareThree, resolve } from '../../../../src/console/page/publish/threeWay.ts';
import type { AppTexts } from '../../../../src/domain/fleet/publication.ts';
import { fcParams } from '../../../support/seed.ts';

const of = (ips: string, content: string, rollout?: string): AppTexts => ({
  ips,
  content,
  rollout,
});
const lines = (...texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

describe('compareThree', () => {
  it('says who has changed each key', () => {
    const found = compareThree(of('a', 'x'), of('b', 'x'), of('a', 'y', '{"maxUnavailable":1}'));
    expect(found.map(({ key, changedBy }) => `${key} ${changedBy}`)).toEqual([
      ...['ips Theirs', 'content Mine', 'rollout Mine'],
    ]);
    expect(compareThree(of('a', 'x'), of('b', 'y'), of('b', 'z'))).toMatchObject([
      ...[{ changedBy: 'Same' }, { changedBy: 'Both' }, { changedBy: 'Same' }],
    ]);
  });

  it('compares rollouts by what they say', () => {
    const found = compareThree(
      of('a', 'x', '{"maxUnavailable":1}'),
      of('a', 'x', '{ "maxUnavailable": 1 }'),
      of('a', 'x', '{"maxUnavailable":1,"drain":"2s"}'),
    );
    expect(found[2]?.changedBy).toBe('Same');
  });

  it('puts changes of different lines together, and none of the same line', () => {
    const base = lines('command=a', 'user=u', 'priority=1', 'umask=022', 'numprocs=1');
    const theirs = base.replace('command=a', 'command=b');
    const mine = base.replace('numprocs=1', 'numprocs=2');
    const [, content] = compareThree(of('', base), of('', theirs), of('', mine));
    expect(content?.merged).toBe(theirs.replace('numprocs=1', 'numprocs=2'));
    const other = base.replace('command=a', 'command=c');
    const [, clash] = compareThree(of('', base), of('', theirs), of('', other));
    expect(clash?.merged).toBeUndefined();
  });
});

describe('resolve', () => {
  const both = compareThree(of('a', 'x'), of('b', 'y'), of('a', 'z'));

  it('asks where both have changed the same', () => {
    expect(resolve(both, {})).toBeUndefined();
    expect(resolve(both, { content: 'mine' })).toEqual(of('b', 'z'));
    expect(resolve(both, { content: 'theirs', ips: 'mine' })).toEqual(of('a', 'y'));
  });

  it('keeps the change of whoever alone made one', () => {
    const text = fc.constantFrom('a', 'b', 'c');
    fc.assert(
      fc.property(text, text, text, (base, theirs, mine) => {
        const all = compareThree(of(base, ''), of(theirs, ''), of(mine, ''));
        const [ips] = all;
        if (ips === undefined || choiceFor(ips) === undefined) {
          return theirs !== mine && theirs !== base && mine !== base;
        }
        const texts = resolve(all, {});
        return texts?.ips === (mine === base ? theirs : mine);
      }),
      fcParams(),
    );
  });
});
