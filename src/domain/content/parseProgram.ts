/**
 * From the text of a program to its options, as supervisor 4.2 would read them below a
 * [program:x] header, or to everything that is wrong with it.
 *
 * Nothing is refused for what depends on the host; for that see `hostQuestions`.
 */
import { nearest } from '../nearest.ts';
import { quote } from '../quote.ts';
import { err, ok, type Result } from '../result.ts';
import { type AppName, type Problem, type ProgramOptions } from '../types.ts';
import { findForbiddenCharacter } from './characters.ts';
import { checkOption, type OptionFault } from './checkOption.ts';
import { crossWarnings } from './crossWarnings.ts';
import { readBoolean, readInteger } from './optionValues.ts';
import { processNames } from './processNames.ts';
import { programOptions, programOptionsByName } from './programOptions.ts';
import { type RawOption, readBody } from './readBody.ts';

export interface ParsedProgram {
  /** Name to value as supervisor reads it before expansion; in the order of `programOptions`. */
  readonly options: ProgramOptions;
  /** In the order of their lines. */
  readonly warnings: readonly Problem[];
  /** 1-based, by option. */
  readonly lines: ReadonlyMap<string, number>;
  readonly lineCount: number;
}

export interface ParseRules {
  /** `warn` leaves them out, as supervisor itself ignores them. */
  readonly unknownOptions: 'refuse' | 'warn';
}

type RawOptions = ReadonlyMap<string, RawOption>;

/** More help nobody; a hostile body has thousands. */
const problemsMax = 50;

/** Errors are in the order of their lines, those of the whole body first; at least one. */
export function parseProgram(
  app: AppName,
  text: string,
  rules: ParseRules,
): Result<ParsedProgram, readonly Problem[]> {
  const character = findForbiddenCharacter(text);
  if (character !== undefined) return err([character]);
  const body = readBody(text);
  const options = new Map<string, string>();
  const errors: Problem[] = [...body.errors];
  for (const option of programOptions) {
    const raw = body.options.get(option.name);
    if (raw === undefined) continue;
    options.set(option.name, raw.value);
    const fault = checkOption(app, option, raw.value, raw.hasInlineComment);
    if (fault !== undefined) errors.push(at(raw, fault));
  }
  const isSectioned = body.errors.some(({ code }) => code === 'E_SECTION_HEADER');
  if (!options.has('command') && !isSectioned) errors.push(noCommand(body.options));
  if (errors.length === 0) errors.push(...checkTogether(app, body.options));
  const unknown = body.options.size === options.size ? [] : unknownOptions(body.options, rules);
  if (rules.unknownOptions === 'refuse') errors.push(...unknown);
  if (errors.length > 0) return err(inOrder(errors));
  const warnings = [
    ...body.warnings,
    ...(rules.unknownOptions === 'warn' ? unknown : []),
    ...lookalikeWarnings(body.options),
    ...crossWarnings(body.options),
  ];
  const lines = [...options.keys()].map(
    (name) => [name, body.options.get(name)?.line ?? 0] as const,
  );
  const lineCount = text.replace(/\n$/, '').split('\n').length;
  return ok({ options, warnings: inOrder(warnings), lines: new Map(lines), lineCount });
}

/** What is wrong with options as defaults for every program; they have no lines. */
export function checkDefaults(
  defaults: readonly (readonly [string, string])[],
): readonly Problem[] {
  const app = 'app' as AppName;
  return defaults.flatMap(([name, value]) => {
    const option = programOptionsByName.get(name);
    if (option === undefined) return [at(undefined, unknownOption(name, 'refuse'))];
    const written = readBody(`${name}=${value}`);
    const isKept = written.options.get(name)?.value === value && written.errors.length === 0;
    const fault = isKept ? checkOption(app, option, value) : notOneLine(name);
    const character = findForbiddenCharacter(value);
    if (character !== undefined) return [character];
    return fault === undefined ? [] : [at(undefined, fault)];
  });
}

