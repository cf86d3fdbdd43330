/** What supervisor accepts but does not do as it reads: warnings about logs and environments. */
import { type Problem } from '../types.ts';
import { parseEnvironment } from './environment.ts';
import { readBoolean, readByteSize, readLogFile } from './optionValues.ts';
import { type RawOption } from './readBody.ts';

/** The options are good, each on its own. */
export function crossWarnings(options: ReadonlyMap<string, RawOption>): readonly Problem[] {
  const problems: Problem[] = [];
  for (const stream of ['stdout', 'stderr'] as const) {
    const logfile = options.get(`${stream}_logfile`);
    if (logfile === undefined) continue;
    const kind = readLogFile(logfile.value);
    const maxbytes = options.get(`${stream}_logfile_maxbytes`);
    const rollOver = maxbytes === undefined ? undefined : readByteSize(maxbytes.value);
    if (kind === 'Syslog') problems.push(syslog(stream, logfile.line));
    if (kind === 'Auto' && rollOver === 0) problems.push(unbounded(stream, logfile.line));
    if (/^\/dev\/(stdout|stderr|fd\/\d+)$/.test(logfile.value) && (rollOver ?? 0) > 0) {
      problems.push(rollsDevice(stream, logfile.line));
    }
    if (stream === 'stderr' && kind === 'Path' && isRedirected(options)) {
      problems.push(ignored(logfile.line));
    }
  }
  const environment = options.get('environment');
  if (environment !== undefined) {
    // Expansions are good already; whatever they become counts as a word.
    const expanded = environment.value.replaceAll(/%%|%\([^()]*\)[-0-9]*[a-zA-Z]/g, (text) =>
      text === '%%' ? '%' : 'x',
    );
    const parsed = parseEnvironment(expanded);
    if (parsed.ok && parsed.value.hasDropped) problems.push(dropped(environment.line));
  }
  return problems;
}

function isRedirected(options: ReadonlyMap<string, RawOption>): boolean {
  const value = options.get('redirect_stderr')?.value;
  return value !== undefined && readBoolean(value) === true;
}

function syslog(stream: string, line: number): Problem {
  return {
    code: 'W_LOG_SYSLOG',
    line,
    message: `${stream}_logfile=syslog is deprecated in supervisor`,
    remedy: `Write ${stream}_syslog=true and ${stream}_logfile=NONE.`,
  };
}

function unbounded(stream: string, line: number): Problem {
  return {
    code: 'W_LOG_UNBOUNDED',
    line,
    message: `${stream}_logfile=AUTO without roll-over grows until the disk is full`,
    remedy: `Write a ${stream}_logfile_maxbytes above 0.`,
  };
}

function rollsDevice(stream: string, line: number): Problem {
  return {
    code: 'W_LOG_DEVICE',
    line,
    message: `${stream}_logfile is a device, which cannot roll over`,
    remedy: `Write ${stream}_logfile_maxbytes=0.`,
  };
}

function dropped(line: number): Problem {
  return {
    code: 'W_ENVIRONMENT',
    line,
    message: 'environment: what stands behind a value and is not a comma is dropped by supervisor',
    remedy: 'Write KEY="value",OTHER="value", with quotes around each value.',
  };
}

function ignored(line: number): Problem {
  return {
    code: 'W_LOG_IGNORED',
    line,
    message: 'stderr_logfile is not used, since redirect_stderr=true',
    remedy: 'Remove one of the two.',
  };
}
