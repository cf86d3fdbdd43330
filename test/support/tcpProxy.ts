/** A TCP proxy between a client and a server that can fall silent, dawdle, cut and count. */
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from './freePort.ts';

export interface TcpProxy {
  readonly port: number;
  /** Bytes that went from the server to clients. */
  readonly received: () => number;
  /** Connections that clients have open. */
  readonly connections: () => number;
  /** Connections stay open and new ones are taken, but nothing passes any more. */
  readonly silence: () => void;
  /** New connections work again; silenced ones stay dead. */
  readonly heal: () => void;
  /** Resets every connection. */
  readonly cut: () => void;
  /** Every byte takes so much longer, in either direction; those under way keep their time. */
  readonly delay: (ms: number) => void;
  /** Passes so many more bytes from the server to clients, then resets every connection, once. */
  readonly cutAfter: (bytes: number) => void;
  /** Whether the last `cutAfter` has come to its cut. */
  readonly hasCut: () => boolean;
  readonly stop: () => Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  let isSilent = false;
  let received = 0;
  let delayMs = 0;
  /** How many bytes pass before the cut. */
  let left: number | undefined;
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  /** What still passes of it, and the cut behind it. */
  const passDownTo = (client: Socket, chunk: Buffer): void => {
    if (left === undefined || chunk.length < left) {
      if (left !== undefined) left -= chunk.length;
      received += chunk.length;
      client.write(chunk);
      return;
    }
    const last = chunk.subarray(0, left);
    left = undefined;
    received += last.length;
    // Only what the kernel has been given is sure to arrive before the reset.
    client.write(last, cut);
  };
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    const isDead = { value: isSilent };
    clients.add(client);
    client.on('close', () => clients.delete(client));
    const pairs = [
      { from: client, to: target },
      { from: target, to: client },
    ];
    for (const { from, to } of pairs) {
      sockets.add(from);
      const pass = (chunk: Buffer): void => {
        if (from === target) passDownTo(client, chunk);
        else to.write(chunk);
      };
      from.on('data', (chunk: Buffer) => {
        isDead.value ||= isSilent;
        if (isDead.value) return;
        if (delayMs === 0) pass(chunk);
        else setTimeout(pass, delayMs, chunk);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        if (!isDead.value) to.destroy();
      });
    }
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port,
    received: () => received,
    connections: () => clients.size,
    silence: () => (isSilent = true),
    heal: () => (isSilent = false),
    cut,
    delay: (ms) => (delayMs = ms),
    cutAfter: (bytes) => (left = bytes),
    hasCut: () => left === undefined,
    stop: () => {
      cut();
      return new Promise((resolve) =>
        server.close(() => {
          resolve();
        }),
      );
    },
  };
}
