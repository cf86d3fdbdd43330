/**
 * Ports nobody listens on. Taken at random from below the range the kernel gives to outgoing
 * connections, so that between asking and using hardly anybody else can get one; never the same twice
 * within one process.
 */
import { createServer } from 'node:net';

const first = 15_000;
const count = 17_000;
const given = new Set<number>();

export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = first + Math.floor(Math.random() * count);
    if (!given.has(port) && (await isFree(port))) {
      given.add(port);
      return port;
    }
  }
  throw new Error('found no free port in 100 attempts');
}

export async function freePorts(howMany: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < howMany) ports.push(await freePort());
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    // Without a host: every address, so a port in use on any of them is refused.
    server.listen(port, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
