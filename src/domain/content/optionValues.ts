/**
 * One value of an option, read as supervisor's `datatypes` read it.
 *
 * The readers give undefined for what supervisor refuses; ranges are looked at apart.
 */

/** Python's `int`, of ASCII digits: sign and single underscores between digits are allowed. */
export function readInteger(text: string): number | undefined {
  const trimmed = text.trim();
  // Python 3.11 refuses above 4300 digits; nothing sensible has more than a few.
  if (trimmed.length > 100 || !/^[+-]?\d+(?:_\d+)*$/.test(trimmed)) return undefined;
  return Number(trimmed.replaceAll('_', ''));
}

const truths = ['yes', 'true', 'on', '1'];
const falsehoods = ['no', 'false', 'off', '0'];

export function readBoolean(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  if (truths.includes(lower)) return true;
  return falsehoods.includes(lower) ? false : undefined;
}

export function readAutorestart(text: string): 'true' | 'false' | 'unexpected' | undefined {
  if (text.toLowerCase() === 'unexpected') return 'unexpected';
  const isTrue = readBoolean(text);
  return isTrue === undefined ? undefined : isTrue ? 'true' : 'false';
}

/** In bytes. */
export function readByteSize(text: string): number | undefined {
  const lower = text.toLowerCase();
  const factor = byteFactors.get(lower.slice(-2));
  const number = readInteger(factor === undefined ? lower : lower.slice(0, -2));
  return number === undefined ? undefined : number * (factor ?? 1);
}

const byteFactors: ReadonlyMap<string, number> = new Map([
  ['kb', 1024],
  ['mb', 1024 ** 2],
  ['gb', 1024 ** 3],
]);

/** Empty: no exit code is expected. */
export function readExitCodes(text: string): readonly number[] | undefined {
  if (text === '') return [];
  const codes = text.split(',').map(readInteger);
  const whole = codes.filter((code) => code !== undefined);
  return whole.length === codes.length ? whole : undefined;
}

/** Python's `int(text, 8)`. */
export function readUmask(text: string): number | undefined {
  const digits = /^\+?(?:0[oO]_?)?([0-7]{1,20})$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

/**
 * A signal of Linux, as a name with or without SIG or as a number, that every Python 3 knows.
 * supervisor would also take constants that only look like signals (`SIG_IGN`, 0).
 */
export function isSignal(text: string): boolean {
  const number = readInteger(text);
  if (number !== undefined) {
    return (number >= 1 && number <= 31 && number !== 16) || number === 34 || number === 64;
  }
  return signalNames.has(text.toUpperCase().replace(/^SIG/, ''));
}

const signalNames: ReadonlySet<string> = new Set(
  (
    'HUP INT QUIT ILL TRAP ABRT IOT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM CHLD CLD CONT STOP ' +
    'TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO POLL PWR SYS RTMIN RTMAX'
  ).split(' '),
);

/** What supervisor makes of the name of a log file, apart from paths. */
export function readLogFile(text: string): 'None' | 'Auto' | 'Syslog' | 'Path' {
  const lower = text.toLowerCase();
  if (lower === 'none' || lower === 'off') return 'None';
  if (lower === 'auto') return 'Auto';
  return lower === 'syslog' ? 'Syslog' : 'Path';
}
