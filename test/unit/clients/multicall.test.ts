import { describe, expect, it } from 'vitest';
import { createMulticall } from '../../../src/clients/multicall.ts';
import type { XmlRpc } from '../../../src/clients/xmlRpc.ts';
import type { CallError } from '../../../src/domain/event.ts';
import { err, ok, type Result } from '../../../src/domain/result.ts';

const fault = (faultCode: number): CallError => ({ type: 'Fault', faultCode, detail: '' });
const calls = (count: number): { method: string; params: unknown[] }[] =>
  Array.from({ length: count }, (_, i) => ({ method: 'm', params: [i] }));

describe('createMulticall', () => {
  const sent: string[] = [];
  const open = (
    answer: (method: string, params: readonly unknown[]) => Result<unknown, CallError>,
  ): XmlRpc => {
    sent.splice(0);
    return {
      call: (method, params = []) => {
        sent.push(method);
        return Promise.resolve(answer(method, params));
      },
      close: () => undefined,
    };
  };

  it('sends long lists in pieces and keeps the order', async () => {
    const rpc = open((_method, [items]) =>
      ok((items as { params: unknown[] }[]).map(({ params }) => params[0])),
    );
    const results = await createMulticall(rpc)(calls(120));
    expect(sent).toHaveLength(3);
    expect(results).toEqual(ok(calls(120).map(({ params }) => ok(params[0]))));
  });

  it('tells a failed item from a value', async () => {
    const rpc = open(() => ok([true, { faultCode: 70, faultString: 'NOT_RUNNING: a' }]));
    expect(await createMulticall(rpc)(calls(2))).toEqual(
      ok([ok(true), err({ type: 'Fault', faultCode: 70, detail: 'NOT_RUNNING: a' })]),
    );
  });

  it('calls one by one when the server has no multicall, and remembers that', async () => {
    const rpc = open((method, [item]) => {
      if (method === 'system.multicall') return err(fault(1));
      return item === 0 ? err(fault(10)) : ok(true);
    });
    const callAll = createMulticall(rpc);
    expect(await callAll(calls(2))).toEqual(ok([err(fault(10)), ok(true)]));
    await callAll(calls(2));
    expect(sent).toEqual(['system.multicall', 'm', 'm', 'm', 'm']);
  });

  it('fails as a whole when supervisord goes away, or answers short', async () => {
    const gone: CallError = { type: 'Unreachable', detail: '' };
    expect(await createMulticall(open(() => err(gone)))(calls(2))).toEqual(err(gone));
    expect(await createMulticall(open(() => ok([true])))(calls(2))).toMatchObject({
      error: { type: 'Malformed' },
    });
  });
});
