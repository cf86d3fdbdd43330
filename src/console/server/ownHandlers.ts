/** The routes by which one becomes somebody, and nobody again: all that needs cookies. */
import type { LogInRequest } from '../../domain/console/api.ts';
import { err, ok } from '../../domain/result.ts';
import { type Answer, jsonAnswer } from '../../http/respond.ts';
import type { Attempt } from './attempts.ts';
import { formatCookie } from './cookies.ts';
import { type ConsoleAsk, faultAnswer } from './handlers.ts';
import { createOidcHandlers } from './oidcHandlers.ts';
import {
  auditNote,
  beforeCookie,
  begun,
  describeSession,
  note,
  type OwnAnswer,
  type OwnDeps,
  type OwnHandlers,
  sessionCookie,
  tooMany,
  type Visitor,
} from './ownRoutes.ts';
import { whyBadPassword } from './passwords.ts';
import { isRecord, isUserName } from './userList.ts';
import { changeUsers } from './usersFile.ts';

export function createOwnHandlers(deps: OwnDeps): OwnHandlers {
  return {
    session: (_ask, visitor) => Promise.resolve(tellSession(deps, visitor)),
    logIn: (ask, visitor) => logIn(deps, ask, visitor),
    logOut: (ask, visitor) => logOut(deps, ask, visitor),
    changePassword: (ask, visitor) => changePassword(deps, ask, visitor),
    setUp: (ask, visitor) => setUp(deps, ask, visitor),
    ...createOidcHandlers(deps),
  };
}

function tellSession(deps: OwnDeps, visitor: Visitor): OwnAnswer {
  const { session, before, isSecure } = visitor;
  const answer = jsonAnswer(200, describeSession(deps, visitor));
  if (session !== undefined) return answer;
  return { ...answer, cookies: [formatCookie(beforeCookie, before, { isSecure })] };
}

async function logIn(deps: OwnDeps, ask: ConsoleAsk, visitor: Visitor): Promise<OwnAnswer> {
  const given = readLogIn(ask.body);
  if (given === undefined) return malformed;
  const { user, password } = given;
  const attempt = deps.attempts.begin(user, ask.from);
  if (typeof attempt === 'number') return tooMany(attempt);
  const found = isUserName(user) ? deps.directory.find(user) : undefined;
  const verdict = await deps.passwords.matches(password, found);
  if (verdict === 'Busy') return busy(attempt);
  if (!verdict || found === undefined) {
    await note(deps, ask, { user: '', target: shown(user), outcome: 'refused' });
    deps.log.warn({ user: shown(user), from: ask.from }, 'a log-in failed');
    return faultAnswer(401, {
      code: 'WrongPassword',
      error: 'there is no such user, or the password is another one',
    });
  }
  attempt.succeeded();
  await note(deps, ask, { user, target: user, outcome: 'done' });
  return begun(deps, visitor, deps.sessions.begin(user));
}

async function logOut(deps: OwnDeps, ask: ConsoleAsk, visitor: Visitor): Promise<OwnAnswer> {
  const { session, isSecure, before } = visitor;
  if (session !== undefined) {
    const { user } = session;
    const revoking = deps.revoked.revoke(session.id);
    await Promise.all([revoking, note(deps, ask, { user, target: user, outcome: 'done' })]);
  }
  return {
    ...jsonAnswer(200, describeSession(deps, { session: undefined, before })),
    cookies: [
      formatCookie(sessionCookie, '', { isSecure, maxAgeSec: 0 }),
      formatCookie(beforeCookie, before, { isSecure }),
    ],
  };
}

