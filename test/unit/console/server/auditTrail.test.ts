/** The trail as one console writes it: floods of refusals, and what of them is told. */
import { describe, expect, it } from 'vitest';
import { createAudit } from '../../../../src/console/server/audit/auditTrail.ts';
import type { AuditEntry } from '../../../../src/domain/console/api.ts';
import {
  auditHeadKey,
  auditKey,
  type AuditNote,
  checkEntry,
  checkStart,
  formatHead,
  parseEntry,
} from '../../../../src/domain/console/audit.ts';
import type { RangeQuery, TxnQuery } from '../../../../src/domain/etcdCalls.ts';
import { ok } from '../../../../src/domain/result.ts';
import type { Revision } from '../../../../src/domain/types.ts';
import type { EtcdSettings } from '../../../../src/settings/settings.ts';

const etcd = { endpoints: ['http://127.0.0.1:2379'], fleetPrefix: '/fleet' } as const;

/** One key at a time, and transactions that compare. */
function fakeStore() {
  const values = new Map<string, { value: Uint8Array; modRevision: Revision }>();
  let revision = 1;
  const textOf = (key: Uint8Array): string => Buffer.from(key).toString();
  const now = (): Revision => String(revision) as Revision;
  return {
    client: {
      range: ({ key }: RangeQuery) => {
        const found = values.get(textOf(key));
        const kvs = found === undefined ? [] : [{ key, ...found }];
        const rest = { clusterId: '', hasMore: false, count: kvs.length };
        return Promise.resolve(ok({ ...rest, revision: now(), kvs }));
      },
      txn: ({ compares, writes }: TxnQuery) => {
        const isDone = compares.every(
          ({ key, modRevision }) => (values.get(textOf(key))?.modRevision ?? '0') === modRevision,
        );
        if (isDone) revision += 1;
        for (const { key, value } of isDone ? writes : []) {
          if (value !== undefined) values.set(textOf(key), { value, modRevision: now() });
        }
        return Promise.resolve(ok({ clusterId: '', isDone, revision: now() }));
      },
    },
    put: (key: string, text: string): void => {
      revision += 1;
      values.set(key, { value: Buffer.from(text), modRevision: now() });
    },
    entries: (): readonly AuditEntry[] => {
      const all: AuditEntry[] = [];
      let check = checkStart;
      for (let seq = 1; ; seq += 1) {
        const found = values.get(auditKey('/fleet', seq));
        if (found === undefined) break;
        const text = textOf(found.value);
        check = checkEntry(check, seq, text);
        const entry = parseEntry(text);
        if (entry !== undefined) all.push(entry);
      }
      expect(check.fault).toBeUndefined();
      return all;
    },
  };
}

function openTrail() {
  const store = fakeStore();
  const laters: { ms: number; run: () => void }[] = [];
  const audit = createAudit({
    ...{
      client: store.client,
      etcd: etcd as unknown as EtcdSettings,
      nowMs: () => 1_000,
      random: () => 0.5,
    },
    sleep: () => Promise.resolve(),
    later: (ms, run) => void laters.push({ ms, run }),
  });
  return { audit, laters, entries: store.entries, put: store.put };
}

const note = (user: string, more: Partial<AuditNote> = {}): AuditNote => ({
  ...{ user, from: '192.0.2.1', action: 'forgetHost', target: 'web1', before: '', after: '' },
  ...{ outcome: 'refused', of: null, detail: 'no right', ...more },
});

describe('createAudit', () => {
  it('tells of five refusals of one user in a minute, and then how many more there were', async () => {
    const { audit, laters, entries } = openTrail();
    for (let at = 0; at < 40; at += 1) {
      await audit.refuse(note('eve', { action: at % 4 === 0 ? 'orders' : 'forgetHost' }));
    }
    await audit.refuse(note('otto'));
    expect(entries().map(({ user }) => user)).toEqual([...Array<string>(5).fill('eve'), 'otto']);
    expect(laters.map(({ ms }) => ms)).toEqual([60_000]);
    laters[0]?.run();
    await audit.append(note('anna', { outcome: 'done' }));
    await audit.refuse(note('eve'));
    const [more, ...rest] = entries()
      .slice(6)
      .filter(({ user }) => user === 'eve');
    expect(more).toMatchObject({ outcome: 'refused', from: '192.0.2.1' });
    expect(more?.detail).toBe('35 more within a minute: forgetHost 27, orders 8');
    // Another minute.
    expect(rest).toMatchObject([{ detail: 'no right' }]);
    expect(laters).toHaveLength(2);
  });

  it('tells of them when it is closed too', async () => {
    const { audit, entries } = openTrail();
    for (let at = 0; at < 7; at += 1) await audit.refuse(note('eve'));
    await audit.close();
    expect(entries().at(-1)?.detail).toContain('2 more');
    await audit.close();
    expect(entries()).toHaveLength(6);
  });

  it('writes down no more of any number of addresses than it has room for', async () => {
    const { audit, entries } = openTrail();
    for (let at = 0; at < 1_000; at += 1) {
      const from = `192.0.${String(at % 250)}.1`;
      await audit.refuse(note('', { from, action: 'logIn' }));
    }
    await audit.close();
    const all = entries();
    expect(all.length).toBeLessThan(130);
    const more = all.map(({ detail }) => Number(/^(\d+) more/.exec(detail)?.[1] ?? '0'));
    const told = more.reduce((sum, count) => sum + count, 0);
    expect(told + all.filter(({ detail }) => detail === 'no right').length).toBe(1_000);
  });

  it('hides no user’s refusals behind a flood of failed log-ins', async () => {
    const { audit, entries } = openTrail();
    for (let at = 0; at < 500; at += 1) {
      await audit.refuse(note('', { from: `192.0.${String(at % 250)}.1`, action: 'logIn' }));
    }
    await audit.refuse(note('eve'));
    expect(entries().at(-1)).toMatchObject({ user: 'eve', action: 'forgetHost' });
  });

  it('goes on after the last entry when somebody made the head too large to go on from', async () => {
    const { audit, entries, put } = openTrail();
    await audit.append(note('anna', { outcome: 'asked' }));
    for (const seq of [Number.MAX_SAFE_INTEGER - 1, 9e15, -5]) {
      put(auditHeadKey('/fleet'), formatHead({ seq, hash: 'f'.repeat(64) }));
      // The next one of this console is refused by etcd, and reads the end anew.
      const written = await audit.append(note('anna', { outcome: 'asked' }));
      expect(written).toEqual(ok(entries().length));
    }
    expect(entries()).toHaveLength(4);
  });

  it('says a refusal in short, with a digest of what is left out', async () => {
    const { audit, entries } = openTrail();
    await audit.refuse(note('eve', { after: 'x'.repeat(50_000) }));
    expect(entries()).toHaveLength(1);
    expect(entries()[0]?.after).toMatch(/sha256:[0-9a-f]{64} of 50000 characters/);
  });

  it('says a placement of any length in full', async () => {
    const { audit, entries } = openTrail();
    const hosts = Array.from({ length: 2_000 }, (_, at) => `host-${String(at)}`).join(',');
    const written = await audit.append(note('anna', { outcome: 'asked', after: hosts }));
    expect(written).toEqual(ok(1));
    expect(
      entries()
        .map(({ after }) => after)
        .join(''),
    ).toBe(hosts);
    expect(entries().map(({ of }) => of)).toEqual([null, 1, 1, 1, 1]);
    expect(await audit.append(note('anna', { outcome: 'done', of: 1 }))).toEqual(ok(6));
  });
});
