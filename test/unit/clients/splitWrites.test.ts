import { describe, expect, it } from 'vitest';
import {
  operationsMax,
  requestSizeMaxBytes,
  splitWrites,
} from '../../../src/clients/splitWrites.ts';
import { type AppWrite, transaction } from '../../../src/clients/writeApps.ts';
import type { AppName } from '../../../src/domain/types.ts';

function appWrite(index: number, sizeBytes: number, droppedCount = 0): AppWrite {
  const dropped = Array.from({ length: droppedCount }, (_, at) => `/f/${String(at)}`);
  return {
    app: `app${String(index)}` as AppName,
    expected: { ips: undefined, content: undefined, signature: undefined, rollout: undefined },
    values: { ips: 'h', content: 'x'.repeat(sizeBytes), signature: undefined, rollout: undefined },
    record: { key: `/f/${String(index)}`, value: 'r', dropped },
  };
}

describe('splitWrites', () => {
  it.each([
    { what: 'many small ones', writes: Array.from({ length: 200 }, (_, at) => appWrite(at, 10)) },
    { what: 'large ones', writes: Array.from({ length: 40 }, (_, at) => appWrite(at, 90_000)) },
    { what: 'long prunings', writes: Array.from({ length: 9 }, (_, at) => appWrite(at, 10, 60)) },
    { what: 'none', writes: [] },
  ])('keeps within the limits of etcd, in order, each app once: $what', ({ writes }) => {
    const batches = splitWrites('/p', writes);
    expect(batches.flat()).toEqual(writes);
    for (const [index, batch] of batches.entries()) {
      const query = transaction('/p', batch);
      expect(query.compares.length).toBeLessThanOrEqual(operationsMax);
      expect(query.writes.length).toBeLessThanOrEqual(operationsMax);
      const size = query.writes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      expect(size).toBeLessThanOrEqual(requestSizeMaxBytes);
      // As few as can be: the first of the next one would not have fitted.
      const [next] = batches[index + 1] ?? [];
      if (next === undefined) continue;
      const more = transaction('/p', [...batch, next]);
      const moreSize = more.writes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      const isFull = more.compares.length > operationsMax || more.writes.length > operationsMax;
      expect(isFull || moreSize > requestSizeMaxBytes * 0.9).toBe(true);
    }
  });
});
