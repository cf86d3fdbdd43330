/**
 * Runs the command of a health check as the program itself is run: as its user, in its directory,
 * with its environment, and with nothing of the agent's. Well when it exits with 0.
 */
import { readFile, readlink } from 'node:fs/promises';
import type { SchedulerLike } from 'rxjs';
import { splitCommand } from '../../src/domain/content/shellWords.ts';
import { parseEnvironment } from '../../src/domain/content/environment.ts';
import type { HealthWish } from '../../src/domain/rollout/healthWish.ts';
import { runProgram } from '../drivers/runCommand.ts';
import type { ProbeOutcome } from './probeUrl.ts';

export interface ProbeCommandRequest {
  readonly command: string;
  readonly program: HealthWish['program'];
  /** A process of the program. */
  readonly pid: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const outputMaxBytes = 4 * 1024;
const shownMax = 200;
const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Never rejects. */
export async function probeCommand(
  scheduler: SchedulerLike,
  { command, program, pid, timeoutMs, signal }: ProbeCommandRequest,
): Promise<ProbeOutcome> {
  const words = splitCommand(command);
  const [path, ...args] = words.ok ? words.value : [];
  if (path === undefined || path === '') return failed('its command cannot be read');
  const surroundings = await surroundingsOf(pid, program);
  if (typeof surroundings === 'string') return failed(surroundings);
  const outcome = await runProgram(scheduler, {
    ...{ path, args, timeoutMs, outputMaxBytes, signal },
    ...surroundings,
  });
  switch (outcome.type) {
    case 'TimedOut':
      return failed('its command did not end in time');
    case 'NotStarted':
      return failed(`its command was not started: ${shown(outcome.detail, surroundings.env)}`);
    case 'Ended': {
      const { code, stdout, stderr } = outcome;
      if (code === 0) return { isHealthy: true, detail: 'its command says so' };
      const { env } = surroundings;
      const said = shown(stderr, env) || shown(stdout, env);
      const how = code === null ? 'was ended by a signal' : `ended with ${String(code)}`;
      return failed(`its command ${how}${said === '' ? '' : `: ${said}`}`);
    }
  }
}

interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly account: { readonly uid: number; readonly gid: number } | undefined;
}

/** What a process of it has been given, which is what its content comes to on this host. */
async function surroundingsOf(
  pid: number,
  { environment, directory }: HealthWish['program'],
): Promise<Surroundings | string> {
  const proc = `/proc/${String(pid)}`;
  const [status, environ, cwd] = await Promise.all([
    readFile(`${proc}/status`, 'utf8').catch(() => undefined),
    readFile(`${proc}/environ`, 'utf8').catch(() => undefined),
    readlink(`${proc}/cwd`).catch(() => undefined),
  ]);
  const account = status === undefined ? undefined : accountOf(status);
  if (account === undefined) return 'its process cannot be looked at';
  const isRoot = process.geteuid?.() === 0;
  if (!isRoot && account.uid !== process.geteuid?.()) {
    return 'it runs as another user than the agent, who is not root';
  }
  const own = ownNames(environment);
  if (own.length > 0 && environ === undefined) return 'the environment of its process is hidden';
  const given = new Map((environ ?? '').split('\0').map(pairOf));
  const env: Record<string, string> = { PATH: searchPath, LANG: 'C.UTF-8' };
  for (const name of ['HOME', 'USER', ...own]) {
    const value = given.get(name);
    if (value !== undefined) env[name] = value;
  }
  const wanted = directory === undefined || directory.includes('%') ? cwd : directory;
  // Becoming who one is already would be refused in the unit's sandbox like any other change.
  const isOwn = account.uid === process.geteuid?.() && account.gid === process.getegid?.();
  return { env, cwd: wanted ?? '/', account: isRoot && !isOwn ? account : undefined };
}

/** Real numbers: of whoever it was started as, or has become for good. */
function accountOf(status: string): { readonly uid: number; readonly gid: number } | undefined {
  const uid = /^Uid:\s*(\d+)/m.exec(status)?.[1];
  const gid = /^Gid:\s*(\d+)/m.exec(status)?.[1];
  return uid === undefined || gid === undefined
    ? undefined
    : { uid: Number(uid), gid: Number(gid) };
}

/** What is in a value matters not: it is as its process has it. */
function ownNames(environment: string | undefined): readonly string[] {
  const parsed = environment === undefined ? undefined : parseEnvironment(environment);
  return parsed?.ok === true ? [...parsed.value.pairs.keys()] : [];
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

/** What its environment holds may be secret, and this goes out of the host. */
function shown(text: string, env: Readonly<Record<string, string>>): string {
  const plain = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  const secrets = Object.entries(env)
    .filter(([name, value]) => !commonNames.has(name) && value.length >= secretMinLength)
    .map(([, value]) => value.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim())
    .sort((a, b) => b.length - a.length);
  const masked = secrets.reduce((seen, secret) => seen.replaceAll(secret, '***'), plain);
  return masked.slice(0, shownMax);
}

const commonNames: ReadonlySet<string> = new Set(['PATH', 'LANG', 'HOME', 'USER']);
/** A shorter one stands in every other text. */
const secretMinLength = 4;

function failed(detail: string): ProbeOutcome {
  return { isHealthy: false, detail };
}
