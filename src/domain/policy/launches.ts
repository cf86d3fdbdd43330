/**
 * What a command really runs: the program itself, and what stands behind `env`, `nice`, `timeout`
 * and the like, which run another one for it.
 *
 * Errs on the side of caution: an option of such a wrapper that is not known here could take the
 * next word for its value, so that nobody knows what is run.
 */
import { runsCode } from './interpreters.ts';
import { baseName, plainName } from './paths.ts';
import { unknownMark } from './resolveOption.ts';

export interface Launches {
  /** As written, in order: wrappers, then what they run. Applets of busybox are not paths. */
  readonly programs: readonly string[];
  /** The wrapper, shell or interpreter that runs code or something that cannot be told. */
  readonly code: { readonly type: 'Shell' | 'Wrapper'; readonly program: string } | undefined;
  /** What is run depends on what only the host knows. */
  readonly isUnknown: boolean;
}

/** `words` are those of the command, expanded. */
export function launchesOf(words: readonly string[]): Launches {
  const programs: string[] = [];
  let rest = words;
  let isApplet = false;
  for (;;) {
    const [program, ...args] = rest;
    if (program === undefined) return { programs, code: undefined, isUnknown: false };
    if (program.includes(unknownMark)) return { programs, code: undefined, isUnknown: true };
    if (!isApplet) programs.push(program);
    const name = baseName(program);
    const wrapper = wrappers.get(plainName(name));
    const verdict = runsCode(name, args);
    if (verdict === 'Unknown') return { programs, code: undefined, isUnknown: true };
    if (verdict === 'Code') return { programs, code: { type: 'Shell', program }, isUnknown: false };
    const inner = wrapper === undefined ? undefined : innerWords(wrapper, args);
    if (isOpaque(name) || inner === 'Opaque') {
      return { programs, code: { type: 'Wrapper', program }, isUnknown: false };
    }
    if (inner === 'Unknown') return { programs, code: undefined, isUnknown: true };
    if (inner === undefined) return { programs, code: undefined, isUnknown: false };
    isApplet = wrapper?.hasApplets === true;
    rest = inner;
  }
}

/** Runs another program, or code: what it is called like says so. */
export function isLauncher(program: string): boolean {
  const name = baseName(program);
  return wrappers.has(plainName(name)) || isOpaque(name) || runsCode(name, []) !== undefined;
}

interface Wrapper {
  /** Letters of options without a value, and with one. */
  readonly flags: string;
  readonly valued: string;
  /** The same, long; a value may also be joined by `=`. */
  readonly longFlags: readonly string[];
  readonly longValued: readonly string[];
  /** Words of its own between its options and the program. */
  readonly operands: number;
  /** `NAME=value` before the program. */
  readonly hasAssignments?: true;
  /** `-10` is an option. */
  readonly hasNumbers?: true;
  readonly hasApplets?: true;
}

const plain: Wrapper = { flags: '', valued: '', longFlags: [], longValued: [], operands: 0 };

/** GNU coreutils, util-linux, findutils and busybox, by their manuals. */
const wrappers: ReadonlyMap<string, Wrapper> = new Map([
  [
    'env',
    {
      ...plain,
      flags: 'i0v',
      valued: 'uC',
      longFlags: ['ignore-environment', 'null', 'debug'],
      longValued: ['unset', 'chdir'],
      hasAssignments: true,
    },
  ],
  ['nice', { ...plain, valued: 'n', longValued: ['adjustment'], hasNumbers: true }],
  ['nohup', plain],
  ['setsid', { ...plain, flags: 'cfw', longFlags: ['ctty', 'fork', 'wait'] }],
  [
    'timeout',
    {
      ...plain,
      flags: 'fpv',
      valued: 'ks',
      longFlags: ['foreground', 'preserve-status', 'verbose'],
      longValued: ['kill-after', 'signal'],
      operands: 1,
    },
  ],
  [
    'xargs',
    {
      ...plain,
      flags: '0oprtx',
      valued: 'adEILnPs',
      longFlags: ['null', 'open-tty', 'interactive', 'no-run-if-empty', 'verbose', 'exit'],
      longValued: ['arg-file', 'delimiter', 'max-lines', 'max-args', 'max-procs', 'max-chars'],
    },
  ],
  ['stdbuf', { ...plain, valued: 'ioe', longValued: ['input', 'output', 'error'] }],
  ['ionice', { ...plain, flags: 't', valued: 'cn', longValued: ['class', 'classdata'] }],
  ['tini', { ...plain, flags: 'gswv', valued: 'ep' }],
  ['dumb-init', { ...plain, flags: 'cv', valued: 'r', longFlags: ['single-child', 'verbose'] }],
  ['busybox', { ...plain, hasApplets: true }],
  ['toybox', { ...plain, hasApplets: true }],
]);

/** They change who runs, where, or read what to run from elsewhere: only by name of the app. */
const opaque: ReadonlySet<string> = new Set(
  (
    'sudo doas su runuser chroot unshare nsenter setpriv capsh systemd-run start-stop-daemon ' +
    'script ssh strace ltrace gdb flock parallel watch time chrt taskset find screen tmux ' +
    'proot bwrap firejail faketime prlimit setarch linux32 linux64 cpulimit daemonize socat'
  ).split(' '),
);

/** The loader of programs runs whatever it is given. */
function isOpaque(name: string): boolean {
  return opaque.has(name) || opaque.has(plainName(name)) || /^ld(?:-linux|-musl|\.so)/.test(name);
}

/** What it runs; undefined when that is nothing. */
function innerWords(
  wrapper: Wrapper,
  args: readonly string[],
): readonly string[] | 'Opaque' | 'Unknown' | undefined {
  let at = 0;
  for (; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word.includes(unknownMark)) return 'Unknown';
    if (word === '--') {
      at += 1;
      break;
    }
    if (!word.startsWith('-')) break;
    const taken = optionWords(wrapper, word);
    if (taken === undefined) return 'Opaque';
    at += taken - 1;
  }
  const isAssignment = (word: string): boolean =>
    wrapper.hasAssignments === true && word.includes('=');
  while (isAssignment(args[at] ?? '')) {
    if ((args[at] ?? '').includes(unknownMark)) return 'Unknown';
    at += 1;
  }
  if (args.slice(0, at + wrapper.operands).some((word) => word.includes(unknownMark))) {
    return 'Unknown';
  }
  const inner = args.slice(at + wrapper.operands);
  return inner.length === 0 ? undefined : inner;
}

/** How many words the option takes; undefined when that is not known. */
function optionWords(wrapper: Wrapper, word: string): 1 | 2 | undefined {
  if (word === '-') return wrapper.hasAssignments === true ? 1 : undefined;
  if (wrapper.hasNumbers === true && /^--?\d+$/.test(word)) return 1;
  if (word.startsWith('--')) {
    const [name = '', value] = word.slice(2).split('=', 2);
    if (wrapper.longFlags.includes(name)) return 1;
    if (!wrapper.longValued.includes(name)) return undefined;
    return value === undefined ? 2 : 1;
  }
  for (let at = 1; at < word.length; at += 1) {
    const letter = word[at] ?? '';
    if (wrapper.valued.includes(letter)) return at + 1 === word.length ? 2 : 1;
    if (!wrapper.flags.includes(letter)) return undefined;
  }
  return 1;
}
