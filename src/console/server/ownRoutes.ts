/** What the routes share by which one becomes somebody: what they are given, and how a session begins. */
import type { SessionDocument } from '../../domain/console/api.ts';
import type { AuditNote } from '../../domain/console/audit.ts';
import { type Answer, jsonAnswer } from '../../http/respond.ts';
import type { Attempts } from './attempts.ts';
import { formatCookie } from './cookies.ts';
import type { OwnRoute } from './createHandlers.ts';
import { type ConsoleAsk, type ConsoleDeps, faultAnswer } from './handlers.ts';
import type { OidcWay } from './oidcWay.ts';
import type { Passwords } from './passwords.ts';
import type { RevokedSessions } from './revokedSessions.ts';
import { idleMaxMs, type Session, type Sessions } from './sessions.ts';
import type { SetUpToken } from './setUpToken.ts';
import type { UserDirectory } from './userDirectory.ts';

/** Who asks, before anything is known of whether he may. */
export interface Visitor {
  /** What his address bar shows. */
  readonly origin: string;
  readonly isSecure: boolean;
  readonly session: Session | undefined;
  /** By which one that has not logged in is known again; made when there was none. */
  readonly before: string;
  /** His cookies, for `readCookie`. */
  readonly cookies: string | undefined;
}

export interface OwnAnswer extends Answer {
  readonly cookies?: readonly string[];
}

export type OwnHandler = (ask: ConsoleAsk, visitor: Visitor) => Promise<OwnAnswer>;
export type OwnHandlers = Readonly<Record<OwnRoute, OwnHandler>>;

export interface OwnDeps extends ConsoleDeps {
  readonly sessions: Sessions;
  readonly directory: UserDirectory;
  readonly passwords: Passwords;
  readonly attempts: Attempts;
  readonly revoked: RevokedSessions;
  readonly setUpToken: SetUpToken;
  /** Undefined: there is no such way in. */
  readonly oidc: OidcWay | undefined;
}

export const sessionCookie = 'supervene-session';
export const beforeCookie = 'supervene-before';

export function describeSession(
  { sessions, directory, settings, version, instance, setUpToken }: OwnDeps,
  { session, before }: Pick<Visitor, 'session' | 'before'>,
): SessionDocument {
  const { etcd, console: own } = settings;
  return {
    version,
    instance,
    user:
      session === undefined ? null : { name: session.user, grants: directory.grantsOf(session) },
    csrf: session === undefined ? sessions.csrfBefore(before) : sessions.csrfOf(session),
    needsSetUp: setUpToken.isWanted(),
    oidc: own.oidcIssuer === undefined ? null : own.oidcName,
    prefix: etcd.prefix,
  };
}

/** A session that did not exist before, and no trace of one that did. */
export function begun(
  deps: OwnDeps,
  { isSecure, session: old }: Pick<Visitor, 'isSecure' | 'session'>,
  session: Session,
): OwnAnswer {
  const sealed = deps.sessions.seal(session);
  if (sealed === undefined) return faultAnswer(409, { code: 'NotHere', error: 'the user is gone' });
  if (old !== undefined) void deps.revoked.revoke(old.id);
  return {
    ...jsonAnswer(200, describeSession(deps, { session, before: '' })),
    cookies: [
      sessionCookieOf(sealed, isSecure),
      formatCookie(beforeCookie, '', { isSecure, maxAgeSec: 0 }),
    ],
  };
}

export function sessionCookieOf(sealed: string, isSecure: boolean): string {
  return formatCookie(sessionCookie, sealed, { isSecure, maxAgeSec: idleMaxMs / 1_000 });
}

export type NoteBasis = Pick<AuditNote, 'user' | 'target' | 'outcome'> & Partial<AuditNote>;

export function auditNote({ route, from }: ConsoleAsk, basis: NoteBasis): AuditNote {
  return { from, action: route, before: '', after: '', of: null, detail: '', ...basis };
}

/** Being written down is no condition of these: people may look while etcd is away. */
export async function note(deps: OwnDeps, ask: ConsoleAsk, basis: NoteBasis): Promise<void> {
  const { user, target, outcome } = basis;
  const isRefusal = outcome === 'refused' && (basis.of ?? null) === null;
  const { append, refuse } = deps.audit;
  const written = await (isRefusal ? refuse : append)(auditNote(ask, basis));
  if (written.ok) return;
  const { route: action, from } = ask;
  deps.log.warn({ action, user, target, outcome, from }, `not in the trail: ${written.error}`);
}

export function tooMany(waitMs: number): Answer {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return {
    ...faultAnswer(429, { code: 'TooMany', error: `try again in ${String(seconds)} s` }),
    headers: { 'retry-after': String(seconds) },
  };
}
