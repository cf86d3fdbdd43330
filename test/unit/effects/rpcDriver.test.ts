import { describe, expect, it } from 'vitest';
import { createRpcDriver, type RpcDriverDeps } from '../../../effects/drivers/rpcDriver.ts';
import type { CallError } from '../../../src/domain/event.ts';
import type { GroupChange, GroupUpdate } from '../../../src/domain/plan.ts';
import { err, ok } from '../../../src/domain/result.ts';
import type { AppName } from '../../../src/domain/types.ts';

const update = (change: GroupChange, ...names: readonly string[]): readonly GroupUpdate[] =>
  names.map((name) => ({ app: name as AppName, change, because: 'a test' }));
const fault = (name: string, faultCode: number): { name: string; error: CallError } => ({
  name,
  error: { type: 'Fault', faultCode, detail: `F${faultCode}` },
});

describe('createRpcDriver', () => {
  const begin = (
    changed: readonly string[],
    deps: Partial<RpcDriverDeps> = {},
  ): { calls: string[]; deps: RpcDriverDeps } => {
    const calls: string[] = [];
    return {
      calls,
      deps: {
        reloadConfig: () => Promise.resolve(ok({ added: [], changed, removed: [] })),
        getAllProcessInfo: () => Promise.resolve(ok([])),
        removeGroups: (names) => {
          calls.push(`remove ${names.join(' ')}`);
          return Promise.resolve(ok([]));
        },
        addGroups: (names) => {
          calls.push(`add ${names.join(' ')}`);
          return Promise.resolve(ok([]));
        },
        scheduler: { now: () => 0 },
        ...deps,
      },
    };
  };

  it('puts a group back in that somebody else has taken out, and leaves in one that runs', async () => {
    const { calls, deps } = begin(['a', 'b', 'c'], {
      removeGroups: () => Promise.resolve(ok([fault('a', 10), fault('b', 91)])),
    });
    const result = await createRpcDriver(deps, { timeoutMs: 1 }).updateGroups(
      update('Changed', 'a', 'b', 'c'),
    );
    expect(calls).toEqual(['add a c']);
    expect(result).toEqual(err({ type: 'Fault', faultCode: 91, detail: 'b: F91' }));
  });

  it('names every group that failed', async () => {
    const { deps } = begin(['a', 'b'], {
      addGroups: () => Promise.resolve(ok([fault('a', 90), fault('b', 10)])),
    });
    const result = await createRpcDriver(deps, { timeoutMs: 1 }).updateGroups(
      update('Changed', 'a', 'b'),
    );
    expect(result).toMatchObject({ error: { faultCode: 90, detail: 'a: F90; b: F10' } });
  });

  it('has no more than 50 groups out at a time, in the order of the plan', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `g${59 - i}`);
    const { calls, deps } = begin([...names].sort());
    await createRpcDriver(deps, { timeoutMs: 1 }).updateGroups(update('Changed', ...names));
    expect(calls.map((call) => call.split(' ').length - 1)).toEqual([50, 50, 10, 10]);
    expect(calls[0]).toMatch(/^remove g59 g58 /);
  });

  it('begins no round after the deadline', async () => {
    const names = Array.from({ length: 150 }, (_, i) => `g${i}`);
    let nowMs = 0;
    const { calls, deps } = begin(names, { scheduler: { now: () => (nowMs += 100) } });
    const result = await createRpcDriver(deps, { timeoutMs: 250 }).updateGroups(
      update('Changed', ...names),
    );
    expect(result).toMatchObject({ error: { type: 'TimedOut' } });
    expect(calls).toHaveLength(4);
  });
});
