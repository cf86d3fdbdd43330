import { describe, expect, it } from 'vitest';
import { newsIn } from '../../../../effects/fleet/newsIn.ts';
import { createToldStates } from '../../../../effects/fleet/toldStates.ts';
import type { AppReport, HostReport } from '../../../../src/domain/fleet/hostReport.ts';
import type { AppName } from '../../../../src/domain/types.ts';
import { rev } from '../../../support/etcdValues.ts';

const appOf = (change: Partial<AppReport> = {}): AppReport => ({
  ...{ app: 'web' as AppName, condition: 'converged', sinceMs: 1 },
  ...{ wantedRevision: rev(7), appliedRevision: rev(7), processes: [] },
  ...change,
});

const reportOf = (apps: readonly AppReport[], change: Partial<HostReport> = {}): HostReport => ({
  ...{ host: 'web1', instance: 'i', version: '1', addresses: [], hostNames: [], atMs: 5 },
  ...{ startedAtMs: 1, observedRevision: rev(7), appliedRevision: rev(7), problems: [] },
  ...{ apps, others: [], ...change },
});

/** What each report is, after the ones before it were told. */
function newsOf(...reports: readonly HostReport[]): readonly string[] {
  const told = createToldStates();
  const [first, ...rest] = reports;
  if (first === undefined) return [];
  told.note(first);
  let before = first;
  return rest.map((report) => {
    const news = newsIn(before, report, told);
    if (news !== 'Revisions') {
      told.note(report);
      before = report;
    }
    return news;
  });
}

const process = { id: 'web:web', state: 'RUNNING', pid: 1, startSec: 1 } as const;

describe('newsIn', () => {
  it('is awaited: an app that comes, goes, or gets further', () => {
    const waiting = appOf({ wantedRevision: rev(8), condition: 'converging', code: 'Starting' });
    const done = appOf({ wantedRevision: rev(8), appliedRevision: rev(8) });
    expect(
      newsOf(reportOf([]), reportOf([appOf()]), reportOf([waiting]), reportOf([done])),
    ).toEqual(['Awaited', 'Awaited', 'Awaited']);
    expect(newsOf(reportOf([appOf()]), reportOf([]))).toEqual(['Awaited']);
  });

  it('is nothing, or revisions alone', () => {
    const later = { observedRevision: rev(9), appliedRevision: rev(9), atMs: 99 };
    const one = reportOf([appOf()]);
    expect(newsOf(one, { ...one, atMs: 9 }, reportOf([appOf()], later))).toEqual([
      'None',
      'Revisions',
    ]);
  });

  it('is other: processes, what runs beside them, the host', () => {
    const [a, b] = [{ processes: [process] }, { processes: [{ ...process, pid: 2 }] }];
    expect(
      newsOf(
        reportOf([appOf(a)]),
        reportOf([appOf(b)]),
        reportOf([appOf(b)], { others: [process] }),
        reportOf([appOf(b)], { problems: ['EtcdStale: away'] }),
      ),
    ).toEqual(['Other', 'Other', 'Other']);
  });

  it('is not awaited any more when an app goes up and down for ever, until it has new content', () => {
    const up = reportOf([appOf()]);
    const down = reportOf([appOf({ condition: 'held', code: 'NotRunning', reason: 'it exited' })]);
    const bounces = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? down : up));
    const fresh = reportOf([appOf({ wantedRevision: rev(8), condition: 'converging' })]);
    const news = newsOf(up, ...bounces, fresh);
    expect(news.slice(0, 5)).toEqual(Array(5).fill('Awaited'));
    expect(news.slice(5, 10)).toEqual(Array(5).fill('Other'));
    expect(news.at(-1)).toBe('Awaited');
  });
});
