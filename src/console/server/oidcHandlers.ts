/**
 * Logging in by an OpenID provider: off it goes with what only this browser has, and back with a code.
 * What it has is sealed in a cookie, which is good once, for ten minutes. Whatever is wrong, the page
 * is told by one of a few words in its address, none of which comes from outside.
 */
import type { OidcStart } from '../../domain/console/api.ts';
import { jsonAnswer, textAnswer } from '../../http/respond.ts';
import { formatCookie, readCookie } from './cookies.ts';
import { type ConsoleAsk, faultAnswer } from './handlers.ts';
import type { OidcClaims, OidcSecret } from './oidcWay.ts';
import { begun, note, type OwnAnswer, type OwnDeps, type OwnHandlers } from './ownRoutes.ts';
import type { Visitor } from './ownRoutes.ts';
import { createUsedStates, type UsedStates } from './usedStates.ts';
import { isRecord } from './userList.ts';

/** In `/?oidc=…`; the page has a sentence for each. */
type ReturnFault = 'state' | 'refused' | 'wrong' | 'away' | 'nobody' | 'wait';

const oidcCookie = 'supervene-oidc';
const purpose = 'oidc';
const goodForMs = 600_000;

export function createOidcHandlers(deps: OwnDeps): Pick<OwnHandlers, 'oidcStart' | 'oidcReturn'> {
  const used = createUsedStates(deps.nowMs, goodForMs);
  return {
    oidcStart: (_ask, visitor) => start(deps, visitor),
    oidcReturn: (ask, visitor) => comeBack(deps, used, ask, visitor),
  };
}

interface Errand extends OidcSecret {
  readonly origin: string;
  readonly atMs: number;
}

const none = faultAnswer(404, { code: 'NoOidc', error: 'there is no way in by OpenID here' });

async function start(deps: OwnDeps, { origin, isSecure }: Visitor): Promise<OwnAnswer> {
  const { oidc, sessions, nowMs } = deps;
  if (oidc === undefined) return none;
  const begunHere = await oidc.begin(returnUrlOf(origin));
  if (!begunHere.ok) {
    const error = 'the OpenID provider does not answer';
    return faultAnswer(503, { code: 'OidcAway', error });
  }
  const { url, secret } = begunHere.value;
  const errand: Errand = { ...secret, origin, atMs: nowMs() };
  const sealed = sessions.sealText(purpose, JSON.stringify(errand));
  const answer: OidcStart = { url };
  return {
    ...jsonAnswer(200, answer),
    cookies: [
      formatCookie(oidcCookie, sealed, {
        ...{ isSecure, maxAgeSec: goodForMs / 1_000 },
        // The provider leads back here: a strict one would stay behind.
        sameSite: 'Lax',
      }),
    ],
  };
}

async function comeBack(
  deps: OwnDeps,
  used: UsedStates,
  ask: ConsoleAsk,
  visitor: Visitor,
): Promise<OwnAnswer> {
  const { oidc, attempts } = deps;
  if (oidc === undefined) return none;
  const errand = readErrand(deps, visitor);
  const state = ask.query.get('state');
  if (errand?.origin !== visitor.origin || state !== errand.state) return back(visitor, 'state');
  // Of one that was copied too: another console may not know, but the provider takes a code once.
  if (!used.take(errand.state)) return back(visitor, 'state');
  const attempt = attempts.begin(': by OpenID', ask.from);
  if (typeof attempt === 'number') return back(visitor, 'wait');
  const cameBack = new URL(`${returnUrlOf(visitor.origin)}?${ask.query.toString()}`);
  const claims = await oidc.finish(cameBack, errand);
  if (!claims.ok) {
    if (claims.error === 'Wrong') {
      await note(deps, ask, { user: '', target: '(by OpenID)', outcome: 'refused' });
    } else attempt.succeeded();
    return back(visitor, wordOf[claims.error]);
  }
  attempt.succeeded();
  return enter(deps, ask, visitor, claims.value);
}

const wordOf = { Away: 'away', Wrong: 'wrong', Refused: 'refused' } as const;

async function enter(
  deps: OwnDeps,
  ask: ConsoleAsk,
  visitor: Visitor,
  claims: OidcClaims,
): Promise<OwnAnswer> {
  const user = oidcUser(claims);
  if (user === undefined) return back(visitor, 'wrong');
  const matched = deps.directory.matchingClaims(claims);
  if (matched.length === 0) {
    await note(deps, ask, { user: '', target: user, outcome: 'refused', detail: 'no right' });
    return back(visitor, 'nobody');
  }
  await note(deps, ask, { user, target: user, outcome: 'done' });
  // The cookie of a session is not sent along from another site: an old one is only overwritten.
  const { status, cookies = [] } = begun(deps, visitor, deps.sessions.begin(user, matched));
  if (status !== 200) return back(visitor, 'wrong');
  return { ...redirect('/'), cookies: [...cookies, ...dropped(visitor)] };
}

/**
 * With what the provider never gives to two: a name can be changed there, and must not make somebody
 * look like another in the trail. Names of the file of users have no colon.
 */
export function oidcUser({ sub, preferred_username: name }: OidcClaims): string | undefined {
  if (typeof sub !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(sub)) return undefined;
  const isPlain = typeof name === 'string' && /^[A-Za-z0-9._@-]{1,64}$/.test(name);
  // One slash, between the two: a subject that has one is nobody else's name and subject.
  const subject = sub.replaceAll('%', '%25').replaceAll('/', '%2F');
  return isPlain && name !== sub ? `oidc:${name}/${subject}` : `oidc:${subject}`;
}

function readErrand(
  { sessions, nowMs }: OwnDeps,
  { cookies, isSecure }: Visitor,
): Errand | undefined {
  const sealed = readCookie(cookies, oidcCookie, isSecure);
  const text = sealed === undefined ? undefined : sessions.openText(purpose, sealed);
  if (text === undefined) return undefined;
  // Nobody but a console can have sealed it.
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) return undefined;
  const errand = value as unknown as Errand;
  const ageMs = nowMs() - errand.atMs;
  return ageMs < goodForMs ? errand : undefined;
}

function back(visitor: Visitor, fault: ReturnFault): OwnAnswer {
  return { ...redirect(`/?oidc=${fault}`), cookies: dropped(visitor) };
}

function redirect(location: string): OwnAnswer {
  return { ...textAnswer(303, ''), headers: { location } };
}

function dropped({ isSecure }: Visitor): readonly string[] {
  return [formatCookie(oidcCookie, '', { isSecure, maxAgeSec: 0, sameSite: 'Lax' })];
}

function returnUrlOf(origin: string): string {
  return `${origin}/oidc/return`;
}
