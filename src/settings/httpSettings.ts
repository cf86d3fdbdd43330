/** The rows of the schema for what the agent tells over HTTP. */
import { type ListenAddress, listenAddress } from './listenAddress.ts';
import { setting } from './setting.ts';
import { optional, path } from './settingTypes.ts';

const defaultListen: ListenAddress | undefined = { host: '127.0.0.1', port: 9102 };

export const httpSettings = {
  httpListen: setting<ListenAddress | undefined>(
    'http.listen',
    '--listen',
    'agent',
    listenAddress,
    defaultListen,
    'where the agent answers /healthz, /readyz, /metrics, /state',
  ),
  httpTokenFile: setting(
    'http.tokenFile',
    '--listen-token-file',
    'agent',
    optional(path),
    undefined,
    'file with the token that it asks for; needed on an address that others reach',
  ),
};
