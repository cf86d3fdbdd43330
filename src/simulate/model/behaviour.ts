/**
 * What a program does, read from its command: the same words mean the same to the model and to
 * `test/support/behave.sh`, which does it for real.
 *
 * `run=forever` (default) or `run=MS`; `exit=N` is its exit code then; `stop=MS` is how long it
 * takes after a stop signal before it exits with 0, by default it just dies; `stop=ignore` waits
 * for SIGKILL. Any other command runs for ever and dies at once, but for `true` and `false`.
 */
import { splitCommand } from '../../domain/content/shellWords.ts';
import { repr } from './python.ts';

export interface Behaviour {
  /** The first word; '' when the command cannot be cut into words or is empty. */
  readonly program: string;
  /** Why supervisord cannot make words of the command; undefined when it can. */
  readonly fault: string | undefined;
  /** Undefined: for ever. */
  readonly runMs: number | undefined;
  readonly exitStatus: number;
  /** 0: the signal kills it. */
  readonly stop: number | 'ignore';
}

/** `command` is expanded. */
export function readBehaviour(command: string): Behaviour {
  const words = splitCommand(command);
  if (!words.ok) {
    const reason =
      words.error === 'NoClosingQuotation' ? 'No closing quotation' : 'No escaped character';
    return { ...forever, fault: `can't parse command ${repr(command)}: ${reason}` };
  }
  const [program, ...args] = words.value;
  if (program === undefined) return { ...forever, fault: 'command is empty' };
  const name = program.slice(program.lastIndexOf('/') + 1);
  if (name === 'true') return { ...forever, program, runMs: 2 };
  if (name === 'false') return { ...forever, program, runMs: 2, exitStatus: 1 };
  let behaviour: Behaviour = { ...forever, program };
  for (const arg of args) behaviour = withArgument(behaviour, arg);
  return behaviour;
}

const forever: Behaviour = {
  program: '',
  fault: undefined,
  runMs: undefined,
  exitStatus: 0,
  stop: 0,
};

function withArgument(behaviour: Behaviour, arg: string): Behaviour {
  const equals = arg.indexOf('=');
  const value = arg.slice(equals + 1);
  const number = Number(value);
  switch (arg.slice(0, Math.max(0, equals))) {
    case 'run':
      return { ...behaviour, runMs: Number.isInteger(number) ? number : undefined };
    case 'exit':
      return Number.isInteger(number) ? { ...behaviour, exitStatus: number } : behaviour;
    case 'stop':
      if (value === 'ignore') return { ...behaviour, stop: 'ignore' };
      return Number.isInteger(number) ? { ...behaviour, stop: number } : behaviour;
    default:
      return behaviour;
  }
}
