/**
 * Many XML-RPC calls in few round trips, by `system.multicall` where the server has it and one by
 * one where it has not.
 *
 * supervisord does nothing else during a multicall, so a long list is sent in pieces.
 */
import type { CallError } from '../domain/event.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { type CallOptions, faultError, type XmlRpc } from './xmlRpc.ts';

export interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** One result per call, in order. An error of the whole leaves open which were carried out. */
export type Multicall = (
  calls: readonly Call[],
  options?: CallOptions,
) => Promise<Result<readonly Result<unknown, CallError>[], CallError>>;

const callsMaxPerRound = 50;

export function createMulticall(rpc: XmlRpc): Multicall {
  let isMissing = false;
  return async (calls, options = {}) => {
    const results: Result<unknown, CallError>[] = [];
    for (let from = 0; from < calls.length; from += callsMaxPerRound) {
      const round = calls.slice(from, from + callsMaxPerRound);
      let done = isMissing ? undefined : await callTogether(rpc, round, options);
      isMissing = done === undefined;
      done ??= await callOneByOne(rpc, round, options);
      if (!done.ok) return done;
      results.push(...done.value);
    }
    return ok(results);
  };
}

/** Undefined when the server does not know `system.multicall`. */
async function callTogether(
  rpc: XmlRpc,
  calls: readonly Call[],
  options: CallOptions,
): Promise<Result<readonly Result<unknown, CallError>[], CallError> | undefined> {
  const items = calls.map(({ method, params }) => ({ methodName: method, params }));
  const reply = await rpc.call('system.multicall', [items], options);
  if (!reply.ok) return isUnknownMethod(reply.error) ? undefined : reply;
  const results = reply.value as readonly unknown[];
  if (!Array.isArray(results) || results.length !== calls.length) {
    return err({ type: 'Malformed', detail: 'system.multicall: not one result per call' });
  }
  return ok(results.map(decodeItem));
}

async function callOneByOne(
  rpc: XmlRpc,
  calls: readonly Call[],
  options: CallOptions,
): Promise<Result<readonly Result<unknown, CallError>[], CallError>> {
  const results: Result<unknown, CallError>[] = [];
  for (const { method, params } of calls) {
    const result = await rpc.call(method, params, options);
    if (!result.ok && result.error.type !== 'Fault' && result.error.type !== 'Failed') {
      return result;
    }
    results.push(result);
  }
  return ok(results);
}

/** 1 is supervisord's; the others are those of the common fault code proposal. */
function isUnknownMethod(error: CallError): boolean {
  return error.faultCode === 1 || error.faultCode === -32_601 || error.faultCode === -32_500;
}

/** supervisord gives the bare value, where the multicall convention has a list of one. */
function decodeItem(item: unknown): Result<unknown, CallError> {
  if (Array.isArray(item) && item.length === 1) return ok(item[0]);
  if (typeof item === 'object' && item !== null && 'faultCode' in item) {
    const text = 'faultString' in item ? String(item.faultString) : '';
    return err(faultError(Number(item.faultCode), text));
  }
  return ok(item);
}
