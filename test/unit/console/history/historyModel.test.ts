/** What has become of an app: versions, and what differs between them. */
import { describe, expect, it } from 'vitest';
import {
  appsByChange,
  changedFields,
  contentsOf,
  textsThere,
  versionsOf,
} from '../../../../src/console/page/history/historyModel.ts';
import type { HistoryEntry } from '../../../../src/domain/console/api.ts';
import type { LiveApp } from '../../../../src/domain/console/live.ts';
import type { AppTexts } from '../../../../src/domain/fleet/publication.ts';
import { rev } from '../../../support/etcdValues.ts';

const texts = (content: string, ips = '*'): AppTexts => ({ ips, content });

function entry(revision: number | null, after: HistoryEntry['after']): HistoryEntry {
  return {
    ...{ revision: revision === null ? null : rev(revision), action: 'publish', by: 'li' },
    ...{ from: 'ci', atMs: 1, message: null, to: null, before: 'Absent', after },
    isVouchedFor: true,
  };
}

function document(...items: readonly HistoryEntry[]) {
  return { app: 'web', isRedacted: false, completeFrom: null, items };
}

describe('versionsOf', () => {
  it('gives those that can be put back, each revision once', () => {
    const versions = versionsOf(
      document(
        entry(9, texts('b')),
        entry(9, texts('other')),
        entry(8, 'Absent'),
        entry(7, 'Forgotten'),
        entry(null, texts('c')),
        entry(5, texts('a')),
      ),
    );
    expect(versions.map(({ revision }) => revision)).toEqual([rev(9), rev(5)]);
    expect([...contentsOf(versions)]).toEqual([
      [rev(9), 'b'],
      [rev(5), 'a'],
    ]);
  });
});

describe('changedFields', () => {
  it('gives what differs, and nothing of what is not known', () => {
    expect(changedFields('Absent', texts('x'))?.map(({ field }) => field)).toEqual([
      ...['ips', 'content'],
    ]);
    expect(changedFields(texts('x'), texts('x'))).toEqual([]);
    expect(changedFields('Forgotten', texts('x'))).toBeUndefined();
    const rollout = { ...texts('x'), rollout: '{"maxUnavailable":1}' };
    expect(changedFields(texts('x'), rollout)).toEqual([
      { field: 'rollout', before: '', after: '{"maxUnavailable":1}' },
    ]);
  });
});

describe('textsThere', () => {
  it('is nothing when there is neither placement nor content', () => {
    expect(textsThere({ ips: undefined, content: undefined, rollout: 'x' })).toBeUndefined();
    expect(textsThere(texts('x'))).toEqual({ ...texts('x'), rollout: undefined });
  });
});

describe('appsByChange', () => {
  it('has the newest change first, by number and not by text', () => {
    const live = (app: string, revision: number): LiveApp => ({
      ...{ app, ips: '*', contentRevision: rev(revision), revision: rev(revision) },
      ...{ maxUnavailable: null, isSigned: false, fault: null },
    });
    const apps = [live('old', 9), live('new', 100), live('mid', 20)];
    expect(appsByChange(apps, '').map(({ app }) => app)).toEqual(['new', 'mid', 'old']);
    expect(appsByChange(apps, ' LD').map(({ app }) => app)).toEqual(['old']);
  });
});
