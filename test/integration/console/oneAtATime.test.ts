import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { oneAtATime } from '../../../src/console/server/oneAtATime.ts';
import { closeServer } from '../../../src/http/listenOn.ts';
import { waitFor } from '../../support/waitFor.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await closeServer(server);
});

async function visit(onRequest: RequestListener): Promise<{ socket: Socket; heard: () => string }> {
  const server = createServer(oneAtATime(onRequest)).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return { socket, heard: () => text };
}

const ask = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;

describe('a connection', () => {
  it('asks again and again, each time after the answer', async () => {
    const { socket, heard } = await visit(({ url }, response) => response.end(`told ${url ?? ''}`));
    for (let count = 1; count <= 200; count += 1) {
      const path = `/${String(count)}`;
      socket.write(ask(path));
      await waitFor(path, () => heard().endsWith(`told ${path}`));
    }
    socket.destroy();
  });

  it('that asks again before the answer is cut off, and all that it had is given back', async () => {
    const open = new Set<ServerResponse>();
    const asked: string[] = [];
    const { socket } = await visit(({ url }, response) => {
      asked.push(url ?? '');
      open.add(response);
      response.on('close', () => open.delete(response));
      response.write('a beginning');
    });
    socket.write(ask('/1'));
    await waitFor('the first', () => asked.length === 1);
    socket.write(ask('/2') + ask('/3'));
    await once(socket, 'close');
    await waitFor('nothing to be open', () => open.size === 0);
    expect(asked).toEqual(['/1']);
  });
});
