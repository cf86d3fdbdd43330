/**
 * What the output and exit code of `supervisorctl update <group>…` say (supervisor 4.2.5; errors
 * are on standard output). The first fault ends the run, so what comes after it was not done.
 */
import { parseCantReread } from '../../src/domain/cantReread.ts';
import type { CallError } from '../../src/domain/event.ts';
import type { GroupFailure } from './driver.ts';

export interface CtlVerdict {
  /** Concerns the run as a whole: trying the other groups makes no sense. */
  readonly fatal: CallError | undefined;
  /** Groups it says it has updated, added or removed. */
  readonly done: ReadonlySet<string>;
  readonly failures: readonly GroupFailure[];
  /** It stopped half way. When no failure names the group it stopped at, `error` says why. */
  readonly aborted: CallError | undefined;
}

export function readCtlOutput(code: number | null, stdout: string, stderr: string): CtlVerdict {
  const lines = stdout.split('\n').map((line) => line.trimEnd());
  const done = new Set(matches(lines, /^(\S+): (?:updated|added|removed) process group$/));
  const failures: GroupFailure[] = [
    ...matches(lines, /^ERROR: no such group: (\S+)$/).map((group) => ({
      group,
      error: { type: 'Failed', detail: 'no such group' } as const,
    })),
    ...matches(lines, /^(\S+): has problems; not removing$/).map((group) => ({
      group,
      error: { type: 'Fault', faultCode: 30, detail: 'could not be stopped' } as const,
    })),
  ];
  const error = findError(lines, stderr);
  const verdict = { fatal: undefined, done, failures, aborted: undefined };
  if (error === undefined) {
    if (code === 0 || failures.length > 0) return verdict;
    const detail = `supervisorctl ended with ${code ?? 'a signal'}: ${brief(stdout + stderr)}`;
    return { ...verdict, fatal: { type: 'Failed', detail } };
  }
  if (isFatal(error)) return { ...verdict, fatal: error };
  // `NAME: group`; 91 STILL_RUNNING, 90 ALREADY_ADDED and 10 BAD_NAME name the group.
  const group = /^[A-Z_]+: (\S+)$/.exec(error.detail)?.[1];
  if (group !== undefined) failures.push({ group, error });
  return { ...verdict, failures, aborted: error };
}

function matches(lines: readonly string[], pattern: RegExp): readonly string[] {
  return lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
}

const isFatal = (error: CallError): boolean => error.type !== 'Fault' || error.faultCode === 92;

function findError(lines: readonly string[], stderr: string): CallError | undefined {
  if (lines.includes('ERROR: already shutting down')) {
    return { type: 'ShuttingDown', faultCode: 6, detail: 'supervisord is shutting down' };
  }
  const at = lines.findIndex((line) => line.startsWith('error: '));
  if (at < 0) {
    return stderr.startsWith('Traceback')
      ? { type: 'Failed', detail: lastLine(stderr) }
      : undefined;
  }
  // The place in supervisorctl's own source is of no use to anybody.
  const text = lines
    .slice(at)
    .join('\n')
    .trimEnd()
    .replace(/: file: \S+ line: \d+$/, '');
  const fault = /<Fault (\d+): (['"])(.*)\2>/s.exec(text);
  if (fault !== null) return toFault(Number(fault[1]), unquote(fault[3] ?? ''));
  const http = /<ProtocolError for \S+: (\d{3}) ([^>]*)>/.exec(text);
  if (http?.[1] === '401') {
    return { type: 'Unauthorised', detail: 'supervisord refuses the login in [supervisorctl]' };
  }
  // supervisord answers 500 when one group cannot be made; the others can.
  if (http !== null) {
    return { type: 'Fault', faultCode: 30, detail: `HTTP ${http[1] ?? ''} ${http[2] ?? ''}` };
  }
  const errno = /^error: <class '\w*Error'>, (\[Errno \d+\] [^\n]*)/.exec(text)?.[1];
  if (errno !== undefined) {
    const hint = 'see serverurl= in [supervisorctl]';
    return {
      type: 'Unreachable',
      detail: `supervisorctl cannot reach supervisord: ${errno}; ${hint}`,
    };
  }
  return { type: 'Failed', detail: brief(text) };
}

function toFault(faultCode: number, text: string): CallError {
  if (faultCode === 6) return { type: 'ShuttingDown', faultCode, detail: text };
  if (faultCode !== 92) return { type: 'Fault', faultCode, detail: brief(text) };
  return { type: 'Fault', faultCode, detail: parseCantReread(text).detail };
}

/** A string as Python's repr writes it, without its quotes. */
function unquote(text: string): string {
  return text.replace(/\\(.)/gs, (_all, letter: string) =>
    letter === 'n' ? '\n' : letter === 't' ? '\t' : letter === "'" ? "'" : letter,
  );
}

function brief(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 500);
}

function lastLine(text: string): string {
  return brief(text.trimEnd().split('\n').at(-1) ?? '');
}
