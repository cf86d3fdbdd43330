/** What went wrong with etcd, and what to do, in words. */
import { assertNever } from '../domain/assertNever.ts';
import type { EtcdError } from '../domain/etcdCalls.ts';
import type { EtcdSettings } from '../settings/settings.ts';
import type { Fault } from './commandIo.ts';

export function etcdFault(error: EtcdError, settings: EtcdSettings): Fault {
  const where = settings.endpoints.join(', ');
  return describe({ ...error, detail: plainDetail(error.detail) }, where);
}

/** Of a list of all that is below a prefix, which a grant on some of it does not allow. */
export function listFault(error: EtcdError, settings: EtcdSettings, prefix: string): Fault {
  if (error.type !== 'Unauthorised') return etcdFault(error, settings);
  const start = prefix.endsWith('/') ? prefix : `${prefix}/`;
  const fault = etcdFault(error, settings);
  const role = `etcdctl role grant-permission ROLE --prefix=true read ${start}`;
  return {
    message: `${fault.message}; what is below ${start} is to be read`,
    remedy: `${fault.remedy ?? ''}: ${role}`,
  };
}

/** The answer to a write was lost, and reading it back did not settle it. */
export function unknownOutcomeFault(detail: string, settings: EtcdSettings): Fault {
  return {
    message: `etcd at ${settings.endpoints.join(', ')} did not say what came of it: ${detail}`,
    remedy: 'look with `supervene show` before you try again',
  };
}

/** gRPC wraps what the system said in words of its own. */
function plainDetail(detail: string): string {
  return detail
    .replace(/^\d+ [A-Z_]+: /, '')
    .replace(/^No connection established\. Last error: (?:Error: )?/, '')
    .replace(/\.? Resolution note:.*$/s, '');
}

function describe({ type, detail }: EtcdError, where: string): Fault {
  switch (type) {
    case 'Unreachable':
      return {
        message: `etcd is not reachable at ${where}: ${detail}`,
        remedy: 'start it, or name its servers with --etcd',
      };
    case 'TimedOut':
      return {
        message: `etcd at ${where} did not answer in time: ${detail}`,
        remedy: 'see whether it is overloaded or cut off: etcdctl endpoint health',
      };
    case 'Unauthorised':
      return {
        message: `etcd at ${where} refuses access: ${detail}`,
        remedy: 'correct --etcd-username and its password file, or the role of that user',
      };
    case 'NoLeader':
      return {
        message: `etcd at ${where} has no leader: ${detail}`,
        remedy: 'most of its members must run: etcdctl endpoint status',
      };
    case 'Compacted':
    case 'NoLease':
    case 'Canceled':
      return { message: `etcd at ${where} broke off: ${detail}`, remedy: 'try again' };
    case 'Malformed':
      return {
        message: `what answers at ${where} is not etcd: ${detail}`,
        remedy: 'correct --etcd',
      };
    case 'Failed':
      return {
        message: `etcd at ${where} refuses: ${detail}`,
        remedy: 'see the log of etcd',
      };
    default:
      return assertNever(type);
  }
}
