/**
 * The names of the processes of a program: what `process_name` expands to for each of them.
 *
 * supervisor looks for blanks, `:` and `/` before expanding only. A name reaches every XML-RPC
 * answer of the host, with a length counted in characters instead of bytes, and file names: so it
 * is printable ASCII here, and bounded.
 */
import { err, ok, type Result } from '../result.ts';
import { quote } from '../quote.ts';
import { type AppName } from '../types.ts';
import { type OptionFault } from './checkOption.ts';
import { environmentName, type Expansion, expand, parseExpansions } from './expansions.ts';

const lengthMax = 128;

export interface ProcessNumbers {
  readonly first: number;
  readonly count: number;
}

/** `%(host_node_name)s` stays in the names as it is: it is the same for all of them. */
export function processNames(
  app: AppName,
  processName: string,
  { first, count }: ProcessNumbers,
): Result<readonly string[], OptionFault> {
  if (count > 1 && !processName.includes('%(process_num)')) return err(withoutNumber(count));
  const segments = parseExpansions(processName.slice(0, lengthMax * 4), 'Process');
  if (!segments.ok) {
    const { message, remedy } = segments.error;
    return err({ code: 'E_EXPANSION', message: `process_name: ${message}`, remedy });
  }
  const expansions = segments.value.filter((segment) => typeof segment !== 'string');
  if (expansions.some((expansion) => environmentName(expansion) !== undefined)) {
    return err(environmentInName);
  }
  const names = new Set<string>();
  for (let index = 0; index < count; index += 1) {
    const lookUp = (expansion: Expansion) => nameValue(app, expansion, first + index, count);
    const name = expand(segments.value, lookUp);
    const fault = checkName(name, processName.length);
    if (fault !== undefined) return err(fault);
    if (names.has(name)) return err(collision(name, count));
    names.add(name);
  }
  return ok([...names]);
}

function nameValue(app: AppName, { name, text }: Expansion, processNum: number, count: number) {
  if (name === 'process_num') return processNum;
  if (name === 'numprocs') return count;
  if (name === 'here') return '/';
  return name === 'host_node_name' ? text : app;
}

function checkName(name: string, writtenLength: number): OptionFault | undefined {
  // `group:*` is every process of a group, in every command.
  const plain = name.replaceAll(/%\(host_node_name\)-?\d*s/g, 'h');
  const bad = /[^!-~]|[:/]/.exec(plain)?.[0];
  if (bad === undefined && plain !== '' && plain !== '*' && plain.length <= lengthMax) {
    if (writtenLength <= lengthMax * 4) return undefined;
  }
  const why =
    bad !== undefined
      ? `contains ${quote(bad)}`
      : plain === ''
        ? 'is empty'
        : plain === '*'
          ? 'stands for every process of a group'
          : 'is too long';
  return {
    code: 'E_PROCESS_NAME',
    message: `the process name ${quote(name, 40)} ${why}`,
    remedy: `Use up to ${String(lengthMax)} ASCII letters, digits and signs, but no : or /.`,
  };
}

function withoutNumber(count: number): OptionFault {
  return {
    code: 'E_PROCESS_NUM',
    message: `${String(count)} processes would have the same name`,
    remedy: 'Write process_name=%(program_name)s_%(process_num)02d, or numprocs=1.',
  };
}

function collision(name: string, count: number): OptionFault {
  return {
    code: 'E_PROCESS_NUM',
    message: `of ${String(count)} processes more than one would be named ${quote(name, 40)}`,
    remedy: 'Write process_name=%(program_name)s_%(process_num)02d, without %%.',
  };
}

const environmentInName: OptionFault = {
  code: 'E_EXPANSION',
  message: 'process_name cannot depend on an environment: one bad name blinds the whole host',
  remedy: 'Use %(program_name)s, %(process_num)02d or %(host_node_name)s.',
};
