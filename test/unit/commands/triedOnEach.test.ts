/** A read is tried on each server of etcd once, and on no other fault than one of a server. */
import { describe, expect, it } from 'vitest';
import { triedOnEach } from '../../../src/commands/triedOnEach.ts';
import type { EtcdError, Range } from '../../../src/domain/etcdCalls.ts';
import { err } from '../../../src/domain/result.ts';

const query = { key: Buffer.from('a') };

function failing(type: EtcdError['type']) {
  let calls = 0;
  const range: Range = () => {
    calls += 1;
    return Promise.resolve(err({ type, wasSent: true, detail: 'no' }));
  };
  return { range, calls: () => calls };
}

describe('triedOnEach', () => {
  it.each(['Unreachable', 'TimedOut', 'NoLeader'] as const)(
    'asks each server when the one before is %s',
    async (type) => {
      const { range, calls } = failing(type);
      expect(await triedOnEach(range, 3)(query, {})).toMatchObject({ ok: false, error: { type } });
      expect(calls()).toBe(3);
    },
  );

  it.each(['Unauthorised', 'Compacted', 'Failed'] as const)(
    'asks no other after %s, which each would say',
    async (type) => {
      const { range, calls } = failing(type);
      await triedOnEach(range, 3)(query, {});
      expect(calls()).toBe(1);
    },
  );
});
