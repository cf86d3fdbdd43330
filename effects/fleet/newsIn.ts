/** What is new in a report, and how soon it has to be told. */
import type { HostReport } from '../../src/domain/fleet/hostReport.ts';
import { revisionZero } from '../../src/domain/types.ts';
import type { News } from './pace.ts';
import type { ToldStates } from './toldStates.ts';

export function newsIn(written: HostReport, report: HostReport, told: ToldStates): News {
  if (told.isNews(report)) return 'Awaited';
  if (withoutRevisions(report) !== withoutRevisions(written)) return 'Other';
  const { observedRevision, appliedRevision } = written;
  const isSame =
    report.observedRevision === observedRevision && report.appliedRevision === appliedRevision;
  return isSame ? 'None' : 'Revisions';
}

function withoutRevisions(report: HostReport): string {
  const ignored = { atMs: 0, observedRevision: revisionZero, appliedRevision: revisionZero };
  return JSON.stringify({ ...report, ...ignored });
}
