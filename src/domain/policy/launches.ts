/**
 * What a command really runs: the program itself, what stands behind `env`, `nice`, `timeout` and
 * the like, which run another one for it, and the script of an interpreter.
 *
 * A list of names: a program that is not in it is taken for one that runs nothing else. Of those
 * that are, an option that is not known here is refused, since it could take the next word for its
 * value, so that nobody knows what is run.
 */
import { readInterpreter } from './interpreters.ts';
import { baseName, plainName } from './paths.ts';
import { unknownMark } from './resolveOption.ts';

export interface Launches {
  /** As written, in order: wrappers, then what they run. Applets of busybox are not paths. */
  readonly programs: readonly string[];
  /** What an interpreter reads its code from; its own path is among the programs. */
  readonly scripts: readonly string[];
  /** Names of variables that a wrapper sets for what it runs. */
  readonly variables: readonly string[];
  /** The wrapper, shell or interpreter that runs code or something that cannot be told. */
  readonly code: { readonly type: 'Shell' | 'Wrapper'; readonly program: string } | undefined;
  /** What is run depends on what only the host knows. */
  readonly isUnknown: boolean;
}

/** `words` are those of the command, expanded. */
export function launchesOf(words: readonly string[]): Launches {
  const programs: string[] = [];
  const variables: string[] = [];
  const found = { programs, variables, scripts: [], code: undefined, isUnknown: false };
  let rest = words;
  let isApplet = false;
  for (;;) {
    const [program, ...args] = rest;
    if (program === undefined) return found;
    if (program.includes(unknownMark)) return { ...found, isUnknown: true };
    if (!isApplet) programs.push(program);
    const name = baseName(program);
    const reading = readInterpreter(name, args);
    if (reading?.type === 'Unknown') return { ...found, isUnknown: true };
    if (reading?.type === 'Code') return { ...found, code: { type: 'Shell', program } };
    if (reading?.type === 'Script') return { ...found, scripts: [reading.script] };
    const wrapper = wrappers.get(plainName(name));
    const isOdd = isApplet && wrapper === undefined && !harmlessApplets.has(name);
    const inner = wrapper === undefined ? undefined : innerWords(wrapper, args);
    if (isOpaque(name) || (isOdd && reading === undefined) || inner === 'Opaque') {
      return { ...found, code: { type: 'Wrapper', program } };
    }
    if (inner === 'Unknown') return { ...found, isUnknown: true };
    if (inner === undefined) return found;
    variables.push(...inner.variables);
    isApplet = wrapper?.hasApplets === true;
    rest = inner.words;
  }
}

/** Runs another program, or code: what it is called like says so. */
export function isLauncher(program: string): boolean {
  const name = baseName(program);
  return wrappers.has(plainName(name)) || isOpaque(name) || readInterpreter(name, []) !== undefined;
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
  ['stdbuf', { ...plain, valued: 'ioe', longValued: ['input', 'output', 'error'] }],
  ['ionice', { ...plain, flags: 't', valued: 'cn', longValued: ['class', 'classdata'] }],
  ['tini', { ...plain, flags: 'gswv', valued: 'ep' }],
  ['dumb-init', { ...plain, flags: 'cv', valued: 'r', longFlags: ['single-child', 'verbose'] }],
  ['catatonit', { ...plain, flags: 'gL' }],
  ['choom', { ...plain, valued: 'n', longValued: ['adjust'] }],
  ['pidproxy', { ...plain, operands: 1 }],
  ['busybox', { ...plain, hasApplets: true }],
  ['toybox', { ...plain, hasApplets: true }],
]);

/** Of busybox and toybox: they run nothing else, and write nothing but their output. */
const harmlessApplets: ReadonlySet<string> = new Set(
  (
    'base64 basename cat cksum cmp cut date df diff dirname du echo expr false fold free grep head ' +
    'hexdump hostname id ls md5sum nl nproc nslookup od paste ping ping6 printf ps pwd readlink ' +
    'realpath rev seq sha1sum sha256sum sha512sum sleep stat strings tac tail test tr true uname ' +
    'uptime usleep wc whoami yes zcat'
  ).split(' '),
);

/** They change who runs, where, or read what to run from elsewhere: only by name of the app. */
const opaque: ReadonlySet<string> = new Set(
  (
    'sudo sudoedit doas su runuser pkexec gosu su-exec sg newgrp chpst setuidgid s6-setuidgid ' +
    's6-applyuidgid setpriv capsh chroot unshare nsenter proot bwrap firejail fakeroot fakechroot ' +
    'systemd-run systemd-inhibit systemd-cat systemd-nspawn machinectl docker podman nerdctl crun runc ' +
    'start-stop-daemon daemonize daemon envdir s6-envdir envuidgid softlimit setlock ' +
    'script unbuffer expect_unbuffer ssh ssh-agent strace ltrace gdb valgrind perf catchsegv ' +
    'flock watch time chrt taskset numactl cgexec prlimit setarch linux32 linux64 i386 x86_64 ' +
    'cpulimit uclampset coresched faketime eatmydata find screen tmux dtach socat run-parts ' +
    'dbus-run-session dbus-launch xvfb-run rlwrap torsocks proxychains entr at batch crontab ' +
    'crond cron inetd xinetd telnetd tcpsvd udpsvd runsv runsvdir svlogd logrotate inotifyd'
  ).split(' '),
);

/** The loader of programs runs whatever it is given. */
function isOpaque(name: string): boolean {
  return opaque.has(name) || opaque.has(plainName(name)) || /^ld[-.\d]/.test(name);
}

interface Inner {
  readonly words: readonly string[];
  /** Names that it sets. */
  readonly variables: readonly string[];
}

/** What it runs; undefined when that is nothing. */
function innerWords(
  wrapper: Wrapper,
  args: readonly string[],
): Inner | 'Opaque' | 'Unknown' | undefined {
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
  const variables: string[] = [];
  while (isAssignment(args[at] ?? '')) {
    const assignment = args[at] ?? '';
    if (assignment.includes(unknownMark)) return 'Unknown';
    variables.push(assignment.slice(0, assignment.indexOf('=')));
    at += 1;
  }
  if (args.slice(0, at + wrapper.operands).some((word) => word.includes(unknownMark))) {
    return 'Unknown';
  }
  const words = args.slice(at + wrapper.operands);
  return words.length === 0 ? undefined : { words, variables };
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
