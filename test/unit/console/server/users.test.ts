import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { err, ok } from '../../../../src/domain/result.ts';
import {
  createPasswords,
  isPasswordHash,
  whyBadPassword,
} from '../../../../src/console/server/passwords.ts';
import { openSessionKey } from '../../../../src/console/server/sessionKey.ts';
import { formatUsers, parseUsers, type User } from '../../../../src/console/server/userList.ts';
import { changeUsers, createUsersFile } from '../../../../src/console/server/usersFile.ts';
import { createTempDir, type TempDir } from '../../../support/tempDir.ts';

let dir: TempDir;
beforeEach(async () => {
  dir = await createTempDir('users');
});
afterEach(() => dir.remove());

const cheap = { n: 16, r: 8, p: 1 };
const passwords = createPasswords(cheap);

async function user(name: string): Promise<User> {
  const grants = [{ role: 'viewer', apps: ['*'], hosts: ['*'] }] as const;
  return { name, ...(await passwords.hash('a good long one')), grants };
}

describe('createPasswords', () => {
  it('knows a password by its hash, however its characters were composed', async () => {
    const hash = await passwords.hash('ein Käse für Zoë');
    expect(isPasswordHash(hash)).toBe(true);
    expect(await passwords.matches('ein Käse für Zoë'.normalize('NFD'), hash)).toBe(true);
    expect(await passwords.matches('ein Kase für Zoë', hash)).toBe(false);
    expect(await passwords.matches('', undefined)).toBe(false);
  });

  it('salts each anew, at the cost that was asked for', async () => {
    const [one, two] = await Promise.all([passwords.hash('same'), passwords.hash('same')]);
    expect(one).toMatchObject(cheap);
    expect(one.salt).not.toBe(two.salt);
    expect(one.scrypt).not.toBe(two.scrypt);
  });

  it('lets few wait, and says so to the others', async () => {
    const many = Array.from({ length: 60 }, () => passwords.matches('x', undefined));
    const verdicts = await Promise.all(many);
    expect(verdicts.filter((verdict) => verdict === 'Busy')).toHaveLength(60 - 8);
    expect(await passwords.matches('x', undefined)).toBe(false);
  });

  it.each([
    ['short', 'is shorter than 12 characters'],
    ['ÄÄÄÄÄÄÄÄÄÄÄ', 'is shorter than 12 characters'],
    ['annaannaanna', 'is hardly more than the name of the user'],
    ['x'.repeat(1_025), 'is too long'],
    ['a good long one', undefined],
  ])('says of %s: %s', (password, why) => {
    expect(whyBadPassword(password, 'anna')).toBe(why);
  });
});

describe('parseUsers', () => {
  it('reads what formatUsers writes, sorted', async () => {
    const users = [await user('ben'), await user('anna')];
    expect(parseUsers(formatUsers(users))).toEqual(ok([users[1], users[0]]));
  });

  it('takes nothing that it does not understand whole', async () => {
    const good = await user('anna');
    const bad: readonly (readonly [unknown, RegExp])[] = [
      [{ users: {} }, /no list/],
      [{ users: [good, good] }, /anna twice/],
      [{ users: [{ ...good, name: '../x' }] }, /name/],
      [{ users: [{ ...good, n: 3 }] }, /password/],
      [{ users: [{ ...good, n: 2 ** 30 }] }, /password/],
      [{ users: [{ ...good, r: 1e9 }] }, /password/],
      [{ users: [{ ...good, scrypt: '' }] }, /password/],
      [{ users: [{ ...good, grants: [{ role: 'root', apps: ['*'], hosts: ['*'] }] }] }, /grants/],
      [{ users: [{ ...good, grants: [{ role: 'admin', apps: ['*'] }] }] }, /grants/],
      [{ users: [{ ...good, grants: [{ role: 'admin', apps: [], hosts: ['*'] }] }] }, /grants/],
      [{ users: [{ ...good, grants: undefined }] }, /grants/],
    ];
    for (const [value, why] of bad) {
      const parsed = parseUsers(JSON.stringify(value));
      expect(parsed.ok ? '' : parsed.error).toMatch(why);
    }
    expect(parseUsers('{').ok).toBe(false);
  });
});

describe('the file of users', () => {
  it('is nobody else’s, and every change is seen at once', async () => {
    const path = join(dir.path, 'sub', 'users.json');
    const file = createUsersFile(path);
    expect(file.read()).toEqual(ok(undefined));
    const anna = await user('anna');
    expect(await changeUsers(path, () => ok([anna]))).toEqual(ok(undefined));
    expect(file.read()).toEqual(ok([anna]));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await changeUsers(path, () => ok([]));
    expect(file.read()).toEqual(ok([]));
    expect(readdirSync(join(dir.path, 'sub'))).toEqual(['users.json']);
  });

  it('loses no change of several at once', async () => {
    const path = join(dir.path, 'users.json');
    const made = await Promise.all(Array.from({ length: 8 }, (_, n) => user(`user${String(n)}`)));
    await Promise.all(made.map((one) => changeUsers(path, (users = []) => ok([...users, one]))));
    const read = createUsersFile(path).read();
    expect(read.ok && read.value).toHaveLength(8);
  });

  it('is not written when the change is refused, and not read when others may', async () => {
    const path = join(dir.path, 'users.json');
    await changeUsers(path, () => ok([]));
    const before = readFileSync(path, 'utf8');
    expect(await changeUsers(path, () => err('no'))).toEqual(err('no'));
    expect(readFileSync(path, 'utf8')).toBe(before);
    const file = createUsersFile(path);
    expect(file.read().ok).toBe(true);
    chmodSync(path, 0o644);
    expect(file.read()).toEqual(err(`${path} is open to others: chmod 600 ${path}`));
  });
});

describe('openSessionKey', () => {
  it('makes a key once, for its owner alone, and takes no other thing for one', () => {
    const users = join(dir.path, 'users.json');
    const first = openSessionKey(users);
    expect(first.ok && first.value).toHaveLength(32);
    expect(openSessionKey(users)).toEqual(first);
    const path = `${users}.key`;
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o640);
    expect(openSessionKey(users).ok).toBe(false);
    chmodSync(path, 0o600);
    writeFileSync(path, 'short\n');
    const odd = openSessionKey(users);
    expect(odd.ok ? '' : odd.error).toContain('holds no key');
    expect(odd.ok ? '' : odd.error).not.toContain('short');
  });
});
