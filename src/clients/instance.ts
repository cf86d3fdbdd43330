/**
 * Tells when supervisord may have started anew.
 *
 * Its pid stays the same when it restarts itself, so more is needed: on a unix socket the time at
 * which the socket was made; over TCP what a restart cannot hide from a client: it closes every
 * connection, refuses for a moment, answers fault 6, and starts every process later than the last
 * time it told us (facts measured with supervisord 4.2.5).
 */
import * as fs from 'node:fs';
import type { CallError } from '../domain/event.ts';
import type { ProcessListing } from './processInfo.ts';
import { parseSupervisorUrl } from './supervisorUrl.ts';

export interface InstanceWatch {
  /** Differs from an earlier one when supervisord may have started anew since. Never fails. */
  fingerprint(): string;
  connectionLost(): void;
  callFailed(error: CallError): void;
  listed(listing: ProcessListing): void;
}

export function createInstanceWatch(url: string): InstanceWatch {
  const address = parseSupervisorUrl(url);
  if (address.ok && address.value.type === 'Unix') return watchSocketFile(address.value.socketPath);
  return watchConnection();
}

function watchSocketFile(socketPath: string): InstanceWatch {
  const fingerprint = (): string => {
    try {
      const stat = fs.statSync(socketPath, { bigint: true });
      return `socket-${stat.mtimeNs}`;
    } catch {
      return 'socket-none';
    }
  };
  const nothing = (): void => undefined;
  return { fingerprint, connectionLost: nothing, callFailed: nothing, listed: nothing };
}

function watchConnection(): InstanceWatch {
  let epoch = 1;
  let lastNowSec = 0;
  // After a time-out the connection was closed by us, so it can no longer vouch for supervisord.
  let isLinked = true;
  const bump = (): void => {
    epoch += 1;
    isLinked = true;
  };
  return {
    fingerprint: () => `tcp-${epoch}`,
    connectionLost: bump,
    callFailed: (error) => {
      if (error.type === 'Unreachable' || error.type === 'ShuttingDown') bump();
      if (error.type === 'TimedOut') isLinked = false;
    },
    listed: ({ processes, nowSec }) => {
      const started = processes.filter(({ startSec }) => startSec > 0);
      const isAllNew = started.length > 0 && started.every((p) => p.startSec >= lastNowSec);
      if (!isLinked && isAllNew) bump();
      isLinked = true;
      if (nowSec > 0) lastNowSec = nowSec;
    },
  };
}
