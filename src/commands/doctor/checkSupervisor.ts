/** Whether supervisord answers, rereads its files, and is the one that supervisorctl speaks to. */
import { asyncScheduler } from 'rxjs';
import { runCommand } from '../../../effects/drivers/runCommand.ts';
import { type Supervisor, createSupervisor } from '../../clients/supervisor.ts';
import type { CallError } from '../../domain/event.ts';
import { supervisorConnection } from '../../settings/connections.ts';
import type { Settings } from '../../settings/settings.ts';
import { type Check, checkerFor } from './check.ts';

const check = checkerFor('supervisord');

export async function checkSupervisor(settings: Settings): Promise<readonly Check[]> {
  const connection = supervisorConnection(settings);
  if (!connection.ok) {
    const remedy = 'correct supervisor.passwordFile, or make the file readable';
    return [check.problem(connection.error, remedy)];
  }
  const supervisor = createSupervisor(connection.value);
  try {
    const reached = await checkReached(supervisor, settings);
    const reread = reached.pid === undefined ? [] : [await checkReread(supervisor)];
    return [...reached.checks, ...reread, await checkCommand(settings, reached.pid)];
  } finally {
    supervisor.close();
  }
}

interface Reached {
  readonly checks: readonly Check[];
  readonly pid: number | undefined;
}

async function checkReached(supervisor: Supervisor, settings: Settings): Promise<Reached> {
  const { url } = settings.supervisor;
  const instance = await supervisor.getInstance();
  if (!instance.ok) {
    const { detail } = instance.error;
    const problem = check.problem(`${url}: ${detail}`, remedyFor(instance.error));
    return { checks: [problem], pid: undefined };
  }
  const { version, pid } = instance.value;
  const processes = await supervisor.getAllProcessInfo();
  const count = processes.ok ? `, ${processes.value.length} processes` : '';
  const message = `${url}: version ${version}, process id ${pid}${count}`;
  const isOld = Number.parseInt(version) < 4;
  const reached = isOld ? check.problem(message, 'update supervisor to 4.2') : check.ok(message);
  return { checks: [reached], pid };
}

function remedyFor(error: CallError): string {
  if (error.type === 'Unauthorised') {
    return 'correct supervisor.username and supervisor.passwordFile, or run this as root';
  }
  if (error.type === 'Malformed') {
    return 'what answers there is not supervisord: correct supervisor.url (--supervisor)';
  }
  return 'start supervisord, or correct supervisor.url (--supervisor)';
}

async function checkReread(supervisor: Supervisor): Promise<Check> {
  const reread = await supervisor.reloadConfig();
  if (reread.ok) return check.ok('it can reread its files');
  const { type, detail } = reread.error;
  if (type !== 'CantReread') return check.problem(`reread: ${detail}`, 'see its log');
  const { file } = reread.error;
  const where = file === undefined ? '' : `${file}: `;
  const remedy = 'correct that file: until then it would not even start again';
  return check.problem(`it cannot reread its files: ${where}${detail}`, remedy);
}

async function checkCommand(settings: Settings, pid: number | undefined): Promise<Check> {
  const { config, driver } = settings.supervisor;
  const problem = driver === 'rpc' ? check.warning : check.problem;
  const answer = await runPid(config);
  if (answer.type === 'NotStarted') {
    return problem(answer.detail, 'install supervisor, or use --driver rpc');
  }
  if (answer.type === 'Failed') {
    const message = `supervisorctl -c ${config} pid: ${answer.detail}`;
    return problem(message, 'correct supervisor.config, and [supervisorctl] serverurl in it');
  }
  if (pid === undefined) return check.ok(`supervisorctl -c ${config} works`);
  if (answer.pid === pid) return check.ok('supervisorctl speaks to the same supervisord');
  const message = `supervisorctl speaks to another supervisord: process ${answer.pid}, not ${pid}`;
  return problem(message, 'let supervisor.config and supervisor.url name the same one');
}

type PidAnswer =
  | Readonly<{ type: 'Pid'; pid: number }>
  | Readonly<{ type: 'NotStarted'; detail: string }>
  | Readonly<{ type: 'Failed'; detail: string }>;

async function runPid(config: string): Promise<PidAnswer> {
  const outcome = await runCommand(asyncScheduler, {
    command: 'supervisorctl',
    args: ['-c', config, 'pid'],
    env: process.env,
    timeoutMs: 10_000,
    outputMaxBytes: 64 * 1024,
  });
  if (outcome.type === 'NotStarted') return outcome;
  if (outcome.type === 'TimedOut') return { type: 'Failed', detail: 'no answer within 10 s' };
  const text = outcome.stdout.trim();
  if (/^\d+$/.test(text)) return { type: 'Pid', pid: Number(text) };
  const status = `it ended with ${outcome.code ?? 'a signal'}`;
  return { type: 'Failed', detail: oneLine(text || outcome.stderr || status) };
}

function oneLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? '';
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
