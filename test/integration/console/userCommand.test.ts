/**
 * `supervene console user` as somebody types it: the password on a terminal that does not show it, a
 * file that is nobody else's and always whole, and a console that knows of each change at once.
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSupervene } from '../../support/agent.ts';
import { type ConsoleHost, startConsoleHost } from '../../support/consoleHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { runOnTerminal } from '../../support/pseudoTerminal.ts';
import { waitFor } from '../../support/waitFor.ts';

const password = 'correct horse battery';

let etcd: Etcd;
let host: ConsoleHost;
beforeAll(async () => {
  etcd = await startEtcd();
  host = await startConsoleHost({ etcdEndpoint: etcd.endpoint });
}, 60_000);
afterAll(async () => {
  await host?.stop();
  await etcd?.stop();
});

const environment = () => ({ SUPERVENE_CONSOLE_USERS: host.usersPath });
const user = (...args: readonly string[]) =>
  runSupervene(['console', 'user', ...args], { environment: environment() });
const names = (): readonly string[] => {
  const { users } = JSON.parse(readFileSync(host.usersPath, 'utf8')) as {
    users: readonly { name: string }[];
  };
  return users.map(({ name }) => name);
};

/** Types each answer when it is asked for. */
async function addOnTerminal(
  name: string,
  answers: readonly string[],
  more: readonly string[] = [],
) {
  const terminal = runOnTerminal(['console', 'user', 'add', name, ...more], {
    ...{ columns: 80, rows: 24 },
    environment: environment(),
  });
  const prompts = [`password of ${name}: `, 'once more: '];
  for (const [at, answer] of answers.entries()) {
    const prompt = prompts[at] ?? '';
    await waitFor(prompt, () => terminal.output().includes(prompt));
    terminal.type(answer);
  }
  const code = await terminal.ended();
  return { code, output: terminal.output() };
}

describe('console user add', () => {
  it('asks for the password twice, shows neither, and the user may log in at once', async () => {
    const { code, output } = await addOnTerminal(
      'ann',
      [`${password}\r`, `${password}\r`],
      ['--role', 'operator', '--hosts', 'web*'],
    );
    expect(code, output).toBe(0);
    expect(output).toContain('ann: operator');
    for (const word of password.split(' ')) expect(output).not.toContain(word);
    expect(readFileSync(host.usersPath, 'utf8')).not.toContain('horse');
    const { session } = await host.logIn('ann', password);
    expect(session.user?.grants).toEqual([{ role: 'operator', apps: ['*'], hosts: ['web*'] }]);
  });

  it('takes back what was typed wrong, as terminals do', async () => {
    const erased = `wrong\u0015${password}x\u007f\r`;
    expect((await addOnTerminal('eve', [erased, `${password}\r`])).code).toBe(0);
    expect((await host.logIn('eve', password)).session.user?.name).toBe('eve');
  });

  it.each([
    ['is short', 'sue', ['short\r', 'short\r'], 'shorter than 12'],
    ['is the name', 'longusername1', ['LongUserName1\r', 'LongUserName1\r'], 'name of the user'],
    ['differs the second time', 'dan', [`${password}\r`, `${password}.\r`], 'differ'],
    ['is given up', 'ida', [`${password}\r`, '\u0003'], 'given up'],
  ])('writes nothing when the password %s', async (_what, name, answers, why) => {
    const before = readFileSync(host.usersPath);
    const { code, output } = await addOnTerminal(name, answers);
    expect(code).toBe(1);
    expect(output).toContain(why);
    expect(readFileSync(host.usersPath)).toEqual(before);
  });

  it('refuses to ask where nobody can answer, and a name that is there', async () => {
    const nobody = await user('add', 'piped');
    expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining('--password-file')]);
    const again = await runSupervene(['console', 'user', 'add', 'ann', '--password-file', '-'], {
      environment: environment(),
      input: `${password}\n`,
    });
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('already')]);
    expect(names()).not.toContain('piped');
  });
});

describe('the file', () => {
  it('is for its owner alone, and another one after each change: whoever reads has a whole one', async () => {
    const before = readFileSync(host.usersPath, 'utf8');
    const { ino } = statSync(host.usersPath);
    const fd = openSync(host.usersPath, 'r');
    try {
      expect(
        (await user('grant', 'ann', '--role', 'publisher', '--apps', '*', '--hosts', '*')).code,
      ).toBe(0);
      expect(readFileSync(fd, 'utf8')).toBe(before);
    } finally {
      closeSync(fd);
    }
    const now = statSync(host.usersPath);
    expect([now.mode & 0o777, now.ino === ino]).toEqual([0o600, false]);
    const beside = readdirSync(dirname(host.usersPath));
    expect(beside.filter((name) => /\.(lock|[0-9a-f]{12})$/.test(name))).toEqual([]);
    expect(existsSync(`${host.usersPath}.lock`)).toBe(false);
  });

  it('is listed without anything secret', async () => {
    const { code, stdout } = await user('list', '--json');
    expect(code).toBe(0);
    const { users } = JSON.parse(stdout) as { users: readonly Record<string, unknown>[] };
    expect(users.map(({ name }) => name)).toEqual(names());
    for (const one of users) expect(Object.keys(one).sort()).toEqual(['grants', 'name']);
    expect((await user('list')).stdout).toContain('ann');
  });
});

describe('a console that runs', () => {
  it('widens nothing that is not said: grant takes both apps and hosts, and says what there is', async () => {
    const before = readFileSync(host.usersPath, 'utf8');
    for (const more of [[], ['--apps', 'web*'], ['--hosts', '*']]) {
      const { code, stderr } = await user('grant', 'ann', '--role', 'admin', ...more);
      expect(code).toBe(2);
      expect(stderr).toContain('give --apps and --hosts');
      expect(stderr).toMatch(/ann has \w+/);
    }
    expect(readFileSync(host.usersPath, 'utf8')).toBe(before);
  });

  it('knows at once what somebody was granted, and ends the session that was worth less', async () => {
    const ann = await host.logIn('ann', password);
    expect(
      (await user('grant', 'ann', '--role', 'viewer', '--apps', 'web*', '--hosts', '*')).code,
    ).toBe(0);
    expect((await ann.ask('fleet')).status).toBe(401);
    const { session } = await host.logIn('ann', password);
    expect(session.user?.grants).toEqual([{ role: 'viewer', apps: ['web*'], hosts: ['*'] }]);
  });

  it('ends the session and the feed of who is removed, and he does not come back', async () => {
    const ann = await host.logIn('ann', password);
    const { instance } = ann.session;
    const feed = await ann.open('live', { query: { instance, after: '0' } });
    let isOver = false;
    feed.on('error', () => undefined);
    feed.once('close', () => (isOver = true));
    feed.resume();
    expect((await user('remove', 'ann')).code).toBe(0);
    expect((await ann.ask('fleet')).status).toBe(401);
    await waitFor('the feed to end', () => isOver);
    await expect(host.logIn('ann', password)).rejects.toThrow('WrongPassword');
    expect((await user('remove', 'ann')).code).toBe(1);
  });
});
