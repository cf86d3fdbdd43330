/** Beginning and ending to listen, as Results instead of events. */
import type { Server } from 'node:http';

/** Undefined when it listens; after that, errors of the socket end no process. */
export function listenOn(
  server: Server,
  where: { readonly host: string; readonly port: number } | { readonly path: string },
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const onError = (error: Error): void => resolve(error.message);
    server.once('error', onError);
    server.listen(where, () => {
      server.off('error', onError);
      server.on('error', () => undefined);
      resolve(undefined);
    });
  });
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
