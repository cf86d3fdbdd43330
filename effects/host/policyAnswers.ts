/**
 * What a strict policy asks of the host: do links, owners and modes keep what the content promises?
 *
 * Fails closed: what cannot be found out is a refusal here. The host is asked again later.
 */
import { realpath } from 'node:fs/promises';
import { assertNever } from '../../src/domain/assertNever.ts';
import { type HostRefusal } from '../../src/domain/event.ts';
import { type HostQuestion } from '../../src/domain/plan.ts';
import { isWithin } from '../../src/domain/policy/paths.ts';
import { quote } from '../../src/domain/quote.ts';
import { type Distrust, trustedPath } from './trustedPath.ts';

export type PolicyQuestion = Extract<
  HostQuestion,
  { type: 'CommandTrusted' | 'LogDirectoryTrusted' | 'UserUnprivileged' }
>;

export interface PolicyHost {
  /** With what only the host knows filled in; undefined when that cannot be found out. */
  readonly directoryOf: (text: string) => Promise<string | undefined>;
  readonly uidOf: (user: string) => Promise<string | 'No' | 'Unknown'>;
}

/** By code, what each says. */
export const hostPolicyCodes: Readonly<Record<string, string>> = {
  E_POLICY_COMMAND_MISSING: 'the program does not exist, so that nobody knows what it will be',
  E_POLICY_COMMAND_LINK: 'links lead from the program to somewhere outside of the prefixes',
  E_POLICY_COMMAND_WRITABLE: 'others than root can change the program, or a directory above it',
  E_POLICY_LOG_DIRECTORY: 'others than root can put links into the directory of a log file',
  E_POLICY_USER_ROOT: 'the user is another name of uid 0',
  E_POLICY_UNVERIFIED: 'the host could not find out',
};

export function isPolicyQuestion(question: HostQuestion): question is PolicyQuestion {
  return (
    question.type === 'CommandTrusted' ||
    question.type === 'LogDirectoryTrusted' ||
    question.type === 'UserUnprivileged'
  );
}

/** Undefined when nothing speaks against it. */
export async function answerPolicy(
  question: PolicyQuestion,
  host: PolicyHost,
): Promise<HostRefusal | undefined> {
  switch (question.type) {
    case 'CommandTrusted':
      return checkCommand(question);
    case 'LogDirectoryTrusted': {
      const directory = await host.directoryOf(question.path);
      return directory === undefined ? unverified(question) : checkLogDirectory(directory);
    }
    case 'UserUnprivileged': {
      const uid = await host.uidOf(question.user);
      if (uid === 'Unknown') return unverified(question);
      return uid === '0' ? anotherRoot(question.user) : undefined;
    }
    default:
      return assertNever(question);
  }
}

type CommandQuestion = Extract<HostQuestion, { type: 'CommandTrusted' }>;

async function checkCommand(question: CommandQuestion): Promise<HostRefusal | undefined> {
  const { path, prefixes, isPrivate } = question;
  const found = await trustedPath(path);
  if (!found.ok) return commandRefusal(question, found.error);
  const real = await Promise.all(prefixes.map((prefix) => realpath(prefix).catch(() => prefix)));
  const isOdd = ['/proc', '/dev'].some((place) => isWithin(found.value, place));
  if (!isOdd && [...prefixes, ...real].some((prefix) => isWithin(found.value, prefix))) {
    return undefined;
  }
  const what =
    isPrivate === true
      ? 'the program, or what it runs, is a link to somewhere'
      : `the program ${quote(path, 80)} is a link to ${quote(found.value, 80)},`;
  return {
    code: 'E_POLICY_COMMAND_LINK',
    message: `${what} outside of policy.commandPrefixes`,
    remedy: 'Install the program itself there, or add its place to policy.commandPrefixes.',
  };
}

function commandRefusal(
  { path: program, isPrivate }: CommandQuestion,
  { type, path, why }: Distrust,
): HostRefusal {
  const isHidden = isPrivate === true;
  const message = isHidden
    ? `the program, or what it runs, is not trusted: it, or a directory above it, ${why}`
    : `the program ${quote(program, 80)} is not trusted: ${quote(path, 80)} ${why}`;
  switch (type) {
    case 'Missing':
      return {
        code: 'E_POLICY_COMMAND_MISSING',
        message,
        remedy: 'Install it; this host looks again by itself.',
      };
    case 'Unreadable':
      return { code: 'E_POLICY_UNVERIFIED', message, remedy: 'Let the agent look there.' };
    case 'Changeable':
      return {
        code: 'E_POLICY_COMMAND_WRITABLE',
        message,
        remedy: `Let root own it and nobody else write to it: chown root, chmod go-w${isHidden ? '' : ` ${path}`}.`,
      };
  }
}

async function checkLogDirectory(directory: string): Promise<HostRefusal | undefined> {
  const found = await trustedPath(directory, { mayGroupsAbove: true });
  // A directory that is not there is refused for that already.
  if (found.ok || found.error.type === 'Missing') return undefined;
  const { type, path, why } = found.error;
  return {
    code: type === 'Unreadable' ? 'E_POLICY_UNVERIFIED' : 'E_POLICY_LOG_DIRECTORY',
    message: `the log directory ${quote(directory, 80)} is not trusted: ${quote(path, 80)} ${why}`,
    remedy: `supervisord opens log files as root: chown root, chmod go-w ${path}.`,
  };
}

function anotherRoot(user: string): HostRefusal {
  return {
    code: 'E_POLICY_USER_ROOT',
    message: `the user ${quote(user, 30)} has uid 0 on this host`,
    remedy: 'Name another user, or let policy.rootApps name the app.',
  };
}

export function unverified({ type }: PolicyQuestion): HostRefusal {
  return {
    code: 'E_POLICY_UNVERIFIED',
    message: `this host could not find out what a strict policy asks (${type})`,
    remedy: 'Run the agent as root, and supervisord among the same files; it is asked again.',
  };
}
