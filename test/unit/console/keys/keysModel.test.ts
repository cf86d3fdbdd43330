/** Keys as a tree and as a list, and values as what they mean. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseKeys,
  encodeContent,
  lastPart,
  listRows,
  meaningOf,
  treeRows,
} from '../../../../src/console/page/keys/keysModel.ts';
import type { KeyEntry } from '../../../../src/domain/console/api.ts';
import { rev } from '../../../support/etcdValues.ts';
import { fcParams } from '../../../support/seed.ts';

const prefix = '/services/apps/';

function keyEntry(key: string, remark: string | null = null): KeyEntry {
  return { key: `${prefix}${key}`, app: null, leaf: null, remark, modRevision: rev(1), bytes: 1 };
}

const always = (): boolean => true;

describe('treeRows', () => {
  it('has each key once, whatever slashes are in it', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '/'), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 20 }), (names) => {
        const keys = names.map((one) => keyEntry(one));
        const rows = treeRows(keys, prefix, always);
        const shown = rows.flatMap(({ entry }) => entry?.key ?? []);
        expect(shown.toSorted()).toEqual(keys.map(({ key }) => key).toSorted());
        expect(new Set(rows.map(({ path }) => path)).size).toBe(rows.length);
      }),
      fcParams(500),
    );
  });

  it('counts what is in a folder, and what of it has a remark, when it is closed too', () => {
    const keys = [keyEntry('web/ips'), keyEntry('web/content', 'half'), keyEntry('x', 'strange')];
    const rows = treeRows(keys, prefix, () => false);
    expect(rows.map(({ name, count, remarks }) => ({ name, count, remarks }))).toEqual([
      { name: 'web', count: 2, remarks: 1 },
      { name: 'x', count: 0, remarks: 0 },
    ]);
    expect(treeRows(keys, prefix, always).map(({ depth }) => depth)).toEqual([0, 1, 1, 0]);
  });

  it('shows a key that is a folder, too', () => {
    const rows = treeRows([keyEntry('a'), keyEntry('a/b')], prefix, always);
    expect(rows.map(({ path, entry }) => [path, entry !== undefined])).toEqual([
      [`${prefix}a`, true],
      [`${prefix}a/b`, true],
    ]);
  });
});

describe('chooseKeys', () => {
  it('finds by name, and those with a remark', () => {
    const keys = [keyEntry('web/ips'), keyEntry('odd', 'strange')];
    const names = (find: string, isStrangeOnly: boolean) =>
      listRows(chooseKeys(keys, { find, isStrangeOnly }), prefix).map(({ name }) => name);
    expect(names('WEB', false)).toEqual(['web/ips']);
    expect(names('', true)).toEqual(['odd']);
    expect(names('', false)).toEqual(['web/ips', 'odd']);
  });
});

describe('encodeContent', () => {
  it('is what agents read back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(encodeContent(text)).toBe(Buffer.from(text).toString('base64'));
      }),
      fcParams(500),
    );
    expect(meaningOf('content', encodeContent('command=/bin/true\n'))).toBe('command=/bin/true\n');
  });
});

describe('meaningOf', () => {
  it('is of contents alone, and not of what is plain already', () => {
    expect(meaningOf('ips', 'eA==')).toBeUndefined();
    expect(meaningOf('content', 'command=/bin/true\n')).toBeUndefined();
    expect(meaningOf('content', null)).toBeUndefined();
  });
});

describe('lastPart', () => {
  it('is what is typed to remove a key', () => {
    expect(lastPart('/services/apps/web/ips')).toBe('ips');
    expect(lastPart('/services/apps/web/')).toBe('web');
    expect(lastPart('/')).toBe('/');
  });
});
