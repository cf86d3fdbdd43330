/**
 * XML-RPC over a unix socket or TCP: the codec of the `xmlrpc` package on a transport of our own.
 *
 * Each call settles exactly once, within its deadline, with a value or a typed error; it never
 * throws. Connections are kept alive. A reply larger than the limit is given up.
 */
import * as http from 'node:http';
import type { Socket } from 'node:net';
import Deserializer, { type ReplySink } from 'xmlrpc/lib/deserializer.js';
import { serializeMethodCall } from 'xmlrpc/lib/serializer.js';
import type { CallError } from '../domain/event.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { describeHttpStatus, describeNetworkError } from './callErrors.ts';
import { parseSupervisorUrl, type SupervisorAddress } from './supervisorUrl.ts';

export interface XmlRpcOptions {
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** For a whole call: waiting for a connection, the request, and the last byte of the reply. */
  readonly callTimeoutMs?: number | undefined;
  readonly replyMaxBytes?: number | undefined;
  /** The server closed a connection that it had accepted. */
  readonly onConnectionLost?: (() => void) | undefined;
}

export interface CallOptions {
  readonly timeoutMs?: number;
  /** A read: done again, once, when an idle connection turns out to be dead. */
  readonly isRead?: boolean;
  /** Reads a known form of reply faster than the codec; undefined leaves it to the codec. */
  readonly scan?: (reply: string) => unknown;
}

export interface XmlRpc {
  call(
    method: string,
    params?: readonly unknown[],
    options?: CallOptions,
  ): Promise<Result<unknown, CallError>>;
  close(): void;
}

export function createXmlRpc(options: XmlRpcOptions): XmlRpc {
  const parsed = parseSupervisorUrl(options.url);
  if (!parsed.ok) {
    const refusal = err({ type: 'Unreachable', detail: parsed.error } as const);
    return { call: () => Promise.resolve(refusal), close: () => undefined };
  }
  const address = parsed.value;
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4, scheduling: 'lifo' });
  const line: Line = {
    address,
    request: requestOptions(address, agent, options),
    replyMaxBytes: options.replyMaxBytes ?? 64 * 1024 * 1024,
    watched: new WeakSet(),
    onConnectionLost: options.onConnectionLost ?? (() => undefined),
  };
  const call: XmlRpc['call'] = async (method, params = [], callOptions = {}) => {
    const body = encode(method, params);
    if (!body.ok) return body;
    const timeoutMs = callOptions.timeoutMs ?? options.callTimeoutMs ?? 5_000;
    let reply = await exchange(line, method, body.value, timeoutMs);
    if (!reply.ok && reply.error.isStaleConnection && callOptions.isRead === true) {
      reply = await exchange(line, method, body.value, timeoutMs);
    }
    if (!reply.ok) return err(reply.error.error);
    const scanned = callOptions.scan?.(reply.value.toString('utf8'));
    return scanned === undefined ? decodeReply(method, reply.value) : ok(scanned);
  };
  return { call, close: () => agent.destroy() };
}

interface Line {
  readonly address: SupervisorAddress;
  readonly request: http.RequestOptions;
  readonly replyMaxBytes: number;
  readonly watched: WeakSet<Socket>;
  readonly onConnectionLost: () => void;
}

function requestOptions(
  address: SupervisorAddress,
  agent: http.Agent,
  options: XmlRpcOptions,
): http.RequestOptions {
  return {
    method: 'POST',
    path: '/RPC2',
    agent,
    ...(address.type === 'Unix'
      ? { socketPath: address.socketPath }
      : { host: address.host, port: address.port }),
    ...(options.username === undefined || options.username === ''
      ? {}
      : { auth: `${options.username}:${options.password ?? ''}` }),
  };
}

function encode(method: string, params: readonly unknown[]): Result<Buffer, CallError> {
  const detail = `${method}: a parameter cannot be sent as XML`;
  // The codec would write `<param/>`, at which supervisord drops the connection.
  if (params.includes(undefined)) return err({ type: 'Malformed', detail });
  try {
    return ok(Buffer.from(serializeMethodCall(method, params), 'utf8'));
  } catch {
    return err({ type: 'Malformed', detail });
  }
}

