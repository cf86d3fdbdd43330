/**
 * Passwords as scrypt makes them: slow on purpose, and large, so that at most two are computed at a
 * time and few wait. Whoever is no user takes as long as one whose password is wrong.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** As it stands in the file of users; base64. */
export interface PasswordHash {
  readonly salt: string;
  readonly scrypt: string;
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** OWASP's first choice for scrypt. */
const cost = { n: 2 ** 17, r: 8, p: 1 };
const hashBytes = 32;
const runningMax = 2;
/** On a slow machine each takes seconds, and the last one is to have his answer within 30. */
const waitingMax = 6;

export const passwordLengthMin = 12;
const passwordLengthMax = 1024;

/** Undefined when it may be used; otherwise the end of "the password …". */
export function whyBadPassword(password: string, user: string): string | undefined {
  if ([...password].length < passwordLengthMin) {
    return `is shorter than ${String(passwordLengthMin)} characters`;
  }
  if (password.length > passwordLengthMax) return 'is too long';
  const [plain, name] = [password.toLowerCase(), user.toLowerCase()];
  const isMadeOfName = plain.replaceAll(name, '').length < passwordLengthMin / 2;
  return isMadeOfName ? 'is hardly more than the name of the user' : undefined;
}

export interface Passwords {
  readonly hash: (password: string) => Promise<PasswordHash>;
  /** `undefined`: there is no such user. `Busy`: too many ask at once. */
  readonly matches: (
    password: string,
    known: PasswordHash | undefined,
  ) => Promise<boolean | 'Busy'>;
}

export function createPasswords(usual: Pick<PasswordHash, 'n' | 'r' | 'p'> = cost): Passwords {
  let running = 0;
  const waiting: (() => void)[] = [];
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= runningMax) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
  /** Nobody's: what is compared when there is no such user. */
  const nobody: PasswordHash = {
    salt: randomBytes(16).toString('base64'),
    scrypt: randomBytes(hashBytes).toString('base64'),
    ...usual,
  };
  return {
    hash: async (password) => {
      const salt = randomBytes(16).toString('base64');
      const made = await inTurn(() => derive(password, { ...usual, salt }));
      return { salt, scrypt: made.toString('base64'), ...usual };
    },
    matches: async (password, known) => {
      if (waiting.length >= waitingMax) return 'Busy';
      const right = known ?? nobody;
      const made = await inTurn(() => derive(password, right));
      const isEqual = timingSafeEqual(made, Buffer.from(right.scrypt, 'base64'));
      return isEqual && known !== undefined;
    },
  };
}

function derive(
  password: string,
  { salt, n, r, p }: Omit<PasswordHash, 'scrypt'>,
): Promise<Buffer> {
  const options = { N: n, r, p, maxmem: 256 * n * r };
  return new Promise((resolve, reject) => {
    // One spelling of each character, whichever keyboard it came from.
    const text = password.slice(0, passwordLengthMax).normalize('NFKC');
    scrypt(text, Buffer.from(salt, 'base64'), hashBytes, options, (error, made) => {
      if (error === null) resolve(made);
      else reject(error);
    });
  });
}

/** What can be computed here, and within reason. */
export function isPasswordHash(value: unknown): value is PasswordHash {
  if (typeof value !== 'object' || value === null) return false;
  const { salt, scrypt: made, n, r, p } = value as Record<string, unknown>;
  const isPower = typeof n === 'number' && Number.isInteger(Math.log2(n)) && n >= 2 && n <= 2 ** 20;
  const isSmall = (item: unknown): boolean =>
    typeof item === 'number' && Number.isInteger(item) && item >= 1 && item <= 16;
  const isBytes = (item: unknown, size: number): boolean =>
    typeof item === 'string' && Buffer.from(item, 'base64').length >= size;
  if (!isPower || !isSmall(r) || !isSmall(p) || !isBytes(salt, 8)) return false;
  return typeof made === 'string' && Buffer.from(made, 'base64').length === hashBytes;
}
