/** What the agent tells over HTTP, to whom, and what it refuses. */
import { type IncomingHttpHeaders, request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type HttpServerDeps, createHttpServer } from '../../../src/http/httpServer.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function start(deps: Partial<HttpServerDeps> = {}): Promise<number> {
  const server = await createHttpServer(
    {
      isHealthy: () => ({ ok: true, reasons: [] }),
      readiness: () => ({ ok: false, reasons: ['etcd is not listed yet'] }),
      metricsText: () => Promise.resolve('supervene_apps 1\n'),
      stateJson: () => ({ desired: [] }),
      ...deps,
    },
    { listen: { host: '127.0.0.1', port: 0 } },
  );
  if (!server.ok) throw new Error(server.error);
  closers.push(server.value.close);
  return server.value.address.port;
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(port: number, path: string, method = 'GET', host = 'localhost'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, headers: { host } };
    const call = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    call.on('error', reject);
    call.end();
  });
}

describe('createHttpServer', () => {
  it('answers health with 200, and readiness with 503 and its reasons', async () => {
    const port = await start();
    expect(await ask(port, '/healthz')).toMatchObject({ status: 200 });
    const ready = await ask(port, '/readyz?x=1');
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.body)).toEqual({ ok: false, reasons: ['etcd is not listed yet'] });
  });

  it('answers metrics as Prometheus reads them, and state as JSON', async () => {
    const port = await start();
    const metrics = await ask(port, '/metrics');
    expect(metrics.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(metrics.body).toBe('supervene_apps 1\n');
    const state = await ask(port, '/state');
    expect(state.headers['content-type']).toBe('application/json');
    expect(JSON.parse(state.body)).toEqual({ desired: [] });
  });

  it('gives no other origin anything, and lets nothing be cached or framed', async () => {
    const { headers } = await ask(await start(), '/state');
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-frame-options']).toBe('DENY');
  });

  it('answers HEAD without a body and refuses to be written to', async () => {
    const port = await start();
    expect(await ask(port, '/state', 'HEAD')).toMatchObject({ status: 200, body: '' });
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const reply = await ask(port, '/state', method);
      expect(reply).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    }
  });

  it('answers an unknown path with 404 as JSON', async () => {
    const reply = await ask(await start(), '/../etc/passwd');
    expect(reply.status).toBe(404);
    expect(JSON.parse(reply.body)).toMatchObject({ error: 'not found' });
  });

  it('refuses a host name that somebody else could point here', async () => {
    const port = await start();
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      `evil:${String(port)}`,
      '10.0.0.1',
    ]) {
      expect(await ask(port, '/state', 'GET', host)).toMatchObject({ status: 403 });
    }
    for (const host of ['localhost', `127.0.0.1:${String(port)}`, '[::1]:9102', 'LOCALHOST:1']) {
      expect(await ask(port, '/state', 'GET', host)).toMatchObject({ status: 200 });
    }
  });

  it('goes on after a route failed', async () => {
    const port = await start({ metricsText: () => Promise.reject(new Error('no')) });
    expect(await ask(port, '/metrics')).toMatchObject({ status: 500 });
    expect(await ask(port, '/healthz')).toMatchObject({ status: 200 });
  });

  it('says why it cannot listen', async () => {
    const port = await start();
    const second = await createHttpServer(
      {
        isHealthy: () => ({ ok: true, reasons: [] }),
        readiness: () => ({ ok: true, reasons: [] }),
        metricsText: () => Promise.resolve(''),
        stateJson: () => ({}),
      },
      { listen: { host: '127.0.0.1', port } },
    );
    expect(second).toMatchObject({ ok: false, error: expect.stringContaining('EADDRINUSE') });
  });
});
