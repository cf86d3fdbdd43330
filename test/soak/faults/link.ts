/** The network between a host and etcd: a TCP proxy that cuts, falls silent or takes its time. */
import { connect, createServer, type Socket } from 'node:net';

export type LinkState = 'Open' | 'Cut' | 'Silent' | 'Slow';

export interface Link {
  readonly port: number;
  /** `Cut` resets what there is and what comes; what was `Silent` once stays dead. */
  set(state: LinkState): void;
  stop(): Promise<void>;
}

const slowMs = 400;

export async function startLink(targetPort: number): Promise<Link> {
  const sockets = new Set<Socket>();
  let state: LinkState = 'Open';
  const server = createServer((client) => {
    if (state === 'Cut') return void client.resetAndDestroy();
    const target = connect(targetPort, '127.0.0.1');
    let isDead = false;
    const join = (from: Socket, to: Socket): void => {
      let last = Promise.resolve();
      sockets.add(from);
      from.on('data', (chunk) => {
        isDead ||= state === 'Silent';
        if (isDead) return;
        const waitMs = state === 'Slow' ? slowMs : 0;
        // In order, also when the link has become fast again meanwhile.
        last = last.then(async () => {
          if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
          if (!isDead && !to.destroyed) to.write(chunk);
        });
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        if (!isDead) to.destroy();
      });
    };
    join(client, target);
    join(target, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    set: (next) => {
      state = next;
      if (next === 'Cut') cut();
    },
    stop: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
