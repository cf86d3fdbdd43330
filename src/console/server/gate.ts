/**
 * Everything that comes in passes here, in this order: the name it calls us by, how often it comes,
 * what the table of routes says, where a POST comes from, its session, its CSRF token, its rights.
 * Only then is anything of its body read, and its handler called. Every refusal is the same for all.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, pathOf, queryOf, respond } from '../../http/respond.ts';
import { networkOf } from './attempts.ts';
import type { AnswerStreams, StreamKind } from './answerStreams.ts';
import type { BodyPlaces } from './bodyPlaces.ts';
import { setCommonHeaders } from './commonHeaders.ts';
import { readCookie } from './cookies.ts';
import type { HandlerSet } from './createHandlers.ts';
import {
  deniedTo,
  foreignName,
  foreignPage,
  forged,
  loggedOut,
  notFound,
  starting,
  tooManyOpen,
  unexpected,
} from './gateRefusals.ts';
import { type ConsoleAsk, faultAnswer, type Handlers, type Principal } from './handlers.ts';
import { isGranted } from './isGranted.ts';
import { type MatchedRoute, matchRoute } from './matchRoute.ts';
import type { OwnOrigins } from './ownOrigins.ts';
import {
  note,
  type OwnDeps,
  type OwnHandlers,
  sessionCookie,
  sessionCookieOf,
  tooMany,
  type Visitor,
} from './ownRoutes.ts';
import type { PageFiles } from './pageFiles.ts';
import { headRefusal, readBody } from './readBody.ts';
import { beforeOf, isFromOwnPage, linesOf, originOf } from './requestHead.ts';
import type { RequestRate } from './requestRate.ts';
import { isSame, type Session } from './sessions.ts';
import type { VisitorAddress } from './visitorAddress.ts';

export interface GateDeps extends OwnDeps {
  readonly origins: OwnOrigins;
  readonly rate: RequestRate;
  readonly visitorAddress: VisitorAddress;
  readonly pages: PageFiles;
  readonly own: OwnHandlers;
  readonly handlers: HandlerSet['handlers'];
  readonly streams: AnswerStreams;
  /** Of those that have not logged in, by their address; and of users, by their names. */
  readonly bodies: { readonly ofVisitors: BodyPlaces; readonly ofUsers: BodyPlaces };
}

export type Gate = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export function createGate(deps: GateDeps): Gate {
  return async (request, response) => {
    try {
      const answer = await answerTo(deps, request, response);
      if (answer !== 'Streamed') respond(request, response, answer);
      else if (!response.writableEnded) response.end();
    } catch (error) {
      const stack = error instanceof Error ? error.stack : String(error);
      deps.log.error({ stack, path: pathOf(request) }, 'a request failed because of a fault here');
      if (response.headersSent) response.destroy();
      else respond(request, response, unexpected);
    }
  };
}

/** Those that may go on for long, or be read slowly. */
const streamKinds: Readonly<Partial<Record<keyof Handlers, StreamKind>>> = {
  live: 'Feed',
  followLog: 'Log',
  log: 'Log',
  orders: 'Order',
};

