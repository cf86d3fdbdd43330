/** Drafts survive the browser's storage, and what is none is none. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeDraft,
  type Draft,
  draftKey,
  encodeDraft,
} from '../../../../src/console/page/publish/draftCodec.ts';
import { noRollout } from '../../../../src/console/page/publish/rolloutFields.ts';
import { rev } from '../../../support/etcdValues.ts';
import { fcParams } from '../../../support/seed.ts';

const draft: Draft = {
  ...{ ips: '*', content: 'command=x\n', message: 'why', atMs: 7 },
  rollout: { ...noRollout, check: 'url', url: 'http://127.0.0.1/' },
  base: {
    mark: { ips: rev(5), content: rev(6), signature: null, rollout: null },
    texts: { ips: '*', content: 'command=y\n', rollout: undefined },
  },
};

describe('drafts', () => {
  it('are read back as they were', () => {
    expect(decodeDraft(encodeDraft(draft))).toEqual(draft);
  });

  it('keep any text that can be typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (content) => {
        return decodeDraft(encodeDraft({ ...draft, content }))?.content === content;
      }),
      fcParams(),
    );
  });

  it.each([null, '', '{', '[]', '{"version":2}', '{"version":1,"ips":"*"}', 'null'])(
    'are not made of %s',
    (text) => {
      expect(decodeDraft(text)).toBeUndefined();
    },
  );

  it('of users and apps are apart, whatever they are called', () => {
    expect(draftKey('ab', 'c')).not.toBe(draftKey('a', 'bc'));
    expect(draftKey('a', 'b","c')).not.toBe(draftKey('a","b', 'c'));
  });
});
