/** `supervene console user`: who may log in, and what for. */
import { type Grant, type Role, roles } from '../../domain/console/roles.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { createPasswords, whyBadPassword } from '../../console/server/passwords.ts';
import {
  formatGrant,
  isGlob,
  isUserName,
  type User,
  usersMax,
} from '../../console/server/userList.ts';
import { changeUsers, readUsers } from '../../console/server/usersFile.ts';
import type { CommandInput } from '../command.ts';
import { exitDone, type Fault, fail, misuse, writeJson } from '../commandIo.ts';
import { textTable } from '../textTable.ts';

export function runConsoleUser(input: CommandInput, args: readonly string[]): Promise<number> {
  const { io } = input;
  const [action, name, ...more] = args;
  const isList = action === 'list';
  if (more.length > 0 || (isList && name !== undefined)) {
    return Promise.resolve(misuse(io, { message: `console user ${action ?? ''}: too many words` }));
  }
  if (isList) return Promise.resolve(list(input));
  const act = actions.get(action ?? '');
  if (act === undefined) {
    const message = `console user ${JSON.stringify(action ?? '')}: there is add, list, remove and grant`;
    return Promise.resolve(misuse(io, { message }));
  }
  if (name === undefined || !isUserName(name)) {
    const message = `console user ${action ?? ''}: name the user: letters, digits, . _ @ -, at most 64`;
    return Promise.resolve(misuse(io, { message }));
  }
  return act(input, name);
}

const actions: ReadonlyMap<string, (input: CommandInput, name: string) => Promise<number>> =
  new Map([
    ['add', add],
    ['remove', remove],
    ['grant', grant],
  ]);

function list({ io, options, settings }: CommandInput): number {
  const isJson = options.has('json');
  const read = readUsers(settings.console.users);
  if (!read.ok) return fail(io, isJson, { message: read.error });
  const users = read.value ?? [];
  if (isJson) {
    writeJson(io, { users: users.map(({ name, grants }) => ({ name, grants })) });
    return exitDone;
  }
  if (users.length === 0) io.writeOut('no users yet\n');
  else {
    const rows = users.map(({ name, grants }) => [name, grants.map(formatGrant).join('; ')]);
    io.writeOut(textTable([['USER', 'MAY'], ...rows]));
  }
  return exitDone;
}

async function add(input: CommandInput, name: string): Promise<number> {
  const { io, settings } = input;
  const grants = grantsOf(input);
  if (!grants.ok) return misuse(io, { message: grants.error });
  const password = await passwordFor(input, name);
  if (!password.ok) return fail(io, false, { message: password.error });
  const bad = whyBadPassword(password.value, name);
  if (bad !== undefined) return fail(io, false, { message: `the password ${bad}` });
  const hash = await createPasswords().hash(password.value);
  const changed = await changeUsers(settings.console.users, (users = []) => {
    if (users.some((user) => user.name === name)) {
      return err(`there is a user ${name} already: remove him first, or see grant`);
    }
    if (users.length >= usersMax) return err(`there are ${String(usersMax)} users already`);
    return ok([...users, { name, ...hash, grants: grants.value }]);
  });
  if (!changed.ok) return fail(io, false, { message: changed.error });
  io.writeOut(`${name}: ${grants.value.map(formatGrant).join('; ')}\n`);
  return exitDone;
}

async function remove({ io, settings }: CommandInput, name: string): Promise<number> {
  const changed = await changeUser(settings.console.users, name, () => []);
  if (!changed.ok) return fail(io, false, { message: changed.error });
  io.writeOut(`${name} is removed; his sessions are over\n`);
  return exitDone;
}

async function grant(input: CommandInput, name: string): Promise<number> {
  const { io, options, settings } = input;
  if (options.text('apps') === undefined || options.text('hosts') === undefined) {
    return misuse(io, whatIsMissing(name, readUsers(settings.console.users)));
  }
  const grants = grantsOf(input);
  if (!grants.ok) return misuse(io, { message: grants.error });
  const changed = await changeUser(settings.console.users, name, (user) => [
    { ...user, grants: grants.value },
  ]);
  if (!changed.ok) return fail(io, false, { message: changed.error });
  io.writeOut(`${name}: ${grants.value.map(formatGrant).join('; ')}\n`);
  return exitDone;
}

/** Left out they would widen to everything what he may. */
function whatIsMissing(name: string, read: ReturnType<typeof readUsers>): Fault {
  const user = read.ok ? read.value?.find((each) => each.name === name) : undefined;
  const has = user === undefined ? '' : `; ${name} has ${user.grants.map(formatGrant).join('; ')}`;
  return {
    message: `console user grant says anew all that one may: give --apps and --hosts${has}`,
    remedy: "'*' stands for all of them",
  };
}

function changeUser(
  path: string,
  name: string,
  change: (user: User) => readonly User[],
): Promise<Result<void, string>> {
  return changeUsers(path, (users = []) =>
    users.some((user) => user.name === name)
      ? ok(users.flatMap((user) => (user.name === name ? change(user) : [user])))
      : err(`there is no user ${name}`),
  );
}

/** The error is a sentence about a flag. */
function grantsOf({ options }: CommandInput): Result<readonly Grant[], string> {
  const first = grantOf(
    options.text('role') ?? 'viewer',
    options.text('apps') ?? '*',
    options.text('hosts') ?? '*',
  );
  if (!first.ok) return first;
  const grants = [first.value];
  for (const also of options.text('also')?.split('\n') ?? []) {
    const [role = '', apps = '', hosts = '', ...rest] = also.split(':');
    if (rest.length > 0) return err(`--also: ${JSON.stringify(also)} is not ROLE:APPS:HOSTS`);
    const more = grantOf(role, apps, hosts);
    if (!more.ok) return more;
    grants.push(more.value);
  }
  return ok(grants);
}

function grantOf(role: string, apps: string, hosts: string): Result<Grant, string> {
  const known = roles.find((each): each is Role => each === role);
  if (known === undefined) return err(`${JSON.stringify(role)} is none of ${roles.join(', ')}`);
  for (const globs of [apps, hosts]) {
    const wrong = globs.split(',').find((glob) => !isGlob(glob));
    if (wrong !== undefined) return err(`${JSON.stringify(wrong)} is no name with * and ?`);
  }
  return ok({ role: known, apps: apps.split(','), hosts: hosts.split(',') });
}

const passwordBytesMax = 4096;

async function passwordFor(
  { io, options }: CommandInput,
  name: string,
): Promise<Result<string, string>> {
  const file = options.text('password-file');
  if (file !== undefined) {
    const bytes = await io.readInput(file, passwordBytesMax);
    if (!bytes.ok) return bytes;
    return ok(
      Buffer.from(bytes.value)
        .toString('utf8')
        .replace(/\r?\n$/, ''),
    );
  }
  if (io.askSecret === undefined) {
    return err('there is no terminal to ask for the password on: give --password-file');
  }
  const first = await io.askSecret(`password of ${name}: `);
  if (!first.ok) return first;
  const second = await io.askSecret('once more: ');
  if (!second.ok) return second;
  return first.value === second.value ? first : err('the two passwords differ');
}
