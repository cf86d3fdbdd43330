/** The rows of the schema for the console: where it listens, who may come, and how. */
import { parseAddress, parseBlock } from '../domain/address.ts';
import { err, ok } from '../domain/result.ts';
import { type TcpAddress, formatListen, listenAddress } from './listenAddress.ts';
import { type Setting, setting } from './setting.ts';
import { listOf, oneOf, optional, path, type SettingType, word } from './settingTypes.ts';

const tcpAddress: SettingType<TcpAddress> = {
  placeholder: 'HOST:PORT',
  format: formatListen,
  parse: (text, baseDir) => {
    const parsed = listenAddress.parse(text, baseDir);
    if (parsed.ok && parsed.value !== undefined && 'host' in parsed.value) return ok(parsed.value);
    return err('an address such as 127.0.0.1:9180 or [::1]:9180');
  },
};

/** As browsers write it in `Origin`. */
const webOrigin: SettingType<string> = {
  placeholder: 'URL',
  format: String,
  parse: (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isPlain = /^https?:\/\/[^/?#@]+\/?$/i.test(text);
    const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
    return isPlain && isWeb ? ok(url.origin) : err('the start of an address, https://HOST[:PORT]');
  },
};

/** Of a proxy: what it is to be known by is where it connects from. */
const addressOrBlock: SettingType<string> = {
  placeholder: 'ADDRESS',
  format: String,
  parse: (text) => {
    const isEither = parseAddress(text) !== undefined || parseBlock(text) !== undefined;
    return isEither ? ok(text) : err('an address or a block such as 10.0.0.0/8');
  },
};

const issuerUrl: SettingType<string> = {
  placeholder: 'URL',
  format: String,
  parse: (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
    const isPlain = isWeb && url.username === '' && url.search === '' && url.hash === '';
    return isPlain ? ok(text) : err('the URL of an OpenID provider, https://HOST[/PATH]');
  },
};

const title: SettingType<string> = {
  placeholder: 'TEXT',
  format: String,
  parse: (text) => (/^[^\p{Cc}]{1,60}$/u.test(text) ? ok(text) : err('at most 60 characters')),
};

const noPath = optional(path);
const none: readonly string[] | undefined = undefined;

export const consoleSettings = {
  consoleListen: setting<TcpAddress>(
    'console.listen',
    '--console-listen',
    'console',
    tcpAddress,
    { host: '127.0.0.1', port: 9180 },
    'where the console answers; needs TLS where others reach it',
  ),
  consoleUsers: setting(
    'console.users',
    '--console-users',
    'console',
    path,
    '/etc/supervene/console-users.json',
    'file of the users of the console; beside it, in the same name with .key, what their\nsessions are sealed with. The same two for all consoles',
  ),
  consoleOrigins: setting<readonly string[] | undefined>(
    'console.origins',
    '--console-origins',
    'console',
    optional(listOf(webOrigin, 'URLS')),
    none,
    'what the address bar shows, separated by commas, where it is a name or a proxy stands before',
    'the address that it listens on',
  ),
  consoleProxies: setting<readonly string[] | undefined>(
    'console.proxies',
    '--console-proxies',
    'console',
    optional(listOf(addressOrBlock, 'ADDRESSES')),
    none,
    'proxies before the console, addresses or blocks separated by commas: whom they name in\nX-Forwarded-For counts as the visitor',
  ),
  consoleAllowHttp: setting<'on' | 'off'>(
    'console.allowHttp',
    '--console-allow-http',
    'console',
    oneOf('on', 'off'),
    'off',
    'let others reach it without TLS: passwords are seen by whoever listens in between',
  ),
  consoleTlsCert: setting(
    'console.tlsCert',
    '--console-tls-cert',
    'console',
    noPath,
    undefined,
    'certificate of the console, with its chain (PEM)',
  ),
  consoleTlsKey: setting(
    'console.tlsKey',
    '--console-tls-key',
    'console',
    noPath,
    undefined,
    'private key of the certificate of the console (PEM)',
  ),
  consoleOidcIssuer: setting<string | undefined>(
    'console.oidcIssuer',
    '--console-oidc-issuer',
    'console',
    optional(issuerUrl),
    undefined,
    'OpenID provider by which people may log in too',
  ),
  consoleOidcClientId: setting<string | undefined>(
    'console.oidcClientId',
    '--console-oidc-client-id',
    'console',
    optional(word),
    undefined,
    'what the provider calls the console',
  ),
  consoleOidcClientSecretFile: setting(
    'console.oidcClientSecretFile',
    '--console-oidc-client-secret-file',
    'console',
    noPath,
    undefined,
    'file with the secret that the provider gave the console',
  ),
  consoleOidcGrants: setting(
    'console.oidcGrants',
    '--console-oidc-grants',
    'console',
    noPath,
    undefined,
    'file that says which claim of the provider is granted what',
  ),
  consoleOidcName: setting(
    'console.oidcName',
    '--console-oidc-name',
    'console',
    title,
    'OpenID',
    'what the page calls the way in by the provider',
  ),
};

export interface ConsoleSettings {
  readonly listen: TcpAddress;
  readonly users: string;
  /** Undefined: the address that it listens on. */
  readonly origins: readonly string[] | undefined;
  /** Addresses and blocks; undefined: no proxy is believed. */
  readonly proxies: readonly string[] | undefined;
  readonly allowHttp: 'on' | 'off';
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly oidcIssuer: string | undefined;
  readonly oidcClientId: string | undefined;
  readonly oidcClientSecretFile: string | undefined;
  readonly oidcGrants: string | undefined;
  readonly oidcName: string;
}

/** For what has no console of its own: everything as when nothing is set. */
export const defaultConsole: ConsoleSettings = {
  listen: consoleSettings.consoleListen.fallback,
  users: consoleSettings.consoleUsers.fallback,
  origins: undefined,
  proxies: undefined,
  allowHttp: 'off',
  tlsCert: undefined,
  tlsKey: undefined,
  oidcIssuer: undefined,
  oidcClientId: undefined,
  oidcClientSecretFile: undefined,
  oidcGrants: undefined,
  oidcName: consoleSettings.consoleOidcName.fallback,
};

export function readConsole(read: <T>(one: Setting<T>) => T): ConsoleSettings {
  return {
    listen: read(consoleSettings.consoleListen),
    users: read(consoleSettings.consoleUsers),
    origins: read(consoleSettings.consoleOrigins),
    proxies: read(consoleSettings.consoleProxies),
    allowHttp: read(consoleSettings.consoleAllowHttp),
    tlsCert: read(consoleSettings.consoleTlsCert),
    tlsKey: read(consoleSettings.consoleTlsKey),
    oidcIssuer: read(consoleSettings.consoleOidcIssuer),
    oidcClientId: read(consoleSettings.consoleOidcClientId),
    oidcClientSecretFile: read(consoleSettings.consoleOidcClientSecretFile),
    oidcGrants: read(consoleSettings.consoleOidcGrants),
    oidcName: read(consoleSettings.consoleOidcName),
  };
}
