/** Addresses of the page: what was shared is what is opened. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPlace, placeOf } from '../../../../src/console/page/core/place.ts';
import { fcParams } from '../../../support/seed.ts';

const segment = fc
  .string({ unit: 'binary', minLength: 1 })
  // Browsers go up a folder for these, and no app is called so.
  .filter((text) => !/^\.{1,2}$/.test(text));

describe('placeOf', () => {
  it('finds in an address what formatPlace put there', () => {
    fc.assert(
      fc.property(
        fc.array(segment),
        fc.dictionary(fc.string({ unit: 'binary', minLength: 1 }), segment),
        (path, query) => {
          const place = placeOf(new URL(formatPlace(path, query), 'http://console'));
          expect(place.path).toEqual(path);
          expect(new Map(place.query)).toEqual(new Map(Object.entries(query)));
        },
      ),
      fcParams(200),
    );
  });

  it('leaves a segment that is no valid encoding as it is', () => {
    expect(placeOf({ pathname: '/publish/%zz', search: '' }).path).toEqual(['publish', '%zz']);
  });

  it('says nothing of empty segments and values', () => {
    expect(placeOf({ pathname: '//fleet/', search: '' }).path).toEqual(['fleet']);
    expect(formatPlace(['fleet'], { by: '', app: undefined })).toBe('/fleet');
  });
});
