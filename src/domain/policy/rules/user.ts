/** Who a program runs as. */
import { quote } from '../../quote.ts';
import { matchesAny } from '../../wildcard.ts';
import { resolveOption, unknownMark } from '../resolveOption.ts';
import { type Rule, type Subject } from '../rule.ts';

export const userRules: readonly Rule[] = [
  {
    stem: 'ROOT',
    demands:
      'Only apps of `policy.rootApps` run as root: with `user=root`, a user id of 0, or no `user` at all.',
    check: (subject) => {
      if (!runsAsRoot(subject) || isRootApp(subject)) return [];
      const isSet = subject.options.has('user');
      return [
        {
          option: isSet ? 'user' : 'command',
          message: isSet ? 'it runs as root' : 'it runs as root, since no user is set',
          remedy: `Write user= with one of the users of policy.users${list(subject.policy.users)}, or let policy.rootApps on the host name the app.`,
        },
      ];
    },
  },
  {
    stem: 'USER',
    demands: '`user` is one of `policy.users`, or `policy.defaultUser`.',
    check: (subject) => {
      const { policy } = subject;
      const user = userOf(subject);
      if (user === undefined || user.includes(unknownMark) || runsAsRoot(subject)) return [];
      const allowed = [...policy.users, policy.defaultUser ?? []].flat();
      if (allowed.some((each) => canonicalUser(each) === user)) return [];
      return [
        {
          option: 'user',
          message: `the user ${quote(user, 30)} is not one of policy.users on this host`,
          remedy: `Write one of them${list(allowed)}, or add it on the host.`,
        },
      ];
    },
  },
  {
    stem: 'USER_EXPANSION',
    demands: '`user` does not depend on what only the host knows.',
    check: (subject) =>
      userOf(subject)?.includes(unknownMark) === true
        ? [
            {
              option: 'user',
              message: 'the user depends on the environment of supervisord or on the host',
              remedy: 'Write the name of the user itself.',
            },
          ]
        : [],
  },
];

function list(users: readonly string[]): string {
  return users.length === 0 ? '' : ` (${users.join(', ')})`;
}

export function isRootApp({ app, policy }: Subject): boolean {
  return matchesAny(app, policy.rootApps);
}

/** By what is written; another name of uid 0 is the host's matter. */
export function runsAsRoot(subject: Subject): boolean {
  const user = userOf(subject);
  return user === undefined || user === '0' || user === 'root';
}

/** Undefined when none is set. */
function userOf(subject: Subject): string | undefined {
  const [user] = resolveOption(subject, 'user');
  return user === undefined ? undefined : canonicalUser(user);
}

/** Numbers as Python reads them: `+5`, `007` and `1_000` are numbers. */
function canonicalUser(user: string): string {
  const text = user.trim();
  if (!/^[+-]?\d+(?:_\d+)*$/.test(text)) return text;
  return text.replace(/^([+-]?)[0_]+(?=\d)/, '$1').replace(/^[+]|^-(?=0$)|_/g, '');
}
