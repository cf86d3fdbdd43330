/** Settings with which the console is not to be started: what is wrong, and what to do. */
import type { Settings } from '../../settings/settings.ts';
import { formatListen, isLocal } from '../../settings/listenAddress.ts';
import type { Fault } from '../commandIo.ts';

export function consoleFault({ console: own }: Settings): Fault | undefined {
  const { listen, tlsCert, tlsKey, allowHttp, origins = [] } = own;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const [given, missing] = tlsCert === undefined ? ['tlsKey', 'tlsCert'] : ['tlsCert', 'tlsKey'];
    const message = `console.${given} is given without console.${missing}`;
    return { message, remedy: `give console.${missing} too, or neither` };
  }
  if (!isLocal(listen) && tlsCert === undefined && allowHttp === 'off') {
    const message = `${formatListen(listen)} can be reached from other machines, without TLS`;
    const remedy =
      'give console.tlsCert and console.tlsKey, or listen on 127.0.0.1 and put a proxy with TLS\n' +
      '  before it (console.origins); console.allowHttp=on does without, and shows passwords to\n' +
      '  whoever listens in between';
    return { message, remedy };
  }
  const open = origins.find((origin) => origin.startsWith('http:') && !isLocal(addressOf(origin)));
  if (open !== undefined && allowHttp === 'off') {
    const message = `${open} in console.origins is without TLS`;
    return { message, remedy: 'write https://, or set console.allowHttp=on' };
  }
  return oidcFault(own);
}

function addressOf(origin: string): { readonly host: string; readonly port: number } {
  return { host: new URL(origin).hostname.replace(/^\[(.*)\]$/, '$1'), port: 0 };
}

function oidcFault(own: Settings['console']): Fault | undefined {
  const { oidcIssuer, oidcClientId, oidcClientSecretFile, oidcGrants } = own;
  const needed = { oidcIssuer, oidcClientId, oidcGrants };
  const isAny = Object.values({ ...needed, oidcClientSecretFile }).some((one) => one !== undefined);
  if (!isAny) return undefined;
  const missing = Object.entries(needed).find(([, value]) => value === undefined)?.[0];
  if (missing !== undefined) {
    const remedy = 'it takes console.oidcIssuer, console.oidcClientId and console.oidcGrants';
    return { message: `OpenID is set up without console.${missing}`, remedy };
  }
  const issuer = new URL(oidcIssuer ?? '');
  if (issuer.protocol === 'https:' || isLocal(addressOf(issuer.origin))) return undefined;
  const message = `${issuer.href} in console.oidcIssuer is without TLS`;
  return { message, remedy: 'write https://' };
}