/** What only several options together show; asked when each on its own is good. */
function checkTogether(app: AppName, options: RawOptions): readonly Problem[] {
  const problems: Problem[] = [];
  const number = (name: string, otherwise: number) => {
    const value = options.get(name)?.value;
    return (value === undefined ? undefined : readInteger(value)) ?? otherwise;
  };
  const names = processNames(app, options.get('process_name')?.value ?? '%(program_name)s', {
    first: number('numprocs_start', 0),
    count: number('numprocs', 1),
  });
  if (!names.ok) {
    problems.push(at(options.get('process_name') ?? options.get('numprocs'), names.error));
  }
  const killasgroup = options.get('killasgroup');
  const stopasgroup = readBoolean(options.get('stopasgroup')?.value ?? 'false') ?? false;
  if (stopasgroup && killasgroup !== undefined && readBoolean(killasgroup.value) === false) {
    problems.push(at(killasgroup, stopWithoutKill));
  }
  return problems;
}

function unknownOptions(options: RawOptions, rules: ParseRules): readonly Problem[] {
  const problems: Problem[] = [];
  for (const [name, raw] of options) {
    if (programOptionsByName.has(name)) continue;
    problems.push(at(raw, unknownOption(name, rules.unknownOptions)));
    if (problems.length >= problemsMax) break;
  }
  return problems;
}

function unknownOption(name: string, rule: ParseRules['unknownOptions']): OptionFault {
  const guess = name.length > 64 ? undefined : nearest(name, programOptionsByName.keys());
  const hint = guess === undefined ? '' : `: did you mean ${quote(guess)}?`;
  const correct = guess === undefined ? 'Remove it' : `Write ${guess}, or remove it`;
  return rule === 'refuse'
    ? {
        code: 'E_UNKNOWN_OPTION',
        message: `${quote(name, 40)} is not an option of a program in supervisor 4.2${hint}`,
        remedy: `${correct}; with --allow-unknown it is left out.`,
      }
    : {
        code: 'W_UNKNOWN_OPTION',
        message: `${quote(name, 40)} is left out, since supervisor 4.2 does not know it${hint}`,
        remedy: `${correct}.`,
      };
}

function lookalikeWarnings(options: RawOptions): readonly Problem[] {
  const problems: Problem[] = [];
  for (const { name, lookalikes } of options.values()) {
    for (const lookalike of lookalikes) {
      if (!programOptionsByName.has(lookalike.name)) continue;
      problems.push({
        code: 'W_CONTINUATION',
        line: lookalike.line,
        message: `${lookalike.name} became a part of ${quote(name, 40)}: it is indented deeper`,
        remedy: 'Begin it in the same column if it is an option of its own.',
      });
    }
  }
  return problems;
}

function at(raw: RawOption | undefined, fault: OptionFault): Problem {
  return { ...fault, line: raw?.line ?? 0 };
}

/** The sort is stable: problems of one line stay in the order in which they were found. */
function inOrder(problems: readonly Problem[]): readonly Problem[] {
  if (problems.length < 2) return problems;
  return problems.toSorted((a, b) => a.line - b.line).slice(0, problemsMax);
}

/** Names the line that was probably meant: an agent reports unknown options as warnings only. */
function noCommand(options: RawOptions): Problem {
  for (const [name, raw] of options) {
    if (programOptionsByName.has(name) || nearest(name.slice(0, 64), ['command']) === undefined) {
      continue;
    }
    return at(raw, {
      code: 'E_NO_COMMAND',
      message: `there is no command, but ${quote(name, 40)}`,
      remedy: 'Write command instead.',
    });
  }
  return at(undefined, {
    code: 'E_NO_COMMAND',
    message: 'there is no command',
    remedy: 'Write command=/path/to/program with its arguments.',
  });
}

const stopWithoutKill: OptionFault = {
  code: 'E_STOPASGROUP',
  message: 'stopasgroup=true with killasgroup=false, which supervisor refuses',
  remedy: 'Remove killasgroup: it follows stopasgroup.',
};

function notOneLine(name: string): OptionFault {
  return {
    code: 'E_SYNTAX',
    message: `${name} would not be read back from a file as it is given`,
    remedy: 'Write one line without a blank before ; or # and without blanks around it.',
  };
}
