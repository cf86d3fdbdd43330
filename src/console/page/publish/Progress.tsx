/**
 * How far the hosts are with what was published, until it runs everywhere or it is known why not: for
 * publishes, unpublishes and rollbacks.
 *
 *     <PublishProgress target={{ app, revision, action: 'publish' }} />
 */
import { useRef } from 'preact/hooks';
import {
  brokenRollouts,
  type WaitedRow,
  type WaitTarget,
} from '../../../domain/fleet/fleetWait.ts';
import { formatPlace } from '../core/router.ts';
import { useStore, useTexts } from '../core/store.ts';
import type { Fleet } from '../core/pageState.ts';
import { Badge, ConditionBadge, ProcessBadge, type Tone } from '../parts/Badge.tsx';
import { Link } from '../parts/Button.tsx';
import type { GlyphName } from '../parts/glyphs.ts';
import { Notice } from '../parts/Notice.tsx';
import { Progress, Spinner } from '../parts/Progress.tsx';
import { planTexts } from './planTexts.ts';
import { isHeard, judgeProgress } from './progressModel.ts';

const stageLooks: Readonly<
  Record<WaitedRow['stage'], { readonly tone: Tone; readonly glyph: GlyphName }>
> = {
  done: { tone: 'good', glyph: 'check' },
  pending: { tone: 'info', glyph: 'converging' },
  lost: { tone: 'bad', glyph: 'lost' },
  failed: { tone: 'bad', glyph: 'bad' },
  halted: { tone: 'warn', glyph: 'pause' },
};

export function PublishProgress({ target }: { readonly target: WaitTarget }) {
  const t = useTexts(planTexts);
  const fleet = useStore((state) => state.fleet);
  const isCutOff = useStore((state) => state.connection === 'Lost');
  const heard = useRef('');
  if (fleet !== undefined && isHeard(target, fleet)) heard.current = target.revision;
  return (
    <section class="panel" aria-label={t('progressTitle')} aria-live="polite">
      <div class="panel-body stack">
        {isCutOff ? <Notice tone="warn">{t('disconnected')}</Notice> : null}
        {fleet === undefined || heard.current !== target.revision ? (
          <Spinner label={t('unheard', { revision: target.revision })} />
        ) : (
          <Heard fleet={fleet} target={target} />
        )}
      </div>
    </section>
  );
}

function Heard({ fleet, target }: { readonly fleet: Fleet; readonly target: WaitTarget }) {
  const t = useTexts(planTexts);
  const { rows, superseded, nobody, verdict } = judgeProgress(fleet, target);
  const done = rows.filter(({ stage }) => stage === 'done').length;
  const [broken] = brokenRollouts({ rows });
  const isFailed = verdict === 'Failed';
  const rollout = fleet.rollouts.find(({ app }) => app === target.app);
  const turns = rollout?.turns.flatMap(({ host }) => host ?? []) ?? [];
  return (
    <>
      {superseded.size > 0 ? (
        <Notice tone="warn" title={t('superseded')}>
          {[...superseded.values()].join(' ')}
        </Notice>
      ) : nobody.length > 0 ? (
        <Notice tone="info" title={t('noPlace')} />
      ) : isFailed ? (
        <Notice tone="bad" title={t('failedTitle')} isUrgent>
          {broken === undefined ? null : <Stays hosts={broken.stays} />}
          {target.action === 'publish' ? <RollBackOffer app={target.app} /> : null}
        </Notice>
      ) : verdict === 'Done' ? (
        <Notice tone="good" title={t(target.action === 'publish' ? 'doneTitle' : 'goneTitle')} />
      ) : (
        <>
          <Spinner label={t('waiting', { done, total: rows.length })} />
          <Progress done={done} total={rows.length} label={t('progressTitle')} />
        </>
      )}
      {turns.length === 0 ? null : <p>{t('whoseTurn', { hosts: turns.join(', ') })}</p>}
      {rollout?.halt === null || rollout?.halt === undefined ? null : (
        <Notice tone="warn">
          {t('haltedBy', { by: rollout.halt.by, reason: rollout.halt.reason })}
        </Notice>
      )}
      <Rows rows={rows} />
      <p class="line">
        <Link href={formatPlace(['history', target.app])}>{t('history')}</Link>
      </p>
    </>
  );
}

function Stays({ hosts }: { readonly hosts: readonly WaitedRow[] }) {
  return hosts.length === 0 ? null : <p>{hosts.map(({ host }) => host ?? '').join(', ')}</p>;
}

function RollBackOffer({ app }: { readonly app: string }) {
  const t = useTexts(planTexts);
  return (
    <p class="line">
      {t('rollBackHint')}
      <Link href={formatPlace(['history', app])} isButton isSmall glyph="history">
        {t('rollBack')}
      </Link>
    </p>
  );
}

function Rows({ rows }: { readonly rows: readonly WaitedRow[] }) {
  const t = useTexts(planTexts);
  if (rows.length === 0) return null;
  return (
    <div class="table-scroll">
      <table class="table plan-table">
        <thead>
          <tr>
            <th scope="col">{t('host')}</th>
            <th scope="col">{t('stage')}</th>
            <th scope="col">{t('why')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.host ?? ''} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ row }: { readonly row: WaitedRow }) {
  const t = useTexts(planTexts);
  const { app, host, stage, condition, code, reason, processes } = row;
  const [process] = processes;
  return (
    <tr>
      <th scope="row" class="wrap-anywhere">
        {host ?? '-'}
      </th>
      <td>
        <Badge {...stageLooks[stage]}>{t(stage)}</Badge>
      </td>
      <td class="wrap-anywhere">
        <span class="line">
          <ConditionBadge condition={condition} isBare />
          {process === undefined ? null : <ProcessBadge state={process.state} isBare />}
          {code === undefined ? null : <code class="muted">{code}</code>}
          <span>{reason}</span>
          {host === undefined || process === undefined ? null : (
            <Link href={formatPlace(['logs', host, app])} class="small">
              {t('logs')}
            </Link>
          )}
        </span>
      </td>
    </tr>
  );
}
