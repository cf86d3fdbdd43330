/** What is new in a report, and how soon it has to be told. */
import type { HostReport } from '../../src/domain/fleet/hostReport.ts';
import { revisionZero } from '../../src/domain/types.ts';
import type { News } from './pace.ts';

interface ToldReport {
  readonly report: HostReport;
  /** As they are written. */
  readonly parts: readonly string[];
}

export function newsIn(written: ToldReport, { report, parts }: ToldReport): News {
  const isSameParts =
    parts.length === written.parts.length &&
    parts.every((text, index) => text === written.parts[index]);
  if (!isSameParts || hostText(report) !== hostText(written.report)) return 'Apps';
  const { observedRevision, appliedRevision } = written.report;
  const isSame =
    report.observedRevision === observedRevision && report.appliedRevision === appliedRevision;
  return isSame ? 'None' : 'Revisions';
}

/** What is to be told of the host at once. */
function hostText(report: HostReport): string {
  const ignored = { atMs: 0, observedRevision: revisionZero, appliedRevision: revisionZero };
  return JSON.stringify({ ...report, ...ignored, apps: [], others: [] });
}
