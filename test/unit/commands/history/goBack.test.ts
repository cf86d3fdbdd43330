/** What a rollback goes back to, from what etcd and the records say. */
import { describe, expect, it } from 'vitest';
import { findPast } from '../../../../src/commands/history/goBack.ts';
import { whatText } from '../../../../src/commands/history/historyTexts.ts';
import {
  type HistoryItem,
  mergeHistory,
  type RecordedChange,
  type Rewritten,
  type SeenChange,
} from '../../../../src/domain/fleet/appHistory.ts';
import type { AppTexts, TextsThen } from '../../../../src/domain/fleet/publication.ts';
import type { AppName, Revision } from '../../../../src/domain/types.ts';

const web = 'web' as AppName;
const x = textsOf('x');
const y = textsOf('y');
const z = textsOf('z');
const evil = { ips: '*', content: 'evil' };

function textsOf(content: string): AppTexts {
  return { ips: '10.0.0.1', content };
}

function revision(value: number): Revision {
  return String(value) as Revision;
}

function record(at: number, before: TextsThen, after: AppTexts | undefined): RecordedChange {
  const fields = { app: web, seq: at, action: 'publish', by: 'a', from: 'b', atMs: 1 } as const;
  return { revision: revision(at), publication: { ...fields, before, after } };
}

function seen(at: number, before: TextsThen, after: TextsThen, rewritten?: Rewritten): SeenChange {
  return { revision: revision(at), before, after, rewritten };
}

function historyOf(
  records: readonly RecordedChange[],
  changes: readonly SeenChange[],
  from?: { readonly memory: number; readonly known: number },
) {
  const memoryFrom = from && revision(from.memory);
  const merged = mergeHistory(records, changes, from && revision(from.known));
  const rest = { memoryFrom, completeFrom: memoryFrom, areRecordsDenied: false };
  return { ...merged, ...rest, revision: revision(50) };
}

describe('a rollback', () => {
  it('does not believe a record that no change of the app belongs to', () => {
    const records = [record(41, 'Absent', x), record(43, x, y), record(45, evil, y)];
    const history = historyOf(records, [seen(41, 'Absent', x), seen(43, x, y)]);
    expect(history.falseRecords).toEqual(['45']);
    const back = { ok: true, value: { texts: x, revision: '41', isVouchedFor: true } };
    expect(findPast(web, history, undefined)).toEqual(back);
    // Compacted behind it: the key says that it is unchanged since 43.
    const later = historyOf(records, [seen(43, 'Forgotten', y)], { memory: 49, known: 43 });
    expect(later.falseRecords).toEqual(['45']);
    expect(findPast(web, later, undefined)).toEqual(back);
  });

  it('does not believe a record of a change that etcd knows better', () => {
    const history = historyOf([record(43, evil, evil)], [seen(43, 'Forgotten', y)], {
      memory: 43,
      known: 43,
    });
    expect(history.falseRecords).toEqual(['43']);
    expect(findPast(web, history, undefined)).toMatchObject({ ok: false });
  });

  it('says when a record alone knows what stood there', () => {
    const removed = [record(41, 'Absent', x), record(43, x, undefined)];
    const history = historyOf(removed, [], { memory: 49, known: 49 });
    expect(findPast(web, history, undefined)).toMatchObject({
      value: { texts: x, isVouchedFor: false },
    });
    const older = [record(41, 'Absent', x), record(43, x, y), record(45, y, z)];
    const now = historyOf(older, [seen(45, 'Forgotten', z)], { memory: 49, known: 45 });
    expect(findPast(web, now, undefined)).toMatchObject({
      value: { texts: y, isVouchedFor: true },
    });
    expect(findPast(web, now, revision(43))).toMatchObject({ value: { isVouchedFor: true } });
    expect(findPast(web, now, revision(41))).toMatchObject({
      value: { texts: x, isVouchedFor: false },
    });
  });

  it('takes a record that was written again for none', () => {
    const records = [record(41, 'Absent', x), { ...record(47, x, evil) }, record(45, y, undefined)];
    const history = historyOf(records, [], { memory: 49, known: 49 });
    expect(history.falseRecords).toEqual(['47']);
  });

  it('knows that an app is gone though etcd does not tell since when', () => {
    const history = historyOf([record(41, 'Absent', x)], [], { memory: 47, known: 47 });
    expect(findPast(web, history, undefined)).toMatchObject({
      value: { texts: x, revision: '41', isVouchedFor: false },
    });
    expect(findPast(web, history, revision(48))).toMatchObject({
      error: { message: 'there was no app web at revision 48' },
    });
  });

  it('keeps the record of a removal at the oldest revision of all that can be read', () => {
    const records = [record(41, 'Absent', x), record(43, x, undefined)];
    const history = historyOf(records, [], { memory: 43, known: 43 });
    expect(history.falseRecords).toEqual([]);
    expect(findPast(web, history, undefined)).toMatchObject({ value: { texts: x } });
  });

  it('names no revision that never had what it puts back', () => {
    const records = [record(41, 'Absent', x), record(44, y, z)];
    const gap = historyOf(records, [seen(44, 'Forgotten', z)], { memory: 44, known: 44 });
    expect(findPast(web, gap, undefined)).toMatchObject({
      value: { texts: y, revision: undefined },
    });
  });

  it('knows no revision that etcd has not reached, and knows when there was no app', () => {
    const history = historyOf([], [seen(41, 'Absent', x), seen(43, x, y)]);
    for (const to of ['51', '99999999999999999999999999'] as const) {
      expect(findPast(web, history, to as Revision)).toMatchObject({
        error: { message: `there is no revision ${to} yet: etcd is at 50` },
      });
    }
    expect(findPast(web, history, revision(50))).toMatchObject({ value: { texts: y } });
    expect(findPast(web, history, revision(1))).toMatchObject({
      error: { message: 'there was no app web at revision 1' },
    });
    const forgotten = historyOf([], [seen(43, 'Forgotten', y)], { memory: 45, known: 43 });
    expect(findPast(web, forgotten, revision(1))).toMatchObject({
      error: { message: 'what stood there at revision 1 is not known' },
    });
  });

  it('takes a change from one unreadable value to another for one', () => {
    const bad = { ips: '10.0.0.1', content: undefined };
    const changes = [
      seen(41, 'Absent', x),
      seen(43, x, bad, { content: 'Other' }),
      seen(45, bad, bad, { content: 'Other' }),
    ];
    expect(findPast(web, historyOf([], changes), undefined)).toMatchObject({
      value: { texts: bad, revision: '43' },
    });
  });
});

describe('what changed', () => {
  const texts = (before: TextsThen, after: TextsThen, rewritten?: Rewritten): string => {
    const [item] = mergeHistory([], [seen(41, before, after, rewritten)], undefined).items;
    return whatText(item as HistoryItem);
  };
  const bad = { ips: '10.0.0.1', content: undefined };

  it.each([
    ['the signature alone', x, x, { signature: 'Other' }],
    ['the same content, written otherwise', x, x, { content: 'Other' }],
    ['the same once more', x, x, { ips: 'Same', content: 'Same' }],
    ['what nobody can read', bad, bad, { content: 'Other' }],
    ['no readable content', x, bad, { content: 'Other' }],
    ['hosts written otherwise', { ...x, ips: '!*' }, { ...x, ips: ' !* ' }, { ips: 'Other' }],
    ['content +1 -1', x, y, { content: 'Other' }],
  ] as const)('is %s', (what, before, after, rewritten) => {
    expect(texts(before, after, rewritten)).toBe(what);
  });
});
