/**
 * The value of a program's option without what it may give away: switches, numbers, signals, users
 * and the names of variables stay, since decisions rest on them; everything that people write freely
 * becomes a placeholder of the same kind. Different values stay different.
 */
import { assertNever } from '../../domain/assertNever.ts';
import { checkOption } from '../../domain/content/checkOption.ts';
import { parseEnvironment } from '../../domain/content/environment.ts';
import {
  expand,
  type Expansion,
  parseExpansions,
  parseLogfileExpansions,
  type Segment,
} from '../../domain/content/expansions.ts';
import { readLogFile } from '../../domain/content/optionValues.ts';
import { type ProgramOption, programOptionsByName } from '../../domain/content/programOptions.ts';
import { splitCommand } from '../../domain/content/shellWords.ts';
import type { AppName } from '../../domain/types.ts';
import type { Placeholders } from './placeholders.ts';

/** Of an option that supervisor knows; a value that is refused stays refused for the same reason. */
export function redactOption(
  app: AppName,
  option: ProgramOption,
  value: string,
  placeholders: Placeholders,
): string {
  learnFrom(option, value, placeholders);
  const fault = checkOption(app, option, value);
  if (fault === undefined) return redactValid(option, value, placeholders);
  const specimens = [
    'redacted',
    '-redacted',
    'redacted"',
    'redacted\\',
    'redacted %',
    '99999999999',
    '',
  ];
  const alike = specimens.find((each) => checkOption(app, option, each)?.code === fault.code);
  return alike ?? 'redacted';
}

function redactValid(option: ProgramOption, value: string, placeholders: Placeholders): string {
  const number = (): string => placeholders.number(value);
  switch (option.type) {
    case 'Integer':
    case 'Boolean':
    case 'ByteSize':
    case 'Autorestart':
    case 'ExitCodes':
    case 'Signal':
    case 'Umask':
    case 'User':
    case 'ProcessName':
      return value;
    case 'Command':
      return [`/redacted/command-${number()}`, ...expansionsIn(option, value)].join(' ');
    case 'Path':
      return [`/redacted/path-${number()}`, ...expansionsIn(option, value)].join('/');
    case 'Text':
      return value === '' || value === 'AUTO' ? value : `http://redacted-${number()}/`;
    case 'LogFile':
      return redactLogFile(value, placeholders);
    case 'Environment':
      return redactEnvironment(option, value, placeholders);
    default:
      return assertNever(option.type);
  }
}

/** What a host has to know to expand it is asked of the host: it stays. */
function expansionsIn({ expands }: ProgramOption, value: string): readonly string[] {
  const segments = expands === undefined ? undefined : parseExpansions(value, expands);
  return segments?.ok === true ? textsOf(segments.value) : [];
}

function textsOf(segments: readonly Segment[]): readonly string[] {
  const expansions = segments.filter((each): each is Expansion => typeof each !== 'string');
  return [...new Set(expansions.map(({ text }) => text))];
}

/** The directory is what the host is asked about. */
function redactLogFile(value: string, placeholders: Placeholders): string {
  if (readLogFile(value) !== 'Path' || /^\/dev\/[a-z]+$/.test(value)) return value;
  const segments = parseLogfileExpansions(value);
  const slash = value.lastIndexOf('/');
  const [dir, file] = [value.slice(0, Math.max(0, slash)), value.slice(slash + 1)];
  const inText = (text: string): string =>
    segments.ok
      ? textsOf(segments.value)
          .filter((each) => text.includes(each))
          .join('-')
      : '';
  const name = `file-${placeholders.number(value)}${inText(file)}.log`;
  if (slash === -1) return name;
  if (dir === '') return `/${name}`;
  const expanded = inText(dir);
  const below = expanded === '' ? '' : `/${expanded}`;
  return `/redacted/logs-${placeholders.number(dir)}${below}/${name}`;
}

/** Stands for the n-th expansion while the pairs are taken apart; refused in content. */
const mark = '\ufdd1';

function redactEnvironment(
  option: ProgramOption,
  value: string,
  placeholders: Placeholders,
): string {
  const pairs = environmentPairs(option, value);
  if (pairs === undefined || pairs.length === 0) return value.trim() === '' ? value : 'redacted';
  const shown = pairs.map(([name, secret]) => {
    const safe = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `NAME_${placeholders.number(name)}`;
    const kept = secret.match(/%\([^()]*\)[-0-9]*[a-zA-Z]/g)?.join('') ?? '';
    return `${safe}="redacted-${placeholders.number(secret)}${kept}"`;
  });
  // Written otherwise, the same pairs are another content.
  return [...shown, `REDACTED="${placeholders.number(value)}"`].join(',');
}

function environmentPairs(option: ProgramOption, value: string) {
  const segments = parseExpansions(value, option.expands ?? 'Process');
  if (!segments.ok) return undefined;
  const texts: string[] = [];
  const marked = expand(segments.value, ({ text }) => {
    texts.push(text);
    return `${mark}${String(texts.length - 1)}${mark}`;
  });
  const environment = parseEnvironment(marked);
  if (!environment.ok) return undefined;
  const restore = (text: string): string =>
    text.replaceAll(/\ufdd1(\d+)\ufdd1/g, (_, index: string) => texts[Number(index)] ?? '');
  return [...environment.value.pairs].map(
    ([name, secret]) => [restore(name), restore(secret)] as const,
  );
}

/** What of it could be quoted elsewhere. */
function learnFrom(option: ProgramOption, value: string, { learn }: Placeholders): void {
  const { type } = option;
  if (type === 'Command') {
    const words = splitCommand(value);
    learn(value);
    for (const word of words.ok ? words.value : value.split(/\s+/))
      if (word.length >= 6) learn(word);
  } else if (type === 'Environment') {
    learn(value);
    for (const [, secret] of environmentPairs(option, value) ?? []) learn(secret);
    for (const part of value.split(/[\s,="']+/)) if (part.length >= 6) learn(part);
  } else if (type === 'Path' || type === 'Text') {
    if (value !== 'AUTO') learn(value);
  } else if (type === 'LogFile') {
    if (readLogFile(value) === 'Path' && !value.startsWith('/dev/')) {
      learn(value);
      const dir = value.slice(0, Math.max(0, value.lastIndexOf('/')));
      if (dir.length >= 6) learn(dir);
    }
  }
}

/** Options of a version or defaults: already accepted, in their order. */
export function redactOptions(
  app: AppName,
  options: readonly (readonly [string, string])[],
  placeholders: Placeholders,
): readonly (readonly [string, string])[] {
  return options.map(([name, value]) => {
    const option = programOptionsByName.get(name);
    if (option === undefined) return [name, `redacted-${placeholders.number(value)}`];
    return [name, redactOption(app, option, value, placeholders)];
  });
}
