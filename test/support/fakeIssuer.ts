/**
 * An OpenID provider on 127.0.0.1 that lets in whoever comes, as a test says: discovery, the way to a
 * code, tokens signed by RS256, and its keys. `flaws` makes it do what none should.
 */
import {
  createHash,
  createSign,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { freePort } from './freePort.ts';

export interface IssuerFlaws {
  /** In place of the claims that belong there; undefined leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Signed by a key that is not among its keys; or not at all. */
  readonly signature?: 'other' | 'none';
  /** Says of itself that it is another. */
  readonly issuer?: string;
  /** The person does not want to. */
  readonly isRefused?: boolean;
}

export interface FakeIssuer {
  readonly url: string;
  readonly clientId: string;
  readonly secret: string;
  /** Of who logs in next. */
  person: Readonly<Record<string, unknown>>;
  flaws: IssuerFlaws;
  /** What it was asked for a token with, each. */
  tokensAsked(): readonly URLSearchParams[];
  /** As a browser at `url`: where it is sent back to. */
  visit(url: string): Promise<URL>;
  away(): Promise<void>;
  back(): Promise<void>;
}

interface Grant {
  readonly nonce: string;
  readonly challenge: string;
  readonly redirect: string;
}

export async function startFakeIssuer(): Promise<FakeIssuer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  const [own, other] = [newKey(), newKey()];
  const codes = new Map<string, Grant>();
  const asked: URLSearchParams[] = [];
  let server: Server | undefined;

  const issuer: FakeIssuer = {
    ...{ url, clientId: 'the-console', secret: 'of the console: 1&2' },
    person: { sub: 'p-1', preferred_username: 'anna', groups: ['ops'] },
    flaws: {},
    tokensAsked: () => asked,
    visit: async (target) => {
      const reply = await fetch(target, { redirect: 'manual' });
      const location = reply.headers.get('location');
      if (location === null) throw new Error(`no way back: ${await reply.text()}`);
      return new URL(location);
    },
    away: () =>
      new Promise((resolve) => {
        if (server === undefined) return resolve();
        server.close(() => resolve());
        server.closeAllConnections();
        server = undefined;
      }),
    back: () =>
      new Promise((resolve) => {
        server = createServer((request, response) => void answer(request, response));
        server.listen(port, '127.0.0.1', resolve);
      }),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', url);
    switch (pathname) {
      case '/.well-known/openid-configuration':
        return sendJson(response, 200, metadataOf(issuer));
      case '/keys':
        return sendJson(response, 200, {
          keys: [
            { ...own.publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'RS256' },
          ],
        });
      case '/authorize':
        response.writeHead(302, { location: authorize(searchParams).href }).end();
        return;
      case '/token':
        return giveToken(request, response);
      default:
        return sendJson(response, 404, {});
    }
  }

  function authorize(query: URLSearchParams): URL {
    const wanted = ['client_id', 'redirect_uri', 'state', 'nonce', 'code_challenge'];
    const missing = wanted.find((name) => (query.get(name) ?? '') === '');
    if (missing !== undefined || query.get('code_challenge_method') !== 'S256') {
      throw new Error(`asked without ${missing ?? 'S256'}`);
    }
    const back = new URL(query.get('redirect_uri') ?? '');
    back.searchParams.set('state', query.get('state') ?? '');
    if (issuer.flaws.isRefused === true) {
      back.searchParams.set('error', 'access_denied');
      back.searchParams.set('error_description', '<b>EVIL</b>');
      return back;
    }
    const code = randomBytes(16).toString('hex');
    const [nonce, challenge] = [query.get('nonce') ?? '', query.get('code_challenge') ?? ''];
    codes.set(code, { nonce, challenge, redirect: query.get('redirect_uri') ?? '' });
    back.searchParams.set('code', code);
    return back;
  }

  async function giveToken(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    asked.push(form);
    const [kind, login = ''] = (request.headers.authorization ?? '').split(' ');
    const given = Buffer.from(login, 'base64').toString().split(':').map(formDecode);
    if (kind !== 'Basic' || given.join('\n') !== `${issuer.clientId}\n${issuer.secret}`) {
      return sendJson(response, 401, { error: 'invalid_client' });
    }
    const code = form.get('code') ?? '';
    const grant = codes.get(code);
    codes.delete(code);
    const verifier = createHash('sha256').update(form.get('code_verifier') ?? '');
    if (
      grant === undefined ||
      grant.challenge !== verifier.digest('base64url') ||
      grant.redirect !== form.get('redirect_uri')
    ) {
      return sendJson(response, 400, { error: 'invalid_grant', error_description: '<b>EVIL</b>' });
    }
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      ...{ iss: url, aud: issuer.clientId, iat: now, exp: now + 300, nonce: grant.nonce },
      ...issuer.person,
      ...issuer.flaws.claims,
    };
    const idToken = sign(claims, issuer.flaws.signature === 'other' ? other : own, issuer.flaws);
    sendJson(response, 200, {
      ...{ access_token: 'ACCESS_CANARY', token_type: 'Bearer', expires_in: 300 },
      id_token: idToken,
    });
  }

  await issuer.back();
  return issuer;
}

function metadataOf({ url, flaws }: FakeIssuer): object {
  return {
    issuer: flaws.issuer ?? url,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    jwks_uri: `${url}/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    scopes_supported: ['openid', 'profile', 'groups'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
  };
}

function newKey(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

function sign(
  claims: object,
  { privateKey }: { readonly privateKey: KeyObject },
  { signature }: IssuerFlaws,
): string {
  const header = signature === 'none' ? { alg: 'none' } : { alg: 'RS256', kid: 'k' };
  const text = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  if (signature === 'none') return `${text}.`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey).toString('base64url')}`;
}

/** RFC 6749, 2.3.1: the two are encoded as in a form before they become a login. */
function formDecode(text: string): string {
  return new URLSearchParams(`x=${text}`).get('x') ?? '';
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
