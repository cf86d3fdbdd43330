/**
 * Everything that comes in passes here, in this order: the name it calls us by, how often it comes,
 * what the table of routes says, where a POST comes from, its session, its CSRF token, its rights.
 * Only then is anything of its body read, and its handler called. Every refusal is the same for all.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mayDo, mayDoEverywhere, type Role } from '../../domain/console/roles.ts';
import { mayToAllApps } from '../../domain/console/scope.ts';
import { type Answer, pathOf, queryOf, respond } from '../../http/respond.ts';
import type { AnswerStreams, StreamKind } from './answerStreams.ts';
import { readCookie } from './cookies.ts';
import { type ConsoleAsk, faultAnswer, type Handlers, type Principal } from './handlers.ts';
import type { HandlerSet } from './createHandlers.ts';
import { type MatchedRoute, matchRoute } from './matchRoute.ts';
import type { OwnOrigins } from './ownOrigins.ts';
import {
  beforeCookie,
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

const tooManyOpen: Answer = {
  ...faultAnswer(429, {
    code: 'TooMany',
    error: 'too many pages or logs are open, of this user or of all',
    remedy: 'close some, or go to another console',
  }),
  headers: { 'retry-after': '10' },
};

const unexpected = faultAnswer(500, { code: 'Unexpected', error: 'the console has a fault here' });
const notFound = faultAnswer(404, { code: 'NotFound', error: 'there is nothing here' });

async function answerTo(
  deps: GateDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Answer | 'Streamed'> {
  const { headers } = request;
  const origin = hasOne(request, 'host') ? deps.origins.ofHost(headers.host) : undefined;
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
  const foreign =
    method === 'POST' ? (foreignRefusal(deps, request) ?? headRefusal(request)) : undefined;
  if (foreign !== undefined) return foreign;
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
  const body = route.method === 'POST' ? await readBody(request) : undefined;
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

/** By the table alone; of what a handler itself checks (`each`): that there is anything at all. */
export function isGranted(
  { route, path }: Omit<MatchedRoute, 'name'>,
  { grants }: Principal,
): boolean {
  const { role, about } = route;
  if (role === 'anyone' || role === 'user') return true;
  const { app, host } = path;
  switch (about) {
    case 'nothing':
    case 'somewhere':
      return mayDo(grants, role);
    case 'everywhere':
      return mayDoEverywhere(grants, role);
    case 'each':
      return mayDo(grants, role, app === undefined ? {} : { app });
    case 'app':
      return app !== undefined && mayDo(grants, role, { app });
    case 'host':
      return host !== undefined && mayToAllApps(grants, role, host);
    case 'place':
      return app !== undefined && host !== undefined && mayDo(grants, role, { app, host });
    default:
      return about satisfies never;
  }
}

function deniedTo(role: Role | 'anyone' | 'user'): Answer {
  return faultAnswer(403, { code: 'Denied', error: `this needs the right of ${role}` });
}

/** Browsers say where a POST comes from; whoever does not say is no browser, and let him say it. */
function foreignRefusal({ origins }: GateDeps, request: IncomingMessage): Answer | undefined {
  const { origin, 'sec-fetch-site': site } = request.headers;
  const isOurs = hasOne(request, 'origin') && origin !== undefined && origins.isOwn(origin);
  return isOurs && (site === undefined || site === 'same-origin') ? undefined : foreignPage;
}

const foreignName = faultAnswer(403, {
  code: 'ForeignHost',
  error: 'the console is not called by this name',
  remedy: 'name it in console.origins',
});
const foreignPage = faultAnswer(403, {
  code: 'ForeignOrigin',
  error: 'this does not come from a page of the console',
  remedy: 'name what the address bar shows in console.origins',
});
const loggedOut = faultAnswer(401, { code: 'LoggedOut', error: 'log in first' });
const forged = faultAnswer(403, {
  code: 'Csrf',
  error: 'the token of the page is another one: load it anew',
});
const starting: Answer = {
  ...faultAnswer(503, {
    code: 'Starting',
    error: 'the console has not reached etcd yet, and does not know who was logged out',
  }),
  headers: { 'retry-after': '1' },
};

function hasOne({ rawHeaders }: IncomingMessage, name: string): boolean {
  return rawHeaders.filter((item, at) => at % 2 === 0 && item.toLowerCase() === name).length === 1;
}

function linesOf({ rawHeaders }: IncomingMessage, name: string): string | undefined {
  const lines = rawHeaders.filter(
    (_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name,
  );
  return lines.length === 0 ? undefined : lines.join(',');
}

/** Made when there is none: then nothing that needs it was given out before. */
function beforeOf(request: IncomingMessage, isSecure: boolean): string {
  const given = readCookie(request.headers.cookie, beforeCookie, isSecure);
  const isOurs = given !== undefined && /^[\w-]{43}$/.test(given);
  return isOurs ? given : randomBytes(32).toString('base64url');
}

function setCommonHeaders(response: ServerResponse, isSecure: boolean): void {
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('permissions-policy', 'camera=(), geolocation=(), microphone=()');
  response.setHeader('x-frame-options', 'DENY');
  if (isSecure) response.setHeader('strict-transport-security', 'max-age=31536000');
}
