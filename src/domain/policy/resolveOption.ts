/**
 * What an option's value becomes on a host, as far as anybody can know before asking it.
 *
 * What only the host knows becomes `unknownMark`; what the program's own `environment` sets is put
 * in, where supervisor puts it in too.
 */
import { parseEnvironment } from '../content/environment.ts';
import {
  environmentName,
  type Expansion,
  expand,
  parseExpansions,
  parseLogfileExpansions,
  type Segment,
} from '../content/expansions.ts';
import { readInteger } from '../content/optionValues.ts';
import { programOptionsByName } from '../content/programOptions.ts';
import { type PolicyProgram } from './rule.ts';

/** A noncharacter: refused in content, so that it never collides. */
export const unknownMark = '\ufdd2';

type Program = Pick<PolicyProgram, 'app' | 'options'>;

/** Of these many processes each is looked at; more are refused for their number. */
const processesMax = 64;

/** The values that the processes of the program get, each once; empty when it is not set. */
export function resolveOption(program: Program, name: string): readonly string[] {
  const values = segmentsOf(program, name);
  if (values === undefined) return [];
  const { segments, isLate } = values;
  const found = new Set<string>();
  for (const processNum of processNumbers(program, segments, isLate)) {
    const own = isLate ? ownEnvironment(program, processNum) : new Map<string, string>();
    found.add(expand(segments, (expansion) => valueOf(program, expansion, processNum, own)));
  }
  return [...found];
}

/** Variables of supervisord itself that the option shows, each once. */
export function shownVariables(program: Program, name: string): readonly string[] {
  const values = segmentsOf(program, name);
  if (values === undefined) return [];
  const own = values.isLate ? ownOfEvery(program) : undefined;
  const names = values.segments.flatMap((segment) =>
    typeof segment === 'string' ? [] : (environmentName(segment) ?? []),
  );
  return [...new Set(names)].filter((variable) => own?.has(variable) !== true);
}

/** Names that every process sets for itself: what one does not set, supervisord's has. */
function ownOfEvery(program: Program): ReadonlySet<string> {
  const segments = segmentsOf(program, 'environment')?.segments ?? [];
  const [first, ...others] = processNumbers(program, segments, false).map((processNum) =>
    ownEnvironment(program, processNum),
  );
  const names = [...(first?.keys() ?? [])];
  return new Set(names.filter((name) => others.every((each) => each.has(name))));
}

/** The pairs that `environment` sets for the processes; the same name may come with several values. */
export function environmentPairs(program: Program): readonly (readonly [string, string])[] {
  const segments = segmentsOf(program, 'environment')?.segments;
  if (segments === undefined) return [];
  return processNumbers(program, segments, false).flatMap((processNum) => [
    ...ownEnvironment(program, processNum),
  ]);
}

function segmentsOf({ options }: Program, name: string) {
  const option = programOptionsByName.get(name);
  const value = options.get(name);
  if (option === undefined || value === undefined) return undefined;
  if (option.expands === undefined) return { segments: [value], isLate: false };
  const parsed =
    option.type === 'LogFile'
      ? parseLogfileExpansions(value)
      : parseExpansions(value, option.expands);
  // Accepted content has no others; whatever they are, nothing is known of them.
  if (!parsed.ok) return { segments: [unknownMark], isLate: false };
  return { segments: parsed.value, isLate: option.expands === 'ProcessWithEnvironment' };
}

function firstNumber({ options }: Program): number {
  return readInteger(options.get('numprocs_start') ?? '') ?? 0;
}

function processNumbers(
  program: Program,
  segments: readonly Segment[],
  isLate: boolean,
): readonly number[] {
  const first = firstNumber(program);
  const isNumbered = (each: Segment): boolean =>
    typeof each !== 'string' && each.name === 'process_num';
  const environment = isLate ? segmentsOf(program, 'environment')?.segments : undefined;
  if (!segments.some(isNumbered) && environment?.some(isNumbered) !== true) return [first];
  const count = readInteger(program.options.get('numprocs') ?? '') ?? 1;
  return Array.from({ length: Math.min(count, processesMax) }, (_, index) => first + index);
}

function ownEnvironment(program: Program, processNum: number): ReadonlyMap<string, string> {
  const segments = segmentsOf(program, 'environment')?.segments;
  const none = new Map<string, string>();
  if (segments === undefined) return none;
  const text = expand(segments, (expansion) => {
    const value = valueOf(program, expansion, processNum, none);
    return value === unknownMark ? unknownWord : value;
  });
  const environment = parseEnvironment(text);
  const pairs = environment.ok ? [...environment.value.pairs] : [[unknownWord, ''] as const];
  const marked = (part: string): string => part.replaceAll(unknownWord, unknownMark);
  return new Map(pairs.map(([name, value]) => [marked(name), marked(value)]));
}

/** Instead of the mark where words are cut: it is one, as what the host puts there should be. */
const unknownWord = '_known_to_the_host_alone_';

function valueOf(
  { app, options }: Program,
  expansion: Expansion,
  processNum: number,
  own: ReadonlyMap<string, string>,
): string | number {
  switch (expansion.name) {
    case 'program_name':
    case 'group_name':
      return app;
    case 'process_num':
      return processNum;
    case 'numprocs':
      return readInteger(options.get('numprocs') ?? '') ?? 1;
    default: {
      const variable = environmentName(expansion);
      return (variable === undefined ? undefined : own.get(variable)) ?? unknownMark;
    }
  }
}
