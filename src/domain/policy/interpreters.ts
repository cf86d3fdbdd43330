/**
 * Shells and interpreters: are they given code, and where else does the script lie that they run?
 *
 * Looks at the words before the script. An option that is not known here is taken for code: it could
 * be some, or take the next word for its value, so that another one is the script.
 */
import { plainName } from './paths.ts';
import { unknownMark } from './resolveOption.ts';

interface Interpreter {
  /** Of what it is called, without the version behind it. */
  readonly names: readonly string[];
  /** Letters of options that take no value, and of those that do. */
  readonly flags: string;
  readonly valued: string;
  readonly longFlags: readonly string[];
  /** Letter of the option whose value is a module, to which all that follows belongs. */
  readonly module?: string;
  /** A value is the next word, never the rest of this one; and `+x` is an option. */
  readonly isShell?: true;
  /** `--name=value` is harmless but for these; undefined: it never is. */
  readonly longCode?: readonly string[];
}

const none = { flags: '', valued: '', longFlags: [] };

/** What reads files out of the home is missing on purpose: `environment` says where that is. */
const shell = { ...none, flags: 'abefhkmnprtuvxBEHPT', isShell: true } as const;

const interpreters: readonly Interpreter[] = [
  {
    ...{ ...shell, names: ['bash', 'rbash'], valued: 'oO' },
    longFlags: ['noprofile', 'norc', 'posix', 'restricted', 'verbose'],
  },
  { ...shell, names: 'sh dash zsh ksh rksh mksh pdksh lksh ash posh yash'.split(' '), valued: 'o' },
  { ...none, names: 'hush csh tcsh fish rc elvish xonsh nu osh ysh'.split(' '), flags: 'efvx' },
  {
    names: 'python pythonw pypy jython graalpy micropython'.split(' '),
    ...{ flags: 'bBdEIOPqRsSuvVx', valued: 'W', longFlags: [], module: 'm' },
  },
  { ...none, names: ['perl'], flags: 'acnpStTuUvwWsl0123456789' },
  { ...none, names: ['ruby', 'jruby', 'truffleruby'], flags: 'acnpSUvwWsy' },
  {
    names: ['node', 'nodejs', 'qjs'],
    ...{ flags: 'cv', valued: '' },
    longFlags: (
      'enable-source-maps expose-gc no-deprecation no-warnings no-addons preserve-symlinks ' +
      'preserve-symlinks-main pending-deprecation throw-deprecation trace-deprecation trace-gc ' +
      'trace-uncaught trace-warnings trace-exit abort-on-uncaught-exception use-openssl-ca ' +
      'use-bundled-ca use-system-ca experimental-strip-types insecure-http-parser'
    ).split(' '),
    // Whoever reaches the port of --inspect runs code.
    longCode: (
      'eval print require import loader experimental-loader test run env-file input-type ' +
      'env-file-if-exists inspect inspect-brk inspect-wait inspect-port debug-port openssl-config ' +
      'experimental-config-file snapshot-blob build-snapshot build-snapshot-config es-module-specifier ' +
      'experimental-default-config-file experimental-default-type conditions watch-path'
    ).split(' '),
  },
  { ...none, names: ['php'], flags: 'nqvCH' },
  { ...none, names: ['lua', 'luajit'], flags: 'EvW' },
  { ...none, names: ['Rscript'], longFlags: ['vanilla', 'no-environ', 'no-site-file'] },
  { ...none, names: 'tclsh guile groovy scala julia pwsh'.split(' ') },
];

/** Whatever they are given is code, or finds some: also words that they read. */
const alwaysCode: ReadonlySet<string> = new Set(
  (
    'awk gawk mawk nawk original-awk bwk expect wish jshell jrunscript sqlite sed ed ex vi vim ' +
    'nvim emacs deno bun R octave erl elixir iex ocaml ipython bpython ghci irb xargs parallel ' +
    'make gmake npm npx yarn pnpm'
  ).split(' '),
);

/** Programs that are no interpreters, with the options by which they run others. */
const codeOptions: ReadonlyMap<string, { readonly letters: string; readonly long: string }> =
  new Map([
    ['git', { letters: 'c', long: 'config-env exec-path upload-pack receive-pack exec' }],
    [
      'tar',
      {
        letters: 'IF',
        long: 'checkpoint-action to-command use-compress-program rsh-command rmt-command info-script new-volume-script',
      },
    ],
    ['rsync', { letters: 'eM', long: 'rsh rsync-path remote-option early-input config dparam' }],
    ...['nc', 'ncat', 'netcat'].map(
      (name) => [name, { letters: 'ec', long: 'exec sh-exec lua-exec' }] as const,
    ),
    ['tcpdump', { letters: 'z', long: '' }],
  ]);

