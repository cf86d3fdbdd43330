/** `supervene console user` is often typed by root, and the console that reads the file is not root. */
import { chownSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeUsers } from '../../../../src/console/server/usersFile.ts';
import { ok } from '../../../../src/domain/result.ts';
import { createTempDir, type TempDir } from '../../../support/tempDir.ts';

let temp: TempDir;
let path: string;
beforeEach(async () => {
  temp = await createTempDir('users');
  mkdirSync(join(temp.path, 'state'));
  path = join(temp.path, 'state/users.json');
});
afterEach(() => temp.remove());

const ownerOf = (): readonly number[] => {
  const { uid, gid, mode } = statSync(path);
  return [uid, gid, mode & 0o777];
};

describe('changeUsers by root', () => {
  it('leaves the file to whose folder it is in, and later to whose it was', async (ctx) => {
    if (process.geteuid?.() !== 0) ctx.skip('only root can give files away');
    chownSync(join(temp.path, 'state'), 12_345, 12_346);
    expect(await changeUsers(path, () => ok([]))).toEqual(ok(undefined));
    expect(ownerOf()).toEqual([12_345, 12_346, 0o600]);
    chownSync(path, 23_456, 23_457);
    expect(await changeUsers(path, () => ok([]))).toEqual(ok(undefined));
    expect(ownerOf()).toEqual([23_456, 23_457, 0o600]);
  });
});
