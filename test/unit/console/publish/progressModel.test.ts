/** How far the hosts are, from what the live feed tells. */
import { describe, expect, it } from 'vitest';
import { isHeard, judgeProgress } from '../../../../src/console/page/publish/progressModel.ts';
import { type LiveApp, rowKey } from '../../../../src/domain/console/live.ts';
import type { FleetRow } from '../../../../src/domain/fleet/fleetRow.ts';
import { rev } from '../../../support/etcdValues.ts';

function live(app: string, revision: number): LiveApp {
  return {
    ...{ app, ips: '*', contentRevision: rev(revision), revision: rev(revision) },
    ...{ maxUnavailable: null, isSigned: false, fault: null },
  };
}

function fleet(apps: readonly LiveApp[], rows: readonly FleetRow[] = []) {
  return {
    apps: new Map(apps.map((app) => [app.app, app])),
    rows: new Map(rows.map((row) => [rowKey(row), row])),
  };
}

function row(host: string, condition: FleetRow['condition'], app = 'web'): FleetRow {
  return {
    ...{ app, host, condition, desiredRevision: rev(9), appliedRevision: rev(9) },
    ...{ sinceMs: undefined, code: undefined, reason: undefined, processes: [] },
    ...{ doubt: undefined, lastWordMs: undefined },
  };
}

const target = { app: 'web', revision: rev(9), action: 'publish' } as const;
const removal = { ...target, action: 'unpublish' } as const;

describe('isHeard', () => {
  it('is not so while the feed tells of what stood there before', () => {
    expect(isHeard(target, fleet([]))).toBe(false);
    expect(isHeard(target, fleet([live('web', 8)]))).toBe(false);
    expect(isHeard(target, fleet([live('web', 9)]))).toBe(true);
    expect(isHeard(target, fleet([live('web', 10)]))).toBe(true);
  });

  it('is so of a removal when it is gone, or was published again', () => {
    expect(isHeard(removal, fleet([live('web', 8)]))).toBe(false);
    expect(isHeard(removal, fleet([]))).toBe(true);
    expect(isHeard(removal, fleet([live('web', 10)]))).toBe(true);
  });
});

describe('judgeProgress', () => {
  it('looks at the rows of that app alone, in the order of their hosts', () => {
    const rows = [row('h2', 'converging'), row('h1', 'converged'), row('h1', 'held', 'other')];
    const found = judgeProgress(fleet([live('web', 9)], rows), target);
    expect(found.rows.map(({ host, stage }) => `${host ?? ''} ${stage}`)).toEqual([
      'h1 done',
      'h2 pending',
    ]);
    expect(found.verdict).toBe('Waiting');
  });

  it('says that somebody else published it meanwhile', () => {
    const { superseded, verdict } = judgeProgress(fleet([live('web', 12)]), target);
    expect(superseded.get('web')).toContain('revision 12');
    expect(verdict).toBe('Failed');
  });

  it('is done with a removal when nobody has it any more', () => {
    expect(judgeProgress(fleet([]), removal).verdict).toBe('Done');
    expect(judgeProgress(fleet([], [row('h1', 'converging')]), removal).verdict).toBe('Waiting');
  });
});
