import * as fs from 'node:fs';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateKeyFiles, readSigningKey } from '../../../src/clients/signingKeys.ts';
import { loadTrust, readTrustDir } from '../../../src/clients/trustKeys.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { pemOf, signedBy, statementOf, testKey, writeTrustDir } from '../../support/trust.ts';

const [one, two] = [testKey(1), testKey(2)];
const thresholds = [{ apps: '*', count: 1 }];

let temp: TempDir;
let dir: string;
beforeEach(async () => {
  temp = await createTempDir('trust');
  dir = join(temp.path, 'trust.d');
});
afterEach(() => temp.remove());

describe('readTrustDir', () => {
  it('reads the keys, and nothing else', async () => {
    writeTrustDir(dir, [{ ...one, apps: 'web-*, api' }, two]);
    writeFileSync(join(dir, 'README'), 'not a key');
    writeFileSync(join(dir, '.hidden.pub'), 'not a key');
    const read = await readTrustDir(dir);
    expect(read.ok && read.value.map(({ id, name, apps }) => ({ id, name, apps }))).toEqual([
      { id: one.id, name: 'key1', apps: ['web-*', 'api'] },
      { id: two.id, name: 'key2', apps: ['*'] },
    ]);
  });

  const path = (): string => join(dir, 'key1.pub');
  const faults: readonly (readonly [string, string, () => void])[] = [
    ['a directory that others can write to', 'by everybody', () => chmodSync(dir, 0o777)],
    ['a directory that its group can write to', 'by group', () => chmodSync(dir, 0o775)],
    ['a sticky one too', 'by everybody', () => chmodSync(dir, 0o1777)],
    ['a parent that others can write to', 'by everybody', () => chmodSync(temp.path, 0o777)],
    ['a file that others can write to', 'by others', () => chmodSync(path(), 0o666)],
    ['a file that is no key', 'line 1', () => writeFileSync(path(), 'hello')],
    ['a file that is too large', 'too large', () => writeFileSync(path(), ' '.repeat(20_000))],
    ['a link', 'ELOOP', () => symlinkSync(path(), join(dir, 'link.pub'))],
    ['a directory in place of a key', 'not a file', () => mkdirSync(join(dir, 'x.pub'))],
    [
      'the same key twice',
      'again',
      () => writeFileSync(join(dir, 'twin.pub'), readFileSync(path(), 'utf8')),
    ],
  ];
  it.each(faults)('refuses all for %s', async (_, why, spoil) => {
    writeTrustDir(dir, [one, two]);
    spoil();
    expect(await readTrustDir(dir)).toEqual({
      ok: false,
      error: expect.stringContaining(why) as string,
    });
  });

  it('is reached through links only where others cannot change them', async (ctx) => {
    writeTrustDir(dir, [one]);
    const [good, open] = ['good', 'open'].map((name) => join(temp.path, name));
    if (good === undefined || open === undefined) return;
    for (const path of [good, open]) {
      mkdirSync(path);
      symlinkSync(temp.path, join(path, 'link'));
    }
    symlinkSync(join(open, 'link'), join(good, 'through'));
    expect(await readTrustDir(join(good, 'link', 'trust.d'))).toMatchObject({ ok: true });
    expect(await readTrustDir(join(good, 'through', 'trust.d'))).toMatchObject({ ok: true });
    chmodSync(open, 0o777);
    for (const path of [join(open, 'link'), join(good, 'through')]) {
      const error = expect.stringContaining(`${open} is writable`) as unknown;
      expect(await readTrustDir(join(path, 'trust.d')), path).toMatchObject({ error });
    }
    chmodSync(open, 0o1777);
    expect(await readTrustDir(join(open, 'link', 'trust.d'))).toMatchObject({ ok: true });
    if (process.getuid?.() !== 0) ctx.skip('only root can give a link away');
    fs.lchownSync(join(open, 'link'), 65_534, 65_534);
    expect(await readTrustDir(join(open, 'link', 'trust.d'))).toMatchObject({ ok: false });
  });

  it('refuses a directory without keys, a file, and none', async () => {
    mkdirSync(dir);
    expect(await readTrustDir(dir)).toMatchObject({ ok: false });
    writeFileSync(join(temp.path, 'file'), '');
    expect(await readTrustDir(join(temp.path, 'file'))).toMatchObject({ ok: false });
    expect(await readTrustDir(join(temp.path, 'none'))).toMatchObject({ ok: false });
  });
});

describe('loadTrust', () => {
  it('knows who has signed, and nobody where the keys cannot be relied on', async () => {
    writeTrustDir(dir, [one]);
    const document = signedBy(statementOf('web', 1, { ips: '*', content: 'c' }), one, two);
    const trust = await loadTrust({ mode: 'enforce', dir, thresholds });
    expect(trust?.signersOf(document)).toEqual([one.id]);
    expect(trust?.signersOf('{}')).toEqual([]);
    expect(trust?.settings.fault).toBeUndefined();
    chmodSync(dir, 0o777);
    const open = await loadTrust({ mode: 'enforce', dir, thresholds });
    expect(open?.signersOf(document)).toEqual([]);
    expect(open?.settings.fault).toContain('by everybody');
    expect(await loadTrust({ mode: 'off', dir, thresholds })).toBeUndefined();
  });
});

describe('private keys', () => {
  it('are made for their owner only, and written over nothing', () => {
    const path = join(temp.path, 'release.key');
    const made = generateKeyFiles(path, 'release');
    expect(made).toMatchObject({ ok: true, value: { publicPath: join(temp.path, 'release.pub') } });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const key = readSigningKey(path);
    expect(key.ok && key.value.id).toBe(made.ok && made.value.id);
    expect(generateKeyFiles(path, 'release')).toMatchObject({ ok: false });
    expect(generateKeyFiles(join(temp.path, 'release'), 'x')).toMatchObject({ ok: false });
  });

  it('are refused when others can read them, and when they are none', () => {
    const path = join(temp.path, 'key');
    writeFileSync(path, pemOf(one), { mode: 0o640 });
    expect(readSigningKey(path)).toMatchObject({ ok: false });
    chmodSync(path, 0o600);
    expect(readSigningKey(path)).toMatchObject({ ok: true, value: { id: one.id } });
    writeFileSync(path, 'hello');
    expect(readSigningKey(path)).toMatchObject({ ok: false });
    expect(readSigningKey(join(temp.path, 'none'))).toMatchObject({ ok: false });
  });
});
