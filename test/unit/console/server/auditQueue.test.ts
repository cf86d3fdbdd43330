/** What waits for the trail: what is done before what was refused, bounded, many at once. */
import { describe, expect, it } from 'vitest';
import { createAuditQueue } from '../../../../src/console/server/audit/auditQueue.ts';
import type { AuditNote, AuditPart } from '../../../../src/domain/console/audit.ts';
import { ok, type Result } from '../../../../src/domain/result.ts';

const note = (target: string, of: number | null = null): AuditNote => ({
  ...{ user: 'u', from: 'f', action: 'a', target, before: '', after: '' },
  ...{ outcome: of === null ? 'asked' : 'done', of, detail: '' },
});

/** Writes one batch each time that it is let. */
function heldWriter() {
  const batches: string[][] = [];
  const held: ((written: Result<number, string>) => void)[] = [];
  let seq = 1;
  return {
    batches,
    write: (parts: readonly AuditPart[]): Promise<Result<number, string>> => {
      batches.push(parts.map((part) => part.note.target));
      return new Promise((resolve) => held.push(resolve));
    },
    letOne: async (): Promise<void> => {
      const first = seq;
      seq += batches.at(-1)?.length ?? 0;
      held.shift()?.(ok(first));
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('createAuditQueue', () => {
  it('writes what is done before what was refused earlier', async () => {
    const { batches, write, letOne } = heldWriter();
    const queue = createAuditQueue(write);
    void queue.add('Refusal', [note('r1')]);
    const later = ['r2', 'r3'].map((target) => queue.add('Refusal', [note(target)]));
    const done = ['a1', 'a2'].map((target) => queue.add('Action', [note(target)]));
    await letOne();
    await letOne();
    await letOne();
    expect(batches).toEqual([['r1'], ['a1', 'a2'], ['r2', 'r3']]);
    expect(await Promise.all([...done, ...later])).toEqual([ok([2]), ok([3]), ok([4]), ok([5])]);
  });

  it('gives each note the number of its first entry, whatever the others take', async () => {
    const { write, letOne } = heldWriter();
    const queue = createAuditQueue(write);
    const long = { ...note('long'), after: 'x'.repeat(9_000) };
    void queue.add('Action', [note('first')]);
    const all = queue.add('Action', [note('one'), long, note('two')]);
    const last = queue.add('Action', [note('three')]);
    await letOne();
    await letOne();
    expect(await all).toEqual(ok([2, 3, 6]));
    expect(await last).toEqual(ok([7]));
  });

  it('takes no more when too many wait, but what came of what was asked', async () => {
    const { write } = heldWriter();
    const queue = createAuditQueue(write);
    for (let at = 0; at < 1_000; at += 1) {
      void queue.add('Refusal', [note('r')]);
      void queue.add('Action', [note('a')]);
    }
    for (const rank of ['Action', 'Refusal'] as const) {
      expect(await queue.add(rank, [note('late')])).toMatchObject({ ok: false });
    }
    const still = Symbol('it waits');
    const outcome = queue.add('Action', [note('late', 7)]);
    expect(await Promise.race([outcome, Promise.resolve(still)])).toBe(still);
  });

  it('tells what cannot be written, and goes on', async () => {
    let times = 0;
    const queue = createAuditQueue(() => {
      times += 1;
      return times === 1 ? Promise.reject(new Error('broken')) : Promise.resolve(ok(1));
    });
    expect(await queue.add('Action', [note('one')])).toMatchObject({ ok: false });
    expect(await queue.add('Action', [note('two')])).toEqual(ok([1]));
  });

  it('refuses what no transaction has room for', async () => {
    const queue = createAuditQueue(() => Promise.resolve(ok(1)));
    const many = Array.from({ length: 101 }, (_, at) => note(String(at)));
    expect(await queue.add('Action', many)).toMatchObject({ ok: false });
    expect(await queue.add('Action', many.slice(1))).toMatchObject({ ok: true });
  });
});
