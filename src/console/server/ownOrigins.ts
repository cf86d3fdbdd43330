/**
 * By which names the console is called: a `Host` that is none of them is refused, so that nobody's
 * DNS server can make his page one of ours, and a POST must come from one of them.
 */
import { isIP } from 'node:net';
import type { ConsoleSettings } from '../../settings/consoleSettings.ts';
import { isLoopback } from '../../settings/listenAddress.ts';

export interface OwnOrigins {
  /** What the address bar shows for this `Host`; undefined: it is none of ours. */
  readonly ofHost: (host: string | undefined) => string | undefined;
  readonly isOwn: (origin: string) => boolean;
  /** One of them, for a person to go to. */
  readonly first: string;
}

export function createOwnOrigins(
  { listen, origins, tlsCert }: Pick<ConsoleSettings, 'listen' | 'origins' | 'tlsCert'>,
  port: number,
): OwnOrigins {
  const scheme = tlsCert === undefined ? 'http' : 'https';
  const originOf = (name: string): string => {
    const host = name.includes(':') ? `[${name}]` : name;
    return new URL(`${scheme}://${host}:${String(port)}`).origin;
  };
  const isEverywhere = listen.host === '0.0.0.0' || listen.host === '::';
  const local = ['127.0.0.1', 'localhost', '::1'].map(originOf);
  const bound = isEverywhere ? [] : [originOf(listen.host)];
  const reached = isLoopback(listen.host) || isEverywhere ? local : [];
  const all = new Set([...(origins ?? []), ...bound, ...reached]);
  /** An address cannot be made to lead elsewhere. */
  const isOwnAddress = ({ origin, hostname }: URL): boolean => {
    const address = hostname.replace(/^\[(.*)\]$/, '$1');
    return isEverywhere && isIP(address) !== 0 && origin === originOf(address);
  };
  const isOwn = (origin: string): boolean => {
    if (all.has(origin)) return true;
    const url = URL.canParse(origin) ? new URL(origin) : undefined;
    return url !== undefined && url.origin === origin && isOwnAddress(url);
  };
  return {
    ofHost: (host) => {
      if (host === undefined || !/^[A-Za-z0-9.:[\]_-]{1,260}$/.test(host)) return undefined;
      // `https` first: behind a proxy the same name may stand for both.
      const found = ['https', 'http']
        .map((each) => `${each}://${host}`)
        .filter((text) => URL.canParse(text));
      return found.map((text) => new URL(text).origin).find(isOwn);
    },
    isOwn,
    first: origins?.[0] ?? bound[0] ?? originOf('127.0.0.1'),
  };
}