export type Reading =
  | { readonly type: 'Code' | 'Unknown' | 'Module' }
  | { readonly type: 'Script'; readonly script: string };

/** Undefined when it is no interpreter; `Unknown` when what only the host knows decides. */
export function readInterpreter(name: string, args: readonly string[]): Reading | undefined {
  const plain = plainName(name);
  if (alwaysCode.has(plain) || hasCodeOption(plain, args)) return { type: 'Code' };
  const interpreter = interpreters.find(({ names }) => names.includes(plain));
  return interpreter === undefined ? undefined : readWords(interpreter, args);
}

function readWords(interpreter: Interpreter, args: readonly string[]): Reading {
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word.includes(unknownMark)) return { type: 'Unknown' };
    const isEnd = word === '--';
    const isOption = interpreter.isShell === true ? /^[-+]./.test(word) : /^-./.test(word);
    if (isEnd || !isOption) {
      const script = isEnd ? args[at + 1] : word;
      if (script === undefined) break;
      return script.includes(unknownMark) ? { type: 'Unknown' } : { type: 'Script', script };
    }
    const values = valuesOf(interpreter, word);
    if (values === 'Code') return { type: 'Code' };
    if (values === 'Module') return readModule(args[at + 1] ?? '');
    if (args.slice(at + 1, at + 1 + values).some((value) => value.includes(unknownMark))) {
      return { type: 'Unknown' };
    }
    // A value that looks like an option: who wrote it meant something else than what it does.
    if (args.slice(at + 1, at + 1 + values).some((value) => /^[-+]./.test(value))) {
      return { type: 'Code' };
    }
    at += values;
  }
  // Without a script it reads code from its input.
  return { type: 'Code' };
}

/** Modules of Python whose arguments are code, or that fetch or run some. */
const codeModules: ReadonlySet<string> = new Set(
  (
    'timeit pdb bdb trace profile cProfile code codeop runpy pip ensurepip zipapp venv idlelib ' +
    'IPython ipykernel unittest doctest pytest nose test supervisor xmlrpc pydoc'
  ).split(' '),
);

function readModule(module: string): Reading {
  if (module.includes(unknownMark)) return { type: 'Unknown' };
  const isCode = module === '' || codeModules.has(module.split('.')[0] ?? '');
  return { type: isCode ? 'Code' : 'Module' };
}

/** How many words behind the option are its values. */
function valuesOf(
  { flags, valued, longFlags, longCode, module, isShell }: Interpreter,
  word: string,
): number | 'Code' | 'Module' {
  if (word.startsWith('--')) {
    const [written = '', value] = word.slice(2).split('=', 2);
    const name = written.replaceAll('_', '-');
    if (longFlags.includes(name)) return 0;
    // Long names may be cut short.
    const isHarmless = longCode?.some((each) => each.startsWith(name)) === false;
    return isHarmless && value !== undefined ? 0 : 'Code';
  }
  let values = 0;
  for (let at = 1; at < word.length; at += 1) {
    const letter = word[at] ?? '';
    const isLast = at === word.length - 1;
    // Joined to its option a module is seldom written: nobody needs to tell it from code.
    if (letter === module) return isLast ? 'Module' : 'Code';
    if (valued.includes(letter)) {
      if (isShell !== true) return isLast ? 1 : 0;
      values += 1;
    } else if (!flags.includes(letter)) return 'Code';
  }
  return values;
}

function hasCodeOption(name: string, args: readonly string[]): boolean {
  const options = codeOptions.get(name);
  if (options === undefined) return false;
  const { letters, long } = options;
  return args.some((word, at) => {
    const [written = ''] = word.slice(2).split('=', 1);
    if (word.startsWith('--')) {
      return written !== '' && long.split(' ').some((each) => each.startsWith(written));
    }
    // tar takes its first word without the dash, too.
    const isOption = word.startsWith('-') || (name === 'tar' && at === 0);
    return isOption && Array.from(word).some((letter) => letters.includes(letter));
  });
}
