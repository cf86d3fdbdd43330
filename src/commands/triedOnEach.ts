/** Reads that are tried on each server of etcd, for commands: nobody starts them again. */
import type { EtcdError, Range } from '../domain/etcdCalls.ts';

/** A read may be tried again: the client has moved on to the next server meanwhile. */
export function triedOnEach(range: Range, count: number): Range {
  return async (query, given) => {
    for (let tried = 1; ; tried += 1) {
      const answer = await range(query, given);
      if (answer.ok || tried >= count || !isWorthAnother(answer.error)) return answer;
    }
  };
}

/** It may be that one server alone: the next may answer. */
export function isWorthAnother({ type }: EtcdError): boolean {
  return type === 'Unreachable' || type === 'TimedOut' || type === 'NoLeader';
}
