/** Outcomes that wait for etcd: tried again and again, in their order, and not without bound. */
import { expect, it, describe } from 'vitest';
import { createLateOutcomes } from '../../../../src/console/server/audit/lateOutcomes.ts';
import type { AuditNote } from '../../../../src/domain/console/audit.ts';

const note = (target: string, detail = ''): AuditNote => ({
  ...{ user: 'ann', from: '192.0.2.1', action: 'publish', target, before: '', after: '' },
  ...{ outcome: 'done', of: 7, detail },
});

function open() {
  const waiting: (() => void)[] = [];
  const written: string[] = [];
  const etcd = { isThere: false };
  const late = createLateOutcomes({
    write: ({ note: { target }, atMs }) => {
      if (etcd.isThere) written.push(`${target} ${String(atMs)}`);
      return Promise.resolve(etcd.isThere);
    },
    later: (_ms, run) => void waiting.push(run),
  });
  /** So much later, with all that follows. */
  const wait = async (): Promise<void> => {
    for (const run of waiting.splice(0)) run();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { late, wait, waiting, written, etcd };
}

describe('createLateOutcomes', () => {
  it('writes them in their order, each once and with its time, when etcd takes them', async () => {
    const { late, wait, waiting, written, etcd } = open();
    expect([
      late.keep({ note: note('a'), atMs: 1 }),
      late.keep({ note: note('b'), atMs: 2 }),
    ]).toEqual([true, true]);
    expect(waiting).toHaveLength(1);
    await wait();
    expect([written, waiting.length]).toEqual([[], 1]);
    etcd.isThere = true;
    await wait();
    expect([written, waiting.length]).toEqual([['a 1', 'b 2'], 0]);
    await late.writeAll();
    expect(written).toHaveLength(2);
  });

  it('keeps no more than it has room for, and has room again later', async () => {
    const { late, wait, etcd } = open();
    const large = note('a', 'x'.repeat(1024 * 1024));
    const kept = Array.from({ length: 9 }, () => late.keep({ note: large, atMs: 1 }));
    expect(kept.filter(Boolean)).toHaveLength(7);
    const small = Array.from({ length: 1_100 }, () => late.keep({ note: note('b'), atMs: 1 }));
    expect(small.filter(Boolean)).toHaveLength(993);
    etcd.isThere = true;
    await wait();
    expect(late.keep({ note: large, atMs: 2 })).toBe(true);
  });
});
