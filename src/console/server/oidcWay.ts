/**
 * The way in by an OpenID provider: the authorization code flow with PKCE, state and nonce, by
 * openid-client. Of who comes back only the claims are given on, once their signature, issuer,
 * audience, nonce and times were found right; the provider's tokens are not kept.
 */
import { readPassword } from '../../settings/readPassword.ts';
import { isLoopback } from '../../settings/listenAddress.ts';
import type { ConsoleSettings } from '../../settings/consoleSettings.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import type { Log } from '../../log/log.ts';
import type * as library from './oidcClient.ts';

/** What only the browser that set out has, and brings back. */
export interface OidcSecret {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** `Away`: the provider does not answer, or not as one. `Wrong`: what came back proves nothing. */
export type OidcFault = 'Away' | 'Wrong' | 'Refused';

export type OidcClaims = Readonly<Record<string, unknown>>;

export interface OidcWay {
  /** Where to go from this address of ours, to come back to `returnUrl`. */
  readonly begin: (
    returnUrl: string,
  ) => Promise<Result<{ readonly url: string; readonly secret: OidcSecret }, OidcFault>>;
  /** `cameBack`: the address with all that the provider has put there. */
  readonly finish: (cameBack: URL, secret: OidcSecret) => Promise<Result<OidcClaims, OidcFault>>;
}

export interface OidcWayDeps {
  readonly log: Log;
  readonly nowMs: () => number;
}

type Library = typeof library;
type Configuration = InstanceType<Library['Configuration']>;

const timeoutSec = 10;
/** The clocks of the provider and of this machine differ by less. */
const toleranceSec = 30;
/** What the provider says of itself may change. */
const knownForMs = 3_600_000;

/** The error is a sentence; undefined: none is set up. */
export async function createOidcWay(
  own: ConsoleSettings,
  deps: OidcWayDeps,
): Promise<Result<OidcWay | undefined, string>> {
  const { oidcIssuer, oidcClientId, oidcClientSecretFile } = own;
  if (oidcIssuer === undefined || oidcClientId === undefined) return ok(undefined);
  const read = oidcClientSecretFile === undefined ? undefined : readPassword(oidcClientSecretFile);
  if (read?.ok === false) return err(read.error);
  const library = await import('./oidcClient.ts');
  const secret = read?.value;
  return ok(wayOf(library, { issuer: new URL(oidcIssuer), clientId: oidcClientId, secret }, deps));
}

interface Client {
  readonly issuer: URL;
  readonly clientId: string;
  readonly secret: string | undefined;
}

function wayOf(library: Library, client: Client, { log, nowMs }: OidcWayDeps): OidcWay {
  const known: { configuration: Promise<Configuration> | undefined; atMs: number } = {
    ...{ configuration: undefined, atMs: 0 },
  };
  const configured = (): Promise<Configuration> => {
    const now = nowMs();
    if (known.configuration !== undefined && now - known.atMs < knownForMs) {
      return known.configuration;
    }
    const asked = discover(library, client);
    known.configuration = asked;
    known.atMs = now;
    asked.catch(() => {
      if (known.configuration === asked) known.configuration = undefined;
    });
    return asked;
  };
  const failed = (error: unknown): OidcFault => {
    const fault = faultOf(error);
    log.warn({ fault, error: describe(error) }, 'a log-in by OpenID failed');
    return fault;
  };
  return {
    begin: async (returnUrl) => {
      try {
        const configuration = await configured();
        const secret = {
          state: library.randomState(),
          nonce: library.randomNonce(),
          verifier: library.randomPKCECodeVerifier(),
        };
        const url = library.buildAuthorizationUrl(configuration, {
          redirect_uri: returnUrl,
          scope: scopeOf(configuration),
          state: secret.state,
          nonce: secret.nonce,
          code_challenge: await library.calculatePKCECodeChallenge(secret.verifier),
          code_challenge_method: 'S256',
        });
        return ok({ url: url.href, secret });
      } catch (error) {
        return err(failed(error));
      }
    },
    finish: async (cameBack, { state, nonce, verifier }) => {
      try {
        const tokens = await library.authorizationCodeGrant(await configured(), cameBack, {
          ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier },
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        return claims === undefined ? err('Wrong') : ok(claims);
      } catch (error) {
        return err(failed(error));
      }
    },
  };
}

async function discover(
  library: Library,
  { issuer, clientId, secret }: Client,
): Promise<Configuration> {
  // Without TLS only where nobody is in between: consoleFault sees to the rest.
  const isPlain = issuer.protocol === 'http:' && isLoopback(hostOf(issuer));
  const found = await library.discovery(issuer, clientId, undefined, library.None(), {
    ...{ timeout: timeoutSec, execute: isPlain ? [library.allowInsecureRequests] : [] },
  });
  const server = found.serverMetadata();
  const ways = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  const login =
    secret === undefined
      ? library.None()
      : ways.includes('client_secret_basic')
        ? library.ClientSecretBasic(secret)
        : library.ClientSecretPost(secret);
  const metadata = { [library.clockTolerance]: toleranceSec };
  const made = new library.Configuration(server, clientId, metadata, login);
  made.timeout = timeoutSec;
  if (isPlain) library.allowInsecureRequests(made);
  // TLS alone would do by the standard; a signature does where a proxy ends it.
  library.enableNonRepudiationChecks(made);
  return made;
}

export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/** `groups` is in no standard, and asking those for it who do not know it may be an error. */
function scopeOf(configuration: Configuration): string {
  const supported = configuration.serverMetadata().scopes_supported ?? [];
  const wanted = ['profile', 'email', 'groups'].filter((scope) => supported.includes(scope));
  return ['openid', ...wanted].join(' ');
}

/** By their names and codes: the classes are those of the library, which may be bundled. */
function faultOf(error: unknown): OidcFault {
  const { name, code } = partsOf(error);
  if (name === 'AuthorizationResponseError') return 'Refused';
  const isAway = name === 'TypeError' || name === 'TimeoutError' || name === 'AbortError';
  const isOdd = code === 'OAUTH_TIMEOUT' || code === 'OAUTH_ABORT';
  const isNotOne = code === 'OAUTH_RESPONSE_IS_NOT_CONFORM' || code === 'OAUTH_PARSE_ERROR';
  return isAway || isOdd || isNotOne ? 'Away' : 'Wrong';
}

/** Neither tokens nor claims: these are in the causes. */
function describe(error: unknown): string {
  const { name, code, message } = partsOf(error);
  const said = error instanceof Error && 'error' in error ? error.error : '';
  // A code of the standard, such as `invalid_client`.
  const word = typeof said === 'string' && /^[\w.-]{1,60}$/.test(said) ? said : '';
  return [name, code, message, word].filter((text) => text !== '').join(' ');
}

function partsOf(error: unknown): { name: string; code: string; message: string } {
  if (!(error instanceof Error)) return { name: '', code: '', message: 'failed' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { name: error.name, code, message: error.message };
}
