/**
 * Sessions without a store: what a cookie says is sealed with the key of the consoles, and with what
 * the file of users says of whose it is. It ends 12 hours after the log-in, an hour after the last
 * request, when anything about its user changes, or when it is revoked.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export interface Session {
  readonly user: string;
  readonly id: string;
  readonly startedMs: number;
  readonly issuedMs: number;
  /** `claim=value`s of an OpenID provider; undefined: of the file of users. */
  readonly claims?: readonly string[];
}

export interface SessionsDeps {
  readonly key: Uint8Array;
  readonly nowMs: () => number;
  /** Another text after each change of what is known of the user; undefined: there is no such one. */
  readonly recordOf: (session: Session) => string | undefined;
  readonly isRevoked: (id: string) => boolean;
}

export interface Sessions {
  readonly begin: (user: string, claims?: readonly string[]) => Session;
  /** Undefined when its user is gone. */
  readonly seal: (session: Session) => string | undefined;
  /** Undefined when it is none, or no longer one. */
  readonly open: (sealed: string) => Session | undefined;
  /** As `open` would see it now. */
  readonly isGood: (session: Session) => boolean;
  /** Issued anew; undefined while it is too early for that. */
  readonly renewed: (session: Session) => Session | undefined;
  /** Of one that has logged in. */
  readonly csrfOf: (session: Session) => string;
  /** Of one that has not: by what his cookie says. */
  readonly csrfBefore: (value: string) => string;
  /** For what goes through a browser and comes back, but is no session. */
  readonly sealText: (purpose: string, text: string) => string;
  readonly openText: (purpose: string, sealed: string) => string | undefined;
}

export const sessionMaxMs = 12 * 3_600_000;
export const idleMaxMs = 3_600_000;
const renewAfterMs = 60_000;
/** The clocks of two consoles differ by less. */
const clockSlackMs = 60_000;
const sealedMax = 4_000;

export function createSessions({ key, nowMs, recordOf, isRevoked }: SessionsDeps): Sessions {
  const mac = (purpose: string, ...texts: readonly string[]): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([purpose, ...texts]))
      .digest('base64url');
  const isInTime = ({ startedMs, issuedMs }: Session): boolean => {
    const now = nowMs();
    return (
      issuedMs >= startedMs &&
      issuedMs <= now + clockSlackMs &&
      now - startedMs < sessionMaxMs &&
      now - issuedMs < idleMaxMs
    );
  };
  const isGood = (session: Session): boolean =>
    isInTime(session) && !isRevoked(session.id) && recordOf(session) !== undefined;
  const openText = (purpose: string, sealed: string, ...more: readonly string[]) => {
    const [payload = '', given = ''] = sealed.split('.');
    return isSame(mac(purpose, payload, ...more), given) ? decode(payload) : undefined;
  };
  return {
    begin: (user, claims) => {
      const now = nowMs();
      const id = randomBytes(32).toString('base64url');
      const session = { user, id, startedMs: now, issuedMs: now };
      return claims === undefined ? session : { ...session, claims };
    },
    seal: (session) => {
      const record = recordOf(session);
      if (record === undefined) return undefined;
      const payload = encode(JSON.stringify(session));
      return `${payload}.${mac('session', payload, record)}`;
    },
    open: (sealed) => {
      if (sealed.length > sealedMax || !/^[\w-]+\.[\w-]{43}$/.test(sealed)) return undefined;
      // Whose it is has to be known before the seal can be checked: nothing else is done with it.
      const claimed = parseSession(decode(sealed.split('.')[0] ?? ''));
      if (claimed === undefined) return undefined;
      const record = recordOf(claimed);
      if (record === undefined) return undefined;
      if (openText('session', sealed, record) === undefined) return undefined;
      return isGood(claimed) ? claimed : undefined;
    },
    isGood,
    renewed: (session) => {
      const now = nowMs();
      return now - session.issuedMs < renewAfterMs ? undefined : { ...session, issuedMs: now };
    },
    csrfOf: ({ id }) => mac('csrf', id),
    csrfBefore: (value) => mac('csrf before', value),
    sealText: (purpose, text) => {
      const payload = encode(text);
      return `${payload}.${mac(`text ${purpose}`, payload)}`;
    },
    openText: (purpose, sealed) =>
      sealed.length > sealedMax ? undefined : openText(`text ${purpose}`, sealed),
  };
}

/** In constant time: digests have one length. */
export function isSame(right: string, given: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(right), digest(given));
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function decode(text: string): string {
  return Buffer.from(text, 'base64url').toString('utf8');
}

function parseSession(text: string): Session | undefined {
  let value: Partial<Record<keyof Session, unknown>> | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { user, id, startedMs, issuedMs, claims } = value;
  if (typeof user !== 'string' || typeof id !== 'string') return undefined;
  if (typeof startedMs !== 'number' || typeof issuedMs !== 'number') return undefined;
  if (claims === undefined) return { user, id, startedMs, issuedMs };
  const isList = Array.isArray(claims) && claims.every((item) => typeof item === 'string');
  return isList ? { user, id, startedMs, issuedMs, claims } : undefined;
}
