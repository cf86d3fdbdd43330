/** Where the agent answers over HTTP: an address, or a unix socket that only its owner may open. */
import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { err, ok } from '../domain/result.ts';
import type { SettingType } from './settingTypes.ts';

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

export type ListenAddress = TcpAddress | { readonly path: string };

export const listenAddress: SettingType<ListenAddress | undefined> = {
  placeholder: 'HOST:PORT|unix:///PATH|off',
  format: (value) => (value === undefined ? 'off' : formatListen(value)),
  parse: (text) => {
    if (text === 'off') return ok(undefined);
    const path = /^unix:\/\/(.+)$/.exec(text)?.[1];
    if (path !== undefined) {
      const isPlain = isAbsolute(path) && !path.endsWith('/') && !path.includes('\0');
      return isPlain ? ok({ path }) : err('an absolute path such as unix:///run/supervene.sock');
    }
    const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text);
    const host = match?.[1] ?? match?.[2];
    const port = Number(match?.[3]);
    const isBadIpv6 = match?.[1] !== undefined && isIP(match[1]) !== 6;
    if (host === undefined || isBadIpv6 || port > 65_535) {
      return err('an address such as 127.0.0.1:9102 or [::1]:9102, or off');
    }
    return ok({ host, port });
  },
};

export function formatListen(address: ListenAddress): string {
  if ('path' in address) return `unix://${address.path}`;
  const { host, port } = address;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether nobody but this machine reaches it. A name that is not `localhost` may be anything. */
export function isLocal(address: ListenAddress): boolean {
  return 'path' in address || isLoopback(address.host);
}

export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === 'localhost' || name === '::1') return true;
  return isIP(name) === 4 && name.startsWith('127.');
}