async function answerTo(
  deps: GateDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Answer | 'Streamed'> {
  const origin = originOf(deps.origins, request);
  if (origin === undefined) return foreignName;
  const isSecure = origin.startsWith('https:');
  setCommonHeaders(response, isSecure);
  const from = deps.visitorAddress(
    request.socket.remoteAddress ?? '',
    linesOf(request, 'x-forwarded-for'),
  );
  if (!deps.rate.take(from)) return tooMany(1_000);
  const { method = '' } = request;
  const path = pathOf(request);
  const matched = path === undefined ? 'Malformed' : matchRoute(method, path);
  if (matched === 'Malformed') {
    return faultAnswer(400, { code: 'Malformed', error: 'this is no path of the console' });
  }
  if (matched === undefined) {
    const isLook = method === 'GET' || method === 'HEAD';
    if (!isLook) return notFound;
    return deps.pages.answer(request, path ?? '') ?? notFound;
  }
  if ('allow' in matched) {
    const refusal = faultAnswer(405, { code: 'Method', error: `only ${matched.allow}` });
    return { ...refusal, headers: { allow: matched.allow } };
  }
  if (method === 'POST') {
    if (!isFromOwnPage(deps.origins, origin, request)) return foreignPage;
    const refusal = headRefusal(request);
    if (refusal !== undefined) return refusal;
  }
  return pass(deps, { request, response, matched, origin, isSecure, from });
}

interface Passing {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly matched: MatchedRoute;
  readonly origin: string;
  readonly isSecure: boolean;
  readonly from: string;
}

async function pass(deps: GateDeps, passing: Passing): Promise<Answer | 'Streamed'> {
  const { request, response, matched, isSecure } = passing;
  const { name, route } = matched;
  const sealed = readCookie(request.headers.cookie, sessionCookie, isSecure);
  if (sealed !== undefined && !deps.revoked.isKnown()) return starting;
  const session = sealed === undefined ? undefined : deps.sessions.open(sealed);
  if (session === undefined && route.role !== 'anyone') return loggedOut;
  const before = beforeOf(request, isSecure);
  const csrf =
    session === undefined ? deps.sessions.csrfBefore(before) : deps.sessions.csrfOf(session);
  const given = request.headers['x-supervene-csrf'];
  if (route.method === 'POST' && !(typeof given === 'string' && isSame(csrf, given))) return forged;
  const principal: Principal =
    session === undefined
      ? { user: '', grants: [] }
      : { user: session.user, grants: deps.directory.grantsOf(session) };
  const ask = createAsk(deps, passing, principal, session);
  if (!isGranted(matched, principal)) {
    const named = Object.values(matched.path).join(' ');
    // What else it is about would stand in its body, which is not read.
    const target = named === '' ? route.path : named;
    if (route.method === 'POST') {
      await note(deps, ask, {
        user: principal.user,
        target,
        outcome: 'refused',
        detail: 'no right',
      });
    }
    return deniedTo(route.role);
  }
  const kind = streamKinds[name];
  if (kind !== undefined && !deps.streams.reserve(kind, principal.user, response)) {
    return tooManyOpen;
  }
  const body = route.method === 'POST' ? await readBodyOf(deps, passing, session) : undefined;
  if (body?.ok === false) return body.error;
  const whole = { ...ask, body: body?.value };
  const visitor: Visitor = {
    ...{ origin: passing.origin, isSecure, session, before },
    cookies: request.headers.cookie,
  };
  if (isOwn(deps.own, name)) {
    const { cookies = [], ...answer } = await deps.own[name](whole, visitor);
    if (cookies.length > 0) response.setHeader('set-cookie', cookies);
    else renew(deps, response, visitor);
    return answer;
  }
  renew(deps, response, visitor);
  return deps.handlers[name](whole);
}

/** Those that nobody knows fill no place of a user, wherever they come from. */
function readBodyOf(
  { bodies }: GateDeps,
  { request, from }: Passing,
  session: Session | undefined,
): ReturnType<typeof readBody> {
  return session === undefined
    ? readBody(request, bodies.ofVisitors, networkOf(from))
    : readBody(request, bodies.ofUsers, session.user);
}

/** As long as somebody asks for something, his session goes on. */
function renew({ sessions }: GateDeps, response: ServerResponse, visitor: Visitor): void {
  const renewed = visitor.session === undefined ? undefined : sessions.renewed(visitor.session);
  const sealed = renewed === undefined ? undefined : sessions.seal(renewed);
  if (sealed === undefined) return;
  response.setHeader('set-cookie', sessionCookieOf(sealed, visitor.isSecure));
}

function isOwn(own: OwnHandlers, name: keyof Handlers): name is keyof OwnHandlers {
  return Object.hasOwn(own, name);
}

function createAsk(
  { streams }: GateDeps,
  { request, response, matched, from }: Passing,
  principal: Principal,
  session: Session | undefined,
): Omit<ConsoleAsk, 'body'> & { readonly body: undefined } {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return {
    route: matched.name,
    path: matched.path,
    query: queryOf(request),
    body: undefined,
    principal,
    from,
    signal: gone.signal,
    takesGzip: /(^|[\s,])gzip\b/.test(request.headers['accept-encoding']?.toString() ?? ''),
    stream: (head) => {
      if (session === undefined) throw new Error(`${matched.name} streams to nobody`);
      return streams.open({ response, session }, head);
    },
  };
}
