/** A TCP proxy between a client and a server that can fall silent, cut and count. */
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from './freePort.ts';

export interface TcpProxy {
  readonly port: number;
  /** Bytes that went from the server to clients. */
  readonly received: () => number;
  /** Connections stay open and new ones are taken, but nothing passes any more. */
  readonly silence: () => void;
  /** New connections work again; silenced ones stay dead. */
  readonly heal: () => void;
  /** Resets every connection. */
  readonly cut: () => void;
  readonly stop: () => Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isSilent = false;
  let received = 0;
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    const isDead = { value: isSilent };
    const pairs = [
      { from: client, to: target },
      { from: target, to: client },
    ];
    for (const { from, to } of pairs) {
      sockets.add(from);
      from.on('data', (chunk) => {
        isDead.value ||= isSilent;
        if (isDead.value) return;
        if (from === target) received += chunk.length;
        to.write(chunk);
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
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port,
    received: () => received,
    silence: () => (isSilent = true),
    heal: () => (isSilent = false),
    cut,
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