interface ExchangeError {
  readonly error: CallError;
  /** The server had closed this connection before it could read the request. */
  readonly isStaleConnection: boolean;
}

function exchange(
  line: Line,
  method: string,
  body: Buffer,
  timeoutMs: number,
): Promise<Result<Buffer, ExchangeError>> {
  return new Promise((resolve) => {
    const request = http.request({
      ...line.request,
      headers: {
        'Content-Type': 'text/xml',
        Accept: 'text/xml',
        // supervisord answers 411 to a chunked request.
        'Content-Length': body.length,
      },
    });
    const succeed = (reply: Buffer): void => {
      clearTimeout(timer);
      resolve(ok(reply));
    };
    const fail = (error: CallError, isStaleConnection = false): void => {
      clearTimeout(timer);
      resolve(err({ error, isStaleConnection }));
      if (request.socket !== null) line.watched.delete(request.socket);
      request.destroy();
    };
    const timer = setTimeout(() => {
      fail({ type: 'TimedOut', detail: `${method}: no whole reply within ${timeoutMs} ms` });
    }, timeoutMs);
    request.on('socket', (socket) => watchSocket(line, socket));
    // Stays attached: what comes after the settlement is swallowed here.
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isBroken = error.code === 'ECONNRESET' || error.code === 'EPIPE';
      if (request.socket !== null) loseSocket(line, request.socket);
      fail(describeNetworkError(error, line.address, method), request.reusedSocket && isBroken);
    });
    request.on('response', (response) => {
      if (response.statusCode !== 200) {
        fail(describeHttpStatus(response.statusCode ?? 0, line.address, method));
        return;
      }
      collect(response, line.replyMaxBytes, succeed, (detail) => {
        fail({ type: 'Malformed', detail: `${method}: ${detail}` });
      });
    });
    request.end(body);
  });
}

function collect(
  response: http.IncomingMessage,
  maxBytes: number,
  succeed: (reply: Buffer) => void,
  fail: (detail: string) => void,
): void {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  response.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    chunks.push(chunk);
    if (sizeBytes > maxBytes) fail(`the reply is larger than ${maxBytes} bytes`);
  });
  response.on('error', () => fail('the reply broke off'));
  response.on('aborted', () => fail('the reply broke off'));
  response.on('end', () => {
    if (response.complete) succeed(Buffer.concat(chunks));
  });
}

/** Tells of a close that was not our doing: a restarted supervisord closes every connection. */
function watchSocket(line: Line, socket: Socket): void {
  if (line.watched.has(socket)) return;
  line.watched.add(socket);
  socket.once('close', () => loseSocket(line, socket));
}

/** Tells once per socket, and never of one that we gave up ourselves. */
function loseSocket(line: Line, socket: Socket): void {
  if (line.watched.delete(socket)) line.onConnectionLost();
}

/** Total: whatever the bytes are, a value or an error. */
export function decodeReply(method: string, reply: Buffer): Result<unknown, CallError> {
  const malformed = (reason: string): Result<unknown, CallError> =>
    err({ type: 'Malformed', detail: `${method}: not an XML-RPC reply: ${reason}` });
  let decoded = malformed('it has no end');
  // Fed by hand rather than piped: the codec throws on some replies, and from inside a stream
  // that would end the process.
  const feed = (sink: ReplySink): void => {
    sink.write(reply);
    sink.end();
  };
  const source = { setEncoding: () => undefined, on: () => undefined, pipe: feed };
  try {
    new Deserializer().deserializeMethodResponse(source, (error, value) => {
      if (error === null || error === undefined) decoded = ok(value);
      else if (error.faultCode === undefined) {
        decoded = malformed(error.message.split('\n')[0] ?? '');
      } else decoded = err(faultError(Number(error.faultCode), error.faultString ?? ''));
    });
  } catch {
    return malformed('the fault is empty');
  }
  return decoded;
}

/** supervisord's fault as an error; 6 SHUTDOWN_STATE is also what a restarting one answers. */
export function faultError(faultCode: number, detail: string): CallError {
  if (faultCode === 6) {
    const told = `supervisord is about to end or to start anew (${detail})`;
    return { type: 'ShuttingDown', faultCode, detail: told };
  }
  return { type: 'Fault', faultCode, detail };
}
