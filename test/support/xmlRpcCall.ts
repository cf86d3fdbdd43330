/**
 * One XML-RPC call over a unix socket, for tests: a second road to supervisord that shares no
 * transport with the client under test. A connection per call, ten seconds each.
 */
import * as http from 'node:http';
import Deserializer from 'xmlrpc/lib/deserializer.js';
import { serializeMethodCall } from 'xmlrpc/lib/serializer.js';

export interface XmlRpcAddress {
  readonly socketPath: string;
  readonly username: string;
  readonly password: string | undefined;
}

export class XmlRpcFault extends Error {
  readonly code: number;
  constructor(code: number, text: string) {
    super(`fault ${code}: ${text}`);
    this.code = code;
  }
}

export function callXmlRpc(
  address: XmlRpcAddress,
  method: string,
  params: readonly unknown[],
): Promise<unknown> {
  const body = Buffer.from(serializeMethodCall(method, [...params]), 'utf8');
  return new Promise((resolve, reject) => {
    const request = http.request({
      method: 'POST',
      path: '/RPC2',
      socketPath: address.socketPath,
      agent: false,
      signal: AbortSignal.timeout(10_000),
      headers: { 'Content-Type': 'text/xml', 'Content-Length': body.length },
      ...(address.password === undefined
        ? {}
        : { auth: `${address.username}:${address.password}` }),
    });
    request.on('error', reject);
    request.on('response', (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        reject(new Error(`HTTP ${response.statusCode ?? 0}`));
        return;
      }
      new Deserializer().deserializeMethodResponse(response, (error, value) => {
        if (error === null || error === undefined) resolve(value);
        else if (error.faultCode === undefined) reject(error);
        else reject(new XmlRpcFault(error.faultCode, error.faultString ?? ''));
      });
    });
    request.end(body);
  });
}
