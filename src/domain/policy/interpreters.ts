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
  /** Letters of options whose value is the next word, and no code. */
  readonly valued: string;
  /** Without a script it runs its first word. */
  readonly isCodeFirst?: true;
}

const interpreters: readonly Interpreter[] = [
  {
    names: 'sh bash dash zsh ksh mksh pdksh lksh ash hush csh tcsh fish rbash rc elvish'.split(' '),
    code: 'cC',
    longCode: ['command', 'init-command', 'rcfile', 'init-file'],
    flags: 'abefhiklmnprstuvxBEHPT',
    valued: 'oO',
  },
  {
    names: ['python', 'pypy', 'jython', 'micropython'],
    code: 'c',
    longCode: [],
    flags: 'bBdEhiIOqRsSuvVx',
    valued: 'WXQm',
  },
  {
    names: ['perl', 'ruby', 'jruby', 'truffleruby'],
    code: 'eEmMr',
    longCode: [],
    flags: 'acnpStTuUvwWs',
    valued: 'IC',
  },
  {
    names: ['node', 'nodejs', 'qjs'],
    code: 'epr',
    longCode: ['eval', 'print', 'require', 'import', 'loader', 'experimental-loader', 'test'],
    flags: 'civ',
    valued: 'C',
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
    valued: 'dzS',
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
    valued: 'fvF',
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
    if (meaning === 'Valued') at += 1;
    if (meaning === 'Valued' && (args[at] ?? '').includes(unknownMark)) return 'Unknown';
    mayBeValue = meaning === 'Unclear';
  }
  return 'NoCode';
}

function optionMeaning(
  { code, longCode, flags, valued }: Interpreter,
  word: string,
): 'Code' | 'Flag' | 'Valued' | 'Unclear' {
  if (word.startsWith('--')) {
    const name = word.slice(2).split('=', 1)[0] ?? '';
    // Long names may be cut short.
    if (longCode.some((each) => each.startsWith(name))) return 'Code';
    return word.includes('=') ? 'Flag' : 'Unclear';
  }
  const letters = word.slice(1);
  if ([...letters].some((letter) => code.includes(letter))) return 'Code';
  if ([...letters].every((letter) => flags.includes(letter))) return 'Flag';
  return letters.length === 1 && valued.includes(letters) ? 'Valued' : 'Unclear';
}
