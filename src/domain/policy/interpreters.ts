/**
 * Shells and interpreters, and whether their arguments are code.
 *
 * Looks at the words before the script. Where it cannot be told whether a word is the value of an
 * option or the script, the words behind it are looked at too.
 */
import { plainName } from './paths.ts';
import { unknownMark } from './resolveOption.ts';

interface Interpreter {
  /** Of what it is called, without the version behind it. */
  readonly names: readonly string[];
  /** Letters of options whose value is code. */
  readonly code: string;
  readonly longCode: readonly string[];
  /** Letters of options that take no value: what follows them may be the script. */
  readonly flags: string;
  /** Letter of the option whose value is a module, to which all that follows belongs. */
  readonly module?: string;
  /** Without a script it runs its first word. */
  readonly isCodeFirst?: true;
}

const interpreters: readonly Interpreter[] = [
  {
    names: 'sh bash dash zsh ksh mksh pdksh lksh ash hush csh tcsh fish rbash rc elvish'.split(' '),
    code: 'cC',
    longCode: ['command', 'init-command', 'rcfile', 'init-file'],
    flags: 'abefhiklmnprstuvxBEHPT',
  },
  {
    names: ['python', 'pypy', 'jython', 'micropython'],
    code: 'c',
    longCode: [],
    flags: 'bBdEhiIOqRsSuvVx',
    module: 'm',
  },
  {
    names: ['perl', 'ruby', 'jruby', 'truffleruby'],
    code: 'eEmMr',
    longCode: [],
    flags: 'acnpStTuUvwWs',
  },
  {
    names: ['node', 'nodejs', 'qjs'],
    code: 'epr',
    longCode: ['eval', 'print', 'require', 'import', 'loader', 'experimental-loader', 'test'],
    flags: 'civ',
  },
  {
    names: [
      'php',
      'lua',
      'luajit',
      'tclsh',
      'Rscript',
      'guile',
      'groovy',
      'scala',
      'julia',
      'pwsh',
    ],
    code: 'eErRBFclC',
    longCode: ['run', 'process-code', 'process-begin', 'process-end', 'eval', 'print', 'command'],
    flags: 'inqvVs',
  },
  {
    names: [
      'awk',
      'gawk',
      'mawk',
      'nawk',
      'expect',
      'wish',
      'jshell',
      'sqlite',
      'sed',
      'vim',
      'ed',
      'deno',
      'bun',
    ],
    code: 'ceE',
    longCode: ['source', 'expression'],
    flags: '',
    isCodeFirst: true,
  },
];

/** Undefined when it is no interpreter; `Unknown` when what only the host knows decides. */
export function runsCode(
  name: string,
  args: readonly string[],
): 'Code' | 'NoCode' | 'Unknown' | undefined {
  const interpreter = interpreters.find(({ names }) => names.includes(plainName(name)));
  if (interpreter === undefined) return undefined;
  if (interpreter.isCodeFirst === true) return args.length > 0 ? 'Code' : 'NoCode';
  let mayBeValue = false;
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word.includes(unknownMark)) return 'Unknown';
    if (word === '--') return 'NoCode';
    if (!/^[-+]./.test(word)) {
      if (!mayBeValue) return 'NoCode';
      mayBeValue = false;
      continue;
    }
    const meaning = optionMeaning(interpreter, word);
    if (meaning === 'Code') return 'Code';
    if (meaning === 'Module') return moduleRunsCode(args[at + 1] ?? '');
    // A value that looks like an option is looked at as one, too.
    mayBeValue = meaning !== 'Flag';
  }
  return 'NoCode';
}

/** Modules of Python whose arguments are code, or that fetch some. */
const codeModules = 'timeit pdb trace profile cProfile code runpy pip ensurepip zipapp'.split(' ');

function moduleRunsCode(module: string): 'Code' | 'NoCode' | 'Unknown' {
  if (module.includes(unknownMark)) return 'Unknown';
  return codeModules.includes(module.split('.')[0] ?? '') ? 'Code' : 'NoCode';
}

function optionMeaning(
  { code, longCode, flags, module }: Interpreter,
  word: string,
): 'Code' | 'Flag' | 'Module' | 'Unclear' {
  if (word.startsWith('--')) {
    const name = word.slice(2).split('=', 1)[0] ?? '';
    // Long names may be cut short.
    if (longCode.some((each) => each.startsWith(name))) return 'Code';
    return word.includes('=') ? 'Flag' : 'Unclear';
  }
  const letters = word.slice(1);
  if ([...letters].some((letter) => code.includes(letter))) return 'Code';
  const others = letters.slice(0, -1);
  if (letters.at(-1) === module && isEach(others, flags)) return 'Module';
  // Joined to its option a module is seldom written: nobody needs to tell it from code.
  if (module !== undefined && letters.includes(module)) return 'Code';
  return isEach(letters, flags) ? 'Flag' : 'Unclear';
}

function isEach(letters: string, allowed: string): boolean {
  return [...letters].every((letter) => allowed.includes(letter));
}
