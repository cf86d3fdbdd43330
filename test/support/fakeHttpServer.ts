/** An HTTP server on a unix socket that answers as a test says, in place of supervisord. */
import * as http from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createTempDir } from './tempDir.ts';

export interface FakeHttpServer {
  readonly url: string;
  /** How many connections were opened so far. */
  connections(): number;
  requests(): readonly FakeRequest[];
  /** Cuts every open connection. */
  cut(): void;
  close(): Promise<void>;
}

export interface FakeRequest {
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export type Answer = (response: http.ServerResponse, request: FakeRequest) => void;

export async function startFakeHttpServer(answer: Answer): Promise<FakeHttpServer> {
  const dir = await createTempDir('http');
  const socketPath = join(dir.path, 's.sock');
  const requests: FakeRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const seen = { headers: request.headers, body: Buffer.concat(chunks).toString('utf8') };
      requests.push(seen);
      answer(response, seen);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `unix://${socketPath}`,
    connections: () => connections,
    requests: () => requests,
    cut,
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
      await dir.remove();
    },
  };
}
