/** A TCP proxy that counts what the far side sends back. */
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from '../test/support/freePort.ts';

export interface CountingProxy {
  readonly endpoint: string;
  /** Bytes from the server to the client so far. */
  bytes(): number;
  /** When the last of them passed, by `performance.now()`. */
  lastAtMs(): number;
  close(): void;
}

export async function createCountingProxy(targetPort: number): Promise<CountingProxy> {
  const port = await freePort();
  const sockets = new Set<Socket>();
  let bytes = 0;
  let lastAtMs = 0;
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    upstream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      lastAtMs = performance.now();
    });
    client.pipe(upstream);
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    endpoint: `http://127.0.0.1:${String(port)}`,
    bytes: () => bytes,
    lastAtMs: () => lastAtMs,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