/** `{password, next}`: the one until now, and the one from now on. */
async function changePassword(
  deps: OwnDeps,
  ask: ConsoleAsk,
  visitor: Visitor,
): Promise<OwnAnswer> {
  const { session } = visitor;
  const { password, next } = isRecord(ask.body) ? ask.body : {};
  if (typeof password !== 'string' || typeof next !== 'string') return malformed;
  const { user } = ask.principal;
  const found = session?.claims === undefined ? deps.directory.find(user) : undefined;
  if (session === undefined || found === undefined) {
    return faultAnswer(409, { code: 'NotHere', error: 'this user has no password here' });
  }
  const attempt = deps.attempts.begin(user, ask.from);
  if (typeof attempt === 'number') return tooMany(attempt);
  const verdict = await deps.passwords.matches(password, found);
  if (verdict === 'Busy') return busy(attempt);
  if (!verdict) {
    await note(deps, ask, { user, target: user, outcome: 'refused' });
    return faultAnswer(403, { code: 'WrongPassword', error: 'the password is another one' });
  }
  attempt.succeeded();
  const bad = whyBadPassword(next, user);
  if (bad !== undefined) return badPassword(bad);
  const hash = await deps.passwords.hash(next);
  return recorded(deps, ask, user, async () => {
    const changed = await changeUsers(deps.settings.console.users, (users = []) => {
      const mine = users.find(({ name }) => name === user);
      if (mine === undefined || mine.scrypt !== found.scrypt) return err('it changed meanwhile');
      return ok(users.map((each) => (each === mine ? { ...each, ...hash } : each)));
    });
    return changed.ok ? begun(deps, visitor, deps.sessions.begin(user)) : changed.error;
  });
}

/** The first user, by the token that the console printed. */
async function setUp(deps: OwnDeps, ask: ConsoleAsk, visitor: Visitor): Promise<OwnAnswer> {
  const { setUpToken, attempts, passwords, settings } = deps;
  const given = readLogIn(ask.body);
  const token = isRecord(ask.body) ? ask.body['token'] : undefined;
  if (given === undefined || typeof token !== 'string') return malformed;
  const { user, password } = given;
  const attempt = attempts.begin('', ask.from);
  if (typeof attempt === 'number') return tooMany(attempt);
  if (!setUpToken.isWanted() || !setUpToken.matches(token)) {
    await note(deps, ask, { user: '', target: shown(user), outcome: 'refused' });
    return faultAnswer(403, {
      code: 'WrongToken',
      error: 'this is not the token that the console printed, or it was used already',
    });
  }
  attempt.succeeded();
  if (!isUserName(user)) {
    return faultAnswer(400, {
      code: 'BadName',
      error: 'a user name is of letters, digits, dot, dash, underscore and @, at most 64',
    });
  }
  const bad = whyBadPassword(password, user);
  if (bad !== undefined) return badPassword(bad);
  const hash = await passwords.hash(password);
  return recorded(deps, ask, user, async () => {
    const made = await changeUsers(settings.console.users, (users = []) => {
      if (users.length > 0) return err('there are users by now');
      const grants = [{ role: 'admin', apps: ['*'], hosts: ['*'] }] as const;
      return ok([{ name: user, ...hash, grants }]);
    });
    if (!made.ok) return made.error;
    setUpToken.use();
    return begun(deps, visitor, deps.sessions.begin(user));
  });
}

/** Nothing is done that cannot be written down before; `act` gives an answer, or why not. */
async function recorded(
  deps: OwnDeps,
  ask: ConsoleAsk,
  user: string,
  act: () => Promise<OwnAnswer | string>,
): Promise<OwnAnswer> {
  const asked = await deps.audit.append(auditNote(ask, { user, target: user, outcome: 'asked' }));
  if (!asked.ok) {
    const error = `it cannot be written down, so it is not done: ${asked.error}`;
    return faultAnswer(503, { code: 'NoAudit', error });
  }
  const done = await act();
  const of = asked.value;
  if (typeof done !== 'string') {
    await note(deps, ask, { user, target: user, outcome: 'done', of });
    return done;
  }
  await note(deps, ask, { user, target: user, outcome: 'failed', of, detail: done });
  return faultAnswer(409, { code: 'NotWritten', error: done });
}

/** Too many passwords are being looked at: it was none of them, and may be the right one. */
function busy(attempt: Attempt): Answer {
  attempt.takeBack();
  const error = 'many are logging in: try again in a few seconds';
  return { ...faultAnswer(503, { code: 'Busy', error }), headers: { 'retry-after': '5' } };
}

function readLogIn(body: unknown): LogInRequest | undefined {
  const { user, password } = isRecord(body) ? body : {};
  const isGiven = typeof user === 'string' && typeof password === 'string' && user.length <= 256;
  return isGiven ? { user, password } : undefined;
}

/** What somebody typed where a name belongs may be his password. */
function shown(user: string): string {
  return isUserName(user) ? user : '(no name)';
}

const malformed = faultAnswer(400, { code: 'Malformed', error: 'the request is not complete' });

function badPassword(why: string): Answer {
  return faultAnswer(400, { code: 'BadPassword', error: `the password ${why}` });
}
