import { afterEach, describe, expect, it } from 'vitest';
import {
  createXmlRpc,
  decodeReply,
  type XmlRpc,
  type XmlRpcOptions,
} from '../../../src/clients/xmlRpc.ts';
import { parseSupervisorUrl } from '../../../src/clients/supervisorUrl.ts';
import { ok } from '../../../src/domain/result.ts';
import {
  type Answer,
  type FakeHttpServer,
  startFakeHttpServer,
} from '../../support/fakeHttpServer.ts';

const reply = (value: string): string =>
  `<?xml version='1.0'?><methodResponse><params><param><value>${value}</value></param></params></methodResponse>`;
const fault = (code: number, text: string): string =>
  `<?xml version='1.0'?><methodResponse><fault><value><struct>` +
  `<member><name>faultCode</name><value><int>${code}</int></value></member>` +
  `<member><name>faultString</name><value><string>${text}</string></value></member>` +
  `</struct></value></fault></methodResponse>`;

describe('createXmlRpc', () => {
  let server: FakeHttpServer;
  let rpc: XmlRpc;
  const open = async (answer: Answer, options: Partial<XmlRpcOptions> = {}): Promise<void> => {
    server = await startFakeHttpServer(answer);
    rpc = createXmlRpc({ url: server.url, callTimeoutMs: 2_000, ...options });
  };
  afterEach(async () => {
    rpc.close();
    await server.close();
  });

  it('keeps one connection alive over many calls', async () => {
    await open((response) => response.end(reply('<int>7</int>')));
    for (let i = 0; i < 5; i += 1) expect(await rpc.call('m')).toEqual(ok(7));
    expect(server.connections()).toBe(1);
  });

  it('sends length, user and password', async () => {
    await open((response) => response.end(reply('<int>7</int>')), {
      username: 'ann',
      password: 'pä:ss',
    });
    await rpc.call('m', ['é']);
    const [request] = server.requests();
    expect(request?.headers['content-length']).toBe(String(Buffer.byteLength(request?.body ?? '')));
    expect(request?.headers.authorization).toBe(
      `Basic ${Buffer.from('ann:pä:ss', 'utf8').toString('base64')}`,
    );
  });

  it.each<[string, Answer]>([
    ['no answer', () => undefined],
    ['half an answer', (response) => void response.write('<?xml')],
  ])('times out on %s', async (_name, answer) => {
    await open(answer, { callTimeoutMs: 60 });
    expect(await rpc.call('m')).toMatchObject({ ok: false, error: { type: 'TimedOut' } });
  });

  it.each<[string, Answer, object]>([
    [
      'a fault',
      (r) => r.end(fault(10, 'BAD_NAME: x')),
      { type: 'Fault', faultCode: 10, detail: 'BAD_NAME: x' },
    ],
    [
      'fault 6',
      (r) => r.end(fault(6, 'SHUTDOWN_STATE')),
      {
        type: 'ShuttingDown',
        detail: 'supervisord is about to end or to start anew (SHUTDOWN_STATE)',
      },
    ],
    ['HTTP 401', (r) => r.writeHead(401).end(reply('<int>7</int>')), { type: 'Unauthorised' }],
    ['HTTP 404', (r) => r.writeHead(404).end('no'), { type: 'Malformed' }],
    ['HTTP 500', (r) => r.writeHead(500).end(reply('<int>7</int>')), { type: 'Failed' }],
    ['a page', (r) => r.end('<html><title>x</title></html>'), { type: 'Malformed' }],
    ['text', (r) => r.end('hello'), { type: 'Malformed' }],
    ['nothing', (r) => r.end(), { type: 'Malformed' }],
    [
      'an empty fault',
      (r) => r.end('<methodResponse><fault></fault></methodResponse>'),
      { type: 'Malformed' },
    ],
    [
      'too much',
      (r) => r.end(reply('<string>' + 'x'.repeat(5_000) + '</string>')),
      { type: 'Malformed' },
    ],
    [
      'a reply cut short',
      (r) => {
        r.writeHead(200, { 'Content-Length': 999 });
        r.write('<?xml');
        r.socket?.end();
      },
      { type: 'Malformed' },
    ],
    ['a closed connection', (r) => r.socket?.destroy(), { type: 'Unreachable' }],
  ])('types %s', async (_name, answer, error) => {
    await open(answer, { replyMaxBytes: 4_096 });
    expect(await rpc.call('m')).toMatchObject({ ok: false, error });
  });

  it('refuses what XML cannot carry, without a call', async () => {
    await open((response) => response.end(reply('<int>7</int>')));
    for (const parameter of [undefined, 'bell \u0007']) {
      expect(await rpc.call('m', [parameter])).toMatchObject({ error: { type: 'Malformed' } });
    }
    expect(server.requests()).toHaveLength(0);
  });

  it('tells of a connection that the server closed, not of its own time-outs', async () => {
    let lost = 0;
    let isSilent = false;
    await open((response) => void (isSilent || response.end(reply('<int>7</int>'))), {
      callTimeoutMs: 60,
      onConnectionLost: () => (lost += 1),
    });
    await rpc.call('m');
    isSilent = true;
    await rpc.call('m');
    expect(lost).toBe(0);
    isSilent = false;
    await rpc.call('m');
    server.cut();
    await rpc.call('m', [], { isRead: true });
    expect(lost).toBe(1);
  });

  it('repeats a read once when the connection turns out to be dead', async () => {
    let isDead = false;
    await open((response) => {
      if (isDead) response.socket?.destroy();
      else response.end(reply('<int>7</int>'));
      isDead = false;
    });
    await rpc.call('m');
    isDead = true;
    expect(await rpc.call('m', [], { isRead: true })).toEqual(ok(7));
    isDead = true;
    expect(await rpc.call('m')).toMatchObject({ error: { type: 'Unreachable' } });
  });
});

describe('decodeReply', () => {
  it('leaves i8 as text and resolves entities', () => {
    const xml = reply(
      '<array><data><value><i8>9007199254740993</i8></value><value>a&lt;b</value></data></array>',
    );
    expect(decodeReply('m', Buffer.from(xml))).toEqual(ok(['9007199254740993', 'a<b']));
  });
});

describe('parseSupervisorUrl', () => {
  it.each([
    ['unix:///var/run/supervisor.sock', { type: 'Unix', socketPath: '/var/run/supervisor.sock' }],
    ['http://127.0.0.1:9001', { type: 'Tcp', host: '127.0.0.1', port: 9001 }],
    ['http://[::1]:9002/RPC2', { type: 'Tcp', host: '::1', port: 9002, name: '[::1]:9002' }],
    ['http://host', { type: 'Tcp', host: 'host', port: 9001 }],
  ])('reads %s', (url, address) => {
    expect(parseSupervisorUrl(url)).toMatchObject({ ok: true, value: address });
  });

  it.each(['', 'unix://relative.sock', 'https://host:1', 'http://u:p@host:1', 'http://h:99999'])(
    'refuses %j',
    (url) => {
      expect(parseSupervisorUrl(url)).toMatchObject({ ok: false });
    },
  );
});
