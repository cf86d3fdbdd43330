/** What both a line of the list and the details show of an app on a host. */
import type { FleetRow } from '../../../domain/fleet/fleetRow.ts';
import { uptimeSec } from '../../../domain/fleet/processRows.ts';
import type { ProcessState } from '../../../domain/types.ts';
import { useTexts } from '../core/store.ts';
import { Since } from '../parts/Ago.tsx';
import { ProcessBadge } from '../parts/Badge.tsx';
import { fleetTexts } from './texts.ts';

const urgency: readonly ProcessState[] = [
  ...(['FATAL', 'UNKNOWN', 'BACKOFF', 'EXITED', 'STOPPING', 'STOPPED', 'STARTING'] as const),
  'RUNNING',
];

/** The worst of them, and how many are so. */
export function ProcessSummary({ row }: { readonly row: FleetRow }) {
  const t = useTexts(fleetTexts);
  const { processes, doubt } = row;
  const worst = urgency.find((state) => processes.some((one) => one.state === state));
  if (worst === undefined) return <span class="muted">–</span>;
  const count = processes.filter(({ state }) => state === worst).length;
  const of = processes.length === 1 ? '' : `${String(count)}/${String(processes.length)}`;
  return (
    <span class={doubt === undefined ? 'fleet-process' : 'fleet-process is-doubted'}>
      <ProcessBadge state={worst} isBare title={doubt === undefined ? undefined : t('lastKnown')} />
      {of !== '' && <span class="number small muted">{of}</span>}
      {doubt !== undefined && <span class="unseen">{t('lastKnown')}</span>}
    </span>
  );
}

/** Of the one that was started last. */
export function Uptime({ row }: { readonly row: FleetRow }) {
  const started = row.processes
    .filter((process) => uptimeSec({ ...process, doubt: row.doubt }, Number.MAX_SAFE_INTEGER))
    .map(({ startSec }) => startSec);
  return started.length === 0 ? (
    <span class="muted">–</span>
  ) : (
    <Since atMs={Math.max(...started) * 1000} />
  );
}

export function Pid({ row }: { readonly row: FleetRow }) {
  const [first, second] = row.processes;
  const pid = second === undefined && row.doubt === undefined ? (first?.pid ?? 0) : 0;
  return pid === 0 ? <span class="muted">–</span> : <>{pid}</>;
}

/** Applied against wanted, where they differ. */
export function Revisions({ row }: { readonly row: FleetRow }) {
  const t = useTexts(fleetTexts);
  const { appliedRevision, desiredRevision } = row;
  const applied = appliedRevision ?? t('none');
  const wanted = desiredRevision ?? t('gone');
  const title = t('wantedIs', { applied, wanted });
  if (appliedRevision === desiredRevision && appliedRevision !== undefined) {
    return <span title={title}>{applied}</span>;
  }
  return (
    <span title={title} class="fleet-differs">
      <span aria-hidden="true">
        {appliedRevision ?? '–'} → {desiredRevision ?? '×'}
      </span>
      <span class="unseen">{title}</span>
    </span>
  );
}
