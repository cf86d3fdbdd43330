/** What the head of a request says, before anything else is known of who sends it. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { readCookie } from './cookies.ts';
import { beforeCookie } from './ownRoutes.ts';
import type { OwnOrigins } from './ownOrigins.ts';

/**
 * Browsers say where a POST comes from; whoever does not say is no browser, and let him say it. A page
 * comes from where it calls: `called` is what the Host of the request stands for. Of a name that
 * stands for `http` and `https` either is right.
 */
export function isFromOwnPage(
  origins: OwnOrigins,
  called: string,
  request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>,
): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (!hasOne(request, 'origin') || origin === undefined || !origins.isOwn(origin)) return false;
  const isCalled = new URL(origin).host === new URL(called).host;
  return isCalled && (site === undefined || site === 'same-origin');
}

/** By what name it calls us, as the origin of a page there; undefined when that is none of ours. */
export function originOf(origins: OwnOrigins, request: IncomingMessage): string | undefined {
  return hasOne(request, 'host') ? origins.ofHost(request.headers.host) : undefined;
}

/** All lines of that name, joined by commas. */
export function linesOf({ rawHeaders }: IncomingMessage, name: string): string | undefined {
  const lines = rawHeaders.filter(
    (_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name,
  );
  return lines.length === 0 ? undefined : lines.join(',');
}

/** Made when there is none: then nothing that needs it was given out before. */
export function beforeOf(request: IncomingMessage, isSecure: boolean): string {
  const given = readCookie(request.headers.cookie, beforeCookie, isSecure);
  const isOurs = given !== undefined && /^[\w-]{43}$/.test(given);
  return isOurs ? given : randomBytes(32).toString('base64url');
}

function hasOne({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>, name: string): boolean {
  return rawHeaders.filter((item, at) => at % 2 === 0 && item.toLowerCase() === name).length === 1;
}
