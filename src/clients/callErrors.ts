/** What went wrong on the way to supervisord, typed for code and told to a person. */
import type { CallError } from '../domain/event.ts';
import type { SupervisorAddress } from './supervisorUrl.ts';

export function describeNetworkError(
  error: NodeJS.ErrnoException,
  address: SupervisorAddress,
  method: string,
): CallError {
  return { type: 'Unreachable', detail: networkDetail(error, address, method) };
}

function networkDetail(
  error: NodeJS.ErrnoException,
  address: SupervisorAddress,
  method: string,
): string {
  const { name } = address;
  switch (error.code ?? '') {
    case 'ENOENT':
      return `there is no socket ${name}: supervisord is not running, or its [unix_http_server] file= is another`;
    case 'ECONNREFUSED':
      return address.type === 'Unix'
        ? `nothing listens on ${name}: supervisord ended without removing its socket`
        : `nothing listens on ${name}: supervisord is not running, or its [inet_http_server] port= is another`;
    case 'EACCES':
    case 'EPERM':
      return `not permitted to use ${name}: run as its owner, or set chmod= and chown= in [unix_http_server]`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host name in ${name} cannot be resolved`;
    default:
      return `${method}: the connection to ${name} broke (${error.code ?? error.message})`;
  }
}

export function describeHttpStatus(
  status: number,
  address: SupervisorAddress,
  method: string,
): CallError {
  if (status === 401) {
    return {
      type: 'Unauthorised',
      detail: `supervisord on ${address.name} refuses the user name or password`,
    };
  }
  if (status === 404) {
    return { type: 'Malformed', detail: `${address.name} has no /RPC2: it is not supervisord` };
  }
  const hint = status === 500 ? '; supervisord.log has the traceback' : '';
  return { type: 'Failed', detail: `${method}: HTTP ${status}${hint}` };
}
