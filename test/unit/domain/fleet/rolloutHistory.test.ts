/** The rollout of an app in its history, beside records of versions that know of none. */
import { describe, expect, it } from 'vitest';
import {
  changesTexts,
  mergeHistory,
  type SeenChange,
} from '../../../../src/domain/fleet/appHistory.ts';
import type { Publication } from '../../../../src/domain/fleet/publication.ts';
import {
  formatPublication,
  parsePublication,
} from '../../../../src/domain/fleet/publicationCodec.ts';
import type { AppName, Revision } from '../../../../src/domain/types.ts';

const web = 'web' as AppName;
const pair = { ips: '*', content: 'command=/bin/cat\n' };
const rolling = { ...pair, rollout: '{"maxUnavailable":1}' };
const first: Publication = {
  ...{ app: web, seq: 1, action: 'publish', by: 'alice', from: 'laptop', atMs: 1 },
  before: 'Absent',
  after: pair,
};

function seen(revision: string, before: SeenChange['before'], after: SeenChange['after']) {
  return { revision: revision as Revision, before, after, rewritten: undefined };
}

describe('the record of a publish', () => {
  it('has the digest that older versions know where there is no rollout', () => {
    const text = formatPublication({ ...first, seq: 2, before: pair, after: pair }, first);
    expect(JSON.parse(text)).toMatchObject({
      // SHA-256 of ["*","command=/bin/cat\n"]
      beforeSha256: '5b8152e0d864db4ecca718981a2c3e5cd232b0725bcdae72cafbdabe4f476015',
    });
  });

  it('tells a rollout from none before it', () => {
    const text = formatPublication({ ...first, seq: 2, before: rolling, after: pair }, first);
    expect(parsePublication(web, 2, text, first)?.before).toEqual(rolling);
  });
});

describe('mergeHistory', () => {
  it('believes a record that says nothing of the rollout that stands there', () => {
    const records = [{ revision: '7' as Revision, publication: first }];
    const { items, falseRecords } = mergeHistory(
      records,
      [seen('7', 'Absent', rolling)],
      undefined,
    );
    expect(falseRecords).toEqual([]);
    expect(items).toMatchObject([{ publication: { by: 'alice' }, after: rolling }]);
  });

  it('does not believe one that says of another rollout', () => {
    const publication = { ...first, after: { ...pair, rollout: '{"maxUnavailable":9}' } };
    const records = [{ revision: '7' as Revision, publication }];
    const { falseRecords } = mergeHistory(records, [seen('7', 'Absent', rolling)], undefined);
    expect(falseRecords).toEqual(['7']);
  });

  it('sees that the rollout alone was changed', () => {
    const { items } = mergeHistory(
      [],
      [seen('9', pair, rolling), seen('7', 'Absent', pair)],
      undefined,
    );
    expect(items.map(changesTexts)).toEqual([true, true]);
  });
});
