/**
 * Checks one option's value by its type, as strictly as supervisor and where needed more so.
 *
 * Messages quote values of harmless types only: commands and environments may hold secrets.
 */
import { assertNever } from '../assertNever.ts';
import { quote } from '../quote.ts';
import { type AppName } from '../types.ts';
import { parseEnvironment } from './environment.ts';
import {
  type Expansion,
  type ExpansionFault,
  expand,
  parseExpansions,
  parseLogfileExpansions,
} from './expansions.ts';
import {
  isSignal,
  readAutorestart,
  readBoolean,
  readByteSize,
  readExitCodes,
  readInteger,
  readUmask,
} from './optionValues.ts';
import { type ProgramOption } from './programOptions.ts';
import { splitCommand } from './shellWords.ts';

/** A problem that does not know its line yet. */
export interface OptionFault {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** PATH_MAX of Linux: what is longer names no file. */
const pathMax = 4096;

/** Undefined when the value is good. `hasInlineComment` only makes the remedy better. */
export function checkOption(
  app: AppName,
  option: ProgramOption,
  value: string,
  hasInlineComment = false,
): OptionFault | undefined {
  const { name, type } = option;
  if (value.includes('\n') && type !== 'Command' && type !== 'Environment') {
    return {
      code: 'E_CONTINUATION',
      message: `${name} goes on in the next line, since that is indented deeper`,
      remedy: 'Begin every option in the same column.',
    };
  }
  if (option.expands === undefined) {
    if (!value.includes('%')) return checkByType(option, value, hasInlineComment);
    return {
      code: 'E_EXPANSION',
      message: `${name} must be known before it reaches a host, so nothing is expanded in it`,
      remedy: 'Write the value itself.',
    };
  }
  if (type === 'LogFile' && value.length > pathMax) return tooLongPath(name);
  const segments =
    type === 'LogFile' ? parseLogfileExpansions(value) : parseExpansions(value, option.expands);
  if (!segments.ok) {
    const { remedy } = segments.error;
    return { code: 'E_EXPANSION', message: `${name}: ${tellFault(segments.error, type)}`, remedy };
  }
  const expanded = expand(segments.value, (expansion) => sampleValue(app, expansion));
  return checkByType(option, expanded, hasInlineComment);
}

/** Secrets are full of percent signs, and refusals go into logs. */
function tellFault({ message, quoted }: ExpansionFault, type: ProgramOption['type']): string {
  const isSecret = type === 'Environment' || type === 'Command';
  return isSecret && quoted !== undefined
    ? message.replace(quoted, 'what begins with a %')
    : message;
}

/** `value` is expanded, where the option is. */
function checkByType(
  option: ProgramOption,
  value: string,
  hasInlineComment: boolean,
): OptionFault | undefined {
  switch (option.type) {
    case 'Command':
      return checkCommand(value, hasInlineComment);
    case 'Environment':
      return checkEnvironment(value, hasInlineComment);
    case 'User':
      return checkUser(value);
    case 'Path':
      return value === '' ? emptyPath(option) : undefined;
    case 'Integer':
      return checkNumber(option, value, readInteger(value), 'E_INTEGER', 'a whole number');
    case 'ByteSize':
      return checkNumber(option, value, readByteSize(value), 'E_BYTE_SIZE', 'a size such as 50MB');
    case 'Umask':
      return checkNumber(option, value, readUmask(value), 'E_UMASK', 'an octal number such as 022');
    case 'ExitCodes':
      return checkExitCodes(option, value);
    case 'Boolean':
      if (readBoolean(value) !== undefined) return undefined;
      return malformed(option, value, 'E_BOOLEAN', 'true or false');
    case 'Autorestart':
      if (readAutorestart(value) !== undefined) return undefined;
      return malformed(option, value, 'E_AUTORESTART', 'true, false or unexpected');
    case 'Signal':
      if (isSignal(value)) return undefined;
      return malformed(option, value, 'E_SIGNAL', 'a signal such as TERM, INT or 15');
    // Process names are looked at together with numprocs; paths of logs are the host's matter.
    case 'ProcessName':
    case 'LogFile':
    case 'Text':
      return undefined;
    default:
      return assertNever(option.type);
  }
}

/** Stands in for what only a host knows: plain words, which is what such values should be. */
function sampleValue(app: AppName, { name }: Expansion): string | number {
  switch (name) {
    case 'program_name':
    case 'group_name':
      return app;
    case 'process_num':
    case 'numprocs':
      return 1;
    case 'here':
      return '/here';
    default:
      return 'x';
  }
}

function checkNumber(
  { name, type, min, max }: ProgramOption,
  value: string,
  number: number | undefined,
  code: string,
  kind: string,
): OptionFault | undefined {
  if (number === undefined) {
    return { code, message: `${name} is ${quote(value, 30)}`, remedy: `Write ${kind}.` };
  }
  if (number >= min && number <= max) return undefined;
  const radix = type === 'Umask' ? 8 : 10;
  const range = `from ${min.toString(radix)} to ${max.toString(radix)}`;
  return {
    code: 'E_OUT_OF_RANGE',
    message: `${name} is ${quote(value, 30)}, which is out of range`,
    remedy: `Write ${kind} ${range}${type === 'ByteSize' ? ' bytes' : ''}.`,
  };
}

function checkExitCodes(option: ProgramOption, value: string): OptionFault | undefined {
  const codes = readExitCodes(value);
  const kind = 'numbers from 0 to 255 with commas between them';
  if (codes === undefined) return malformed(option, value, 'E_EXIT_CODES', kind);
  if (codes.every((code) => code >= option.min && code <= option.max)) return undefined;
  return malformed(option, value, 'E_OUT_OF_RANGE', kind);
}

function malformed({ name }: ProgramOption, value: string, code: string, kind: string) {
  return { code, message: `${name} is ${quote(value, 30)}`, remedy: `Write ${kind}.` };
}

const cutByComment =
  'A ; or # behind a blank begins a comment, inside quotes too: remove that blank.';

function checkCommand(command: string, hasInlineComment: boolean): OptionFault | undefined {
  const words = splitCommand(command);
  if (!words.ok) {
    const isQuote = words.error === 'NoClosingQuotation';
    return {
      code: 'E_COMMAND',
      message: isQuote
        ? 'a quotation mark in command is never closed'
        : 'command ends in a backslash',
      remedy: hasInlineComment ? cutByComment : 'Quote as in a shell; write \\" for a literal ".',
    };
  }
  // `command=""` has one word, of no letters, which is no program.
  if ((words.value[0] ?? '') !== '') return undefined;
  return {
    code: 'E_NO_COMMAND',
    message: 'command is empty',
    remedy: hasInlineComment ? cutByComment : 'Write command=/path/to/program with its arguments.',
  };
}

function checkEnvironment(value: string, hasInlineComment: boolean): OptionFault | undefined {
  const pairs = parseEnvironment(value);
  if (pairs.ok) return undefined;
  const { message, remedy } = pairs.error;
  return {
    code: 'E_ENVIRONMENT',
    message: `environment: ${message}`,
    remedy: hasInlineComment ? cutByComment : remedy,
  };
}

function emptyPath({ name }: ProgramOption): OptionFault {
  return {
    code: 'E_EMPTY_VALUE',
    message: `${name} is empty, and the process would fail to enter it`,
    remedy: `Name a directory, or leave ${name} out.`,
  };
}

function tooLongPath(name: string): OptionFault {
  return {
    code: 'E_LOGFILE',
    message: `${name} has more than ${String(pathMax)} characters`,
    remedy: 'Write a shorter path.',
  };
}

function checkUser(user: string): OptionFault | undefined {
  if (user !== '' && !/^-|:/.test(user)) return undefined;
  return {
    code: 'E_USER',
    message: `user is ${quote(user, 30)}, which is neither a name nor an id`,
    remedy: 'Write the name or the numeric id of a user, or leave user out.',
  };
}
