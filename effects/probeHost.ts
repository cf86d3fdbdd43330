/**
 * Asks this host what only it knows about an app: is there such a user, such a log directory, such
 * a variable in supervisord's environment? supervisord would refuse all its files otherwise.
 *
 * Touches nothing, never throws, answers within four seconds. What cannot be found out is no
 * refusal but a doubt: supervisord's own answer to the reread stands behind it, unless it is away.
 */
import { readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { asyncScheduler, firstValueFrom, from, of, type SchedulerLike, timeout } from 'rxjs';
import { assertNever } from '../src/domain/assertNever.ts';
import { type Event, type HostRefusal } from '../src/domain/event.ts';
import { type HostQuestion, type PlanStep } from '../src/domain/plan.ts';
import { quote } from '../src/domain/quote.ts';
import { environmentNames, expand, readConfSections } from '../src/domain/supervisorConf.ts';
import { type AccountsDeps, type Answer, accountExists, homeOf, uidOf } from './host/accounts.ts';
import {
  answerPolicy,
  isPolicyQuestion,
  type PolicyQuestion,
  unverified,
} from './host/policyAnswers.ts';
import { readSupervisordProcess, type SupervisordProcess } from './host/supervisordProcess.ts';

export interface ProbeHostDeps {
  /** Of the supervisord that we manage; undefined when it cannot be asked. */
  readonly getSupervisordPid: () => Promise<number | undefined>;
  /** All of supervisord's configuration files; the main one alone unless given. */
  readonly readConfTexts?: () => Promise<readonly string[]>;
  readonly scheduler?: SchedulerLike;
}

export interface ProbeHostOptions {
  /** supervisord's main configuration. */
  readonly configPath: string;
  /** Of our files: for supervisor `%(here)s` is the directory of the file that it stands in. */
  readonly confDir: string;
  readonly timeoutMs?: number;
}

export type ProbeHostStep = Extract<PlanStep, { type: 'ProbeHost' }>;
export type HostProbed = Extract<Event, { type: 'HostProbed' }>;

interface Probe {
  readonly options: ProbeHostOptions;
  readonly accounts: AccountsDeps;
  /** Asked for at most once, and only when an answer depends on it. */
  readonly supervisord: () => Promise<SupervisordProcess | undefined>;
  readonly configuredNames: () => Promise<ReadonlySet<string> | undefined>;
}

export function createProbeHost(
  deps: ProbeHostDeps,
  options: ProbeHostOptions,
): (step: ProbeHostStep) => Promise<HostProbed> {
  const { timeoutMs = 2_000 } = options;
  const { scheduler = asyncScheduler } = deps;
  return async ({ app, contentSha256, questions }) => {
    const asked: { isPidNeeded: boolean; pid: number | undefined } = {
      isPidNeeded: false,
      pid: undefined,
    };
    const probe: Probe = {
      options,
      accounts: { scheduler, timeoutMs },
      supervisord: once(async () => {
        asked.isPidNeeded = true;
        asked.pid = await deps.getSupervisordPid();
        return asked.pid === undefined ? undefined : readSupervisordProcess(asked.pid);
      }),
      configuredNames: once(() => readConfiguredNames(deps, options)),
    };
    const within = <T>(promise: Promise<T>, otherwise: T): Promise<T> => {
      // A failure to find out is the same as not knowing.
      const answer$ = from(promise.catch(() => otherwise));
      const with$ = () => of(otherwise);
      return firstValueFrom(answer$.pipe(timeout({ first: timeoutMs, with: with$, scheduler })));
    };
    const answers = await Promise.all(
      questions.map(async (question): Promise<Answer | HostRefusal> => {
        if (!isPolicyQuestion(question)) return within<Answer>(ask(question, probe), 'Unknown');
        return (await within(askPolicy(question, probe), unverified(question))) ?? 'Yes';
      }),
    );
    const refusals = questions.flatMap((question, index): readonly HostRefusal[] => {
      const answer = answers[index];
      if (typeof answer === 'object') return [answer];
      return answer === 'No' && !isPolicyQuestion(question) ? [refusalOf(question)] : [];
    });
    const probed: HostProbed = { type: 'HostProbed', app, contentSha256, refusals };
    if (!answers.includes('Unknown')) return probed;
    const isAway =
      asked.isPidNeeded &&
      (asked.pid === undefined ||
        asked.pid !== (await within(deps.getSupervisordPid(), undefined)));
    return { ...probed, doubt: isAway ? 'SupervisordAway' : 'Unanswered' };
  };
}

type PlainQuestion = Exclude<HostQuestion, PolicyQuestion>;

/** A strict policy is not content with a doubt. */
async function askPolicy(question: PolicyQuestion, probe: Probe): Promise<HostRefusal | undefined> {
  // Where it lives among other files, ours say nothing.
  if ((await probe.supervisord())?.seesOurFiles === false) return unverified(question);
  return answerPolicy(question, {
    directoryOf: async (text) => {
      const expanded = await expandAll(text, probe);
      return expanded === undefined ? undefined : absolutePath(expanded, probe);
    },
    uidOf: async (text) => {
      const name = await expandAll(text, probe);
      return name === undefined ? 'Unknown' : uidOf(name, probe.accounts);
    },
  });
}

function ask(question: PlainQuestion, probe: Probe): Promise<Answer> {
  switch (question.type) {
    case 'UserExists':
      return askAccount('passwd', question.user, probe);
    case 'GroupExists':
      return askAccount('group', question.group, probe);
    case 'LogDirectoryExists':
      return askDirectory(question.path, probe);
    case 'EnvironmentHas':
      return askEnvironment(question.name, probe);
    default:
      return assertNever(question);
  }
}

async function askAccount(
  database: 'passwd' | 'group',
  text: string,
  probe: Probe,
): Promise<Answer> {
  const name = await expandAll(text, probe);
  if (name === undefined) return 'Unknown';
  return unlessElsewhere(await accountExists(database, name, probe.accounts), probe);
}

async function askDirectory(text: string, probe: Probe): Promise<Answer> {
  const expanded = await expandAll(text, probe);
  const path = expanded === undefined ? undefined : await absolutePath(expanded, probe);
  if (path === undefined) return 'Unknown';
  return unlessElsewhere(await directoryExists(path), probe);
}

async function askEnvironment(name: string, probe: Probe): Promise<Answer> {
  const environment = (await probe.supervisord())?.environment;
  if (environment?.has(name) === true) return 'Yes';
  const configured = await probe.configuredNames();
  if (configured?.has(name) === true) return 'Yes';
  return environment === undefined || configured === undefined ? 'Unknown' : 'No';
}

/** What is missing here may well be there, when supervisord lives among other files. */
async function unlessElsewhere(answer: Answer, probe: Probe): Promise<Answer> {
  if (answer !== 'No') return answer;
  return (await probe.supervisord())?.seesOurFiles === false ? 'Unknown' : 'No';
}

async function expandAll(text: string, probe: Probe): Promise<string | undefined> {
  if (!text.includes('%')) return text;
  const environment = text.includes('%(ENV_')
    ? (await probe.supervisord())?.environment
    : undefined;
  const variables = [...(environment ?? [])].map(
    ([name, value]) => [`ENV_${name}`, value] as const,
  );
  const here = resolve(probe.options.confDir);
  return expand(text, new Map([...variables, ['here', here], ['host_node_name', hostname()]]));
}

/** As Python's `expanduser` and supervisord's working directory make it. */
async function absolutePath(path: string, probe: Probe): Promise<string | undefined> {
  const [, user, rest = ''] = /^~([^/]*)(.*)$/s.exec(path) ?? [];
  if (user === undefined) {
    if (path.startsWith('/')) return path;
    const base = (await probe.supervisord())?.workingDirectory;
    return base === undefined ? undefined : resolve(base, path);
  }
  const home =
    user === ''
      ? (await probe.supervisord())?.environment?.get('HOME')
      : await homeOf(user, probe.accounts);
  return home === undefined ? undefined : `${home}${rest}`;
}

async function directoryExists(path: string): Promise<Answer> {
  try {
    return (await stat(path)).isDirectory() ? 'Yes' : 'No';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'No' : 'Unknown';
  }
}

async function readConfiguredNames(
  { readConfTexts }: ProbeHostDeps,
  { configPath }: ProbeHostOptions,
): Promise<ReadonlySet<string> | undefined> {
  try {
    const texts = readConfTexts ? await readConfTexts() : [await readFile(configPath, 'utf8')];
    return new Set(texts.flatMap((text) => environmentNames(readConfSections(text))));
  } catch {
    return undefined;
  }
}

function refusalOf(question: PlainQuestion): HostRefusal {
  switch (question.type) {
    case 'UserExists':
      return {
        code: 'E_NO_SUCH_USER',
        message: `there is no user ${quote(question.user)} on this host`,
        remedy: 'Create the user on this host, or name another one with `user`.',
      };
    case 'GroupExists':
      return {
        code: 'E_NO_SUCH_GROUP',
        message: `there is no group ${quote(question.group)} on this host`,
        remedy: 'Create the group on this host, or name another one.',
      };
    case 'LogDirectoryExists':
      return {
        code: 'E_NO_LOG_DIRECTORY',
        message: `the log directory ${quote(question.path)} does not exist on this host`,
        remedy: 'Create the directory on this host, or let the app log elsewhere.',
      };
    case 'EnvironmentHas':
      return {
        code: 'E_NO_SUCH_ENV',
        message: `%(ENV_${question.name})s: supervisord on this host has no such variable`,
        remedy: `Set ${question.name} with \`environment\` in [supervisord] on this host and restart it, or do without.`,
      };
    default:
      return assertNever(question);
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
