/**
 * Values of options as supervisor 4.2.5 reads them (`datatypes.py`), with its sentence for each that
 * it refuses. A refusal is thrown, as there: `refusalOf` catches it.
 */
import {
  readAutorestart,
  readBoolean,
  readInteger,
  readUmask,
} from '../../domain/content/optionValues.ts';
import { splitEnvironment } from '../../domain/content/shellWords.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { repr } from './python.ts';
import type { SupervisordHost } from './supervisordHost.ts';

class Refusal extends Error {}

export function refuse(message: string): never {
  throw new Refusal(message);
}

/** What `read` gives, or the sentence it was refused with. */
export function refusalOf<Value>(read: () => Value): Result<Value, string> {
  try {
    return ok(read());
  } catch (error) {
    if (error instanceof Refusal) return err(error.message);
    throw error;
  }
}

export function unwrap<Value>(result: Result<Value, string>): Value {
  return result.ok ? result.value : refuse(result.error);
}

export function processOrGroupName(name: string): string {
  const stripped = name.trim();
  for (const character of ' :/') {
    if (stripped.includes(character)) {
      refuse(`Invalid name: ${repr(name)} because of character: ${repr(character)}`);
    }
  }
  return stripped;
}

export function integer(text: string): number {
  return readInteger(text) ?? refuse(`invalid literal for int() with base 10: ${repr(text)}`);
}

export function boolean(text: string): boolean {
  return readBoolean(text) ?? refuse(`not a valid boolean value: ${repr(text)}`);
}

export function autorestart(text: string): 'true' | 'false' | 'unexpected' {
  const lower = text.toLowerCase();
  return readAutorestart(lower) ?? refuse(`invalid 'autorestart' value ${repr(lower)}`);
}

/** In bytes. */
export function byteSize(text: string): number {
  const lower = text.toLowerCase();
  const factor = factors.get(lower.slice(-2));
  return factor === undefined ? integer(lower) : integer(lower.slice(0, -2)) * factor;
}

const factors: ReadonlyMap<string, number> = new Map([
  ['kb', 1024],
  ['mb', 1024 ** 2],
  ['gb', 1024 ** 3],
]);

export function exitCodes(text: string): readonly number[] {
  if (text === '') return [];
  const codes = text.split(',').map(readInteger);
  const valid = codes.filter((code) => code !== undefined && code >= 0 && code <= 255);
  if (valid.length < codes.length) refuse(`not a valid list of exit codes: ${repr(text)}`);
  return valid as readonly number[];
}

export function octal(text: string): number {
  return readUmask(text.trim()) ?? refuse(`${text} can not be converted to an octal type`);
}

export function signalNumber(text: string): number {
  const number = readInteger(text);
  if (number !== undefined) {
    if (signals.some((each) => each === number)) return number;
    return refuse(`value ${repr(text)} is not a valid signal number`);
  }
  const name = text.trim().toUpperCase().replace(/^SIG/, '');
  return signalsByName.get(name) ?? refuse(`value ${repr(text)} is not a valid signal name`);
}

// Linux, as Python 3 names them.
const names =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP ' +
  'TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS';
const signalsByName: ReadonlyMap<string, number> = new Map([
  ...names.split(' ').map((name, index) => [name, index + 1] as const),
  ['IOT', 6],
  ['CLD', 17],
  ['POLL', 29],
  ['RTMIN', 34],
  ['RTMAX', 64],
]);
const signals: readonly number[] = [...new Set(signalsByName.values())];

export function userId(text: string, host: SupervisordHost): number {
  const uid = host.uidOf(text.trim());
  if (uid !== undefined) return uid;
  const kind = readInteger(text) === undefined ? 'name' : 'id';
  return refuse(`Invalid user ${kind} ${text}`);
}

/** A path, or what stands for something else. */
export type LogFile = string;
export const logNone = 'NONE';
export const logAuto = 'AUTO';
export const logSyslog = 'SYSLOG';

export function logFile(text: string, host: SupervisordHost): LogFile {
  const lower = text.toLowerCase();
  if (lower === 'none' || lower === 'off') return logNone;
  if (lower === 'auto') return logAuto;
  if (lower === 'syslog') return logSyslog;
  const path = text.startsWith('~/') ? `/root${text.slice(1)}` : text;
  const slash = path.lastIndexOf('/');
  const directory = path.slice(0, slash).replace(/\/+$/, '') || '/';
  if (slash < 0 || host.hasDirectory(directory)) return path;
  return refuse(`The directory named as part of the path ${text} does not exist`);
}

/** `KEY=value` pairs. */
export function keyValuePairs(text: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  if (text === '') return pairs;
  const tokens = splitEnvironment(text);
  if (!tokens.ok) return refuse('No closing quotation');
  for (let at = 0; at < tokens.value.length; at += 4) {
    const [name, equals, value] = tokens.value.slice(at, at + 3);
    if (name === undefined || equals !== '=' || value === undefined) {
      return refuse(`Unexpected end of key/value pairs in value '${text}'`);
    }
    pairs.set(name, value.replace(/^['"]+|['"]+$/g, ''));
  }
  return pairs;
}
