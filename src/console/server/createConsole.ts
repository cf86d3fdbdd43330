/**
 * The server of the console: the page, its routes and its feed, on one address. It holds nothing that
 * matters: who is who stands in files, what runs where in etcd.
 */
import { readFileSync, watch, type FSWatcher } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { err, ok, type Result } from '../../domain/result.ts';
import { closeServer, listenOn } from '../../http/listenOn.ts';
import { makeRoom } from '../../http/makeRoom.ts';
import { formatListen } from '../../settings/listenAddress.ts';
import { createAnswerStreams } from './answerStreams.ts';
import { createAttempts } from './attempts.ts';
import { createBodyPlaces } from './bodyPlaces.ts';
import { createHandlers } from './createHandlers.ts';
import { createGate, type Gate } from './gate.ts';
import type { ConsoleDeps } from './handlers.ts';
import { openOidcGrants } from './oidcGrants.ts';
import { createOidcWay } from './oidcWay.ts';
import { oneAtATime } from './oneAtATime.ts';
import { createOwnHandlers } from './ownHandlers.ts';
import { createOwnOrigins } from './ownOrigins.ts';
import { readPageFiles } from './pageFiles.ts';
import { createPasswords } from './passwords.ts';
import { createRequestRate } from './requestRate.ts';
import { createRevokedSessions } from './revokedSessions.ts';
import { openSessionKey } from './sessionKey.ts';
import { createSessions } from './sessions.ts';
import { createSetUpToken } from './setUpToken.ts';
import { createUserDirectory } from './userDirectory.ts';
import { createUsersFile } from './usersFile.ts';
import { createVisitorAddress } from './visitorAddress.ts';

export interface Console {
  /** Where to go with a browser. */
  readonly url: string;
  /** To be told once to whoever started the console; undefined when there are users. */
  readonly setUpUrl: string | undefined;
  readonly close: () => Promise<void>;
}

const pageDir = fileURLToPath(new URL('../../../page', import.meta.url));

/** The error is a sentence that says why it cannot start. */
export async function createConsole(deps: ConsoleDeps): Promise<Result<Console, string>> {
  const { settings, log, nowMs, client } = deps;
  const own = settings.console;
  const pages = readPageFiles(pageDir);
  if (!pages.ok) return pages;
  const key = openSessionKey(own.users);
  if (!key.ok) return key;
  const oidc = await createOidcWay(own, { log, nowMs });
  if (!oidc.ok) return oidc;
  let gate: Gate | undefined;
  const made = createWebServer(
    own,
    oneAtATime((request, response) => void gate?.(request, response)),
  );
  if (!made.ok) return made;
  const { server, closeTls } = made.value;
  const failure = await listenOn(server, own.listen);
  if (failure !== undefined) return err(`cannot listen on ${formatListen(own.listen)}: ${failure}`);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : own.listen.port;
  const origins = createOwnOrigins(own, port);

  const oidcGrants = own.oidcGrants === undefined ? undefined : openOidcGrants(own.oidcGrants, log);
  const directory = createUserDirectory(createUsersFile(own.users), oidcGrants, log);
  const revoked = createRevokedSessions({
    ...{ client, log, nowMs, fleetPrefix: settings.etcd.fleetPrefix },
    onRevoked: () => streams.sweep(),
  });
  const sessions = createSessions({
    ...{ key: key.value, nowMs, recordOf: directory.recordOf },
    isRevoked: revoked.isRevoked,
  });
  const streams = createAnswerStreams((session) => {
    const worth = [directory.recordOf(session), directory.grantsOf(session)];
    return sessions.isGood(session) ? JSON.stringify(worth) : undefined;
  }, nowMs);
  const needsToken = own.oidcIssuer === undefined && directory.isEmpty();
  const token = needsToken ? randomBytes(24).toString('base64url') : undefined;
  const ownDeps = {
    ...{ ...deps, sessions, directory, revoked, oidc: oidc.value },
    passwords: createPasswords(),
    attempts: createAttempts({ nowMs }),
    setUpToken: createSetUpToken(token, directory.isEmpty),
  };
  const handlerSet = await createHandlers(deps);
  gate = createGate({
    ...{ ...ownDeps, origins, streams, pages: pages.value, handlers: handlerSet.handlers },
    own: createOwnHandlers(ownDeps),
    visitorAddress: createVisitorAddress(own.proxies ?? []),
    bodies: {
      ofVisitors: createBodyPlaces({ ofOne: 8, ofAll: 64 }),
      ofUsers: createBodyPlaces({ ofOne: 8, ofAll: 128 }),
    },
    rate: createRequestRate({ nowMs, burst: 2_000, perSecond: 200 }),
  });
  return ok({
    url: `${origins.first}/`,
    setUpUrl: token === undefined ? undefined : `${origins.first}/#set-up=${token}`,
    close: async () => {
      closeTls();
      streams.close();
      revoked.close();
      await closeServer(server);
      await handlerSet.close();
    },
  });
}

const connectionsMax = 1_000;

const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
};

interface WebServer {
  readonly server: Server;
  readonly closeTls: () => void;
}

function createWebServer(
  { tlsCert, tlsKey }: ConsoleDeps['settings']['console'],
  onRequest: Parameters<typeof createHttpServer>[1] & object,
): Result<WebServer, string> {
  if (tlsCert === undefined || tlsKey === undefined) {
    const server = createHttpServer(limits, onRequest);
    return ok({ server: bounded(server), closeTls: () => undefined });
  }
  const read = readPair(tlsCert, tlsKey);
  if (!read.ok) return read;
  try {
    const server = createTlsServer(
      { ...limits, ...read.value, minVersion: 'TLSv1.2', handshakeTimeout: 10_000 },
      onRequest,
    );
    return ok({ server: bounded(server), closeTls: renewPair(server, tlsCert, tlsKey) });
  } catch (error) {
    return err(`${tlsCert} and ${tlsKey} are no certificate with its key: ${String(error)}`);
  }
}

function bounded<Some extends Server>(server: Some): Some {
  // Whoever does not take his answer must not keep a place.
  server.timeout = 30_000;
  server.maxConnections = 2 * connectionsMax;
  makeRoom(server, connectionsMax);
  return server;
}

function readPair(cert: string, key: string): Result<{ cert: Buffer; key: Buffer }, string> {
  try {
    return ok({ cert: readFileSync(cert), key: readFileSync(key) });
  } catch (error) {
    return err(`cannot read the certificate: ${error instanceof Error ? error.message : 'failed'}`);
  }
}

/** A certificate that was renewed is used for the connections to come. Gives what ends it. */
function renewPair(server: TlsServer, cert: string, key: string): () => void {
  const renew = (): void => {
    const read = readPair(cert, key);
    if (!read.ok) return;
    try {
      server.setSecureContext({ ...read.value, minVersion: 'TLSv1.2' });
    } catch {
      // Half of a pair: the other half is being written.
    }
  };
  const watchers: FSWatcher[] = [];
  for (const dir of new Set([dirname(cert), dirname(key)])) {
    const watcher = watch(dir, { persistent: false }, renew);
    watcher.on('error', () => undefined);
    watchers.push(watcher);
  }
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}
