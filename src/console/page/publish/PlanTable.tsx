/**
 * What each host will do about a change, and why: before a publish, an unpublish and a rollback.
 *
 *     <PlanTable preview={previewPublish(app, { before, after }, { hosts, rows })} />
 */
import { useState } from 'preact/hooks';
import {
  countActions,
  type PreviewAction,
  type PreviewRow,
  type PublishPreview,
} from '../../../domain/fleet/publishPreview.ts';
import { useTexts } from '../core/store.ts';
import { Badge, ConditionBadge, type Tone } from '../parts/Badge.tsx';
import { Button } from '../parts/Button.tsx';
import type { GlyphName } from '../parts/glyphs.ts';
import { Notice } from '../parts/Notice.tsx';
import { planTexts } from './planTexts.ts';

const looks: Readonly<Record<PreviewAction, { readonly tone: Tone; readonly glyph: GlyphName }>> = {
  Stop: { tone: 'bad', glyph: 'stop' },
  Restart: { tone: 'warn', glyph: 'restart' },
  Start: { tone: 'good', glyph: 'start' },
  Unknown: { tone: 'odd', glyph: 'unknown' },
  Nothing: { tone: 'idle', glyph: 'check' },
};

/** What does most first. */
const order = Object.keys(looks) as readonly PreviewAction[];

/** More than these are folded. */
const shownMax = 40;

export function PlanTable({ preview }: { readonly preview: PublishPreview }) {
  const t = useTexts(planTexts);
  const [isWhole, setWhole] = useState(false);
  const rows = preview.rows.toSorted((a, b) => order.indexOf(a.action) - order.indexOf(b.action));
  const shown = isWhole ? rows : rows.slice(0, shownMax);
  return (
    <section class="stack" aria-label={t('planTitle')}>
      <div class="line">
        <h3>{t('planTitle')}</h3>
        <PlanCounts preview={preview} />
      </div>
      {preview.refusals.length === 0 ? null : (
        <Notice tone="bad" title={t('refusedTitle')}>
          {preview.refusals[0]?.message}
        </Notice>
      )}
      {preview.maxUnavailable === undefined || !rows.some(({ isInTurn }) => isInTurn) ? null : (
        <Notice tone="info">{t('turns', { n: preview.maxUnavailable })}</Notice>
      )}
      {rows.length === 0 ? (
        <p>{t('nobody')}</p>
      ) : (
        <div class="table-scroll">
          <table class="table plan-table">
            <thead>
              <tr>
                <th scope="col">{t('host')}</th>
                <th scope="col">{t('action')}</th>
                <th scope="col">{t('why')}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <PlanLine key={row.host} row={row} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {shown.length === rows.length ? null : (
        <Button isSmall onClick={() => setWhole(true)}>
          {t('rows', { n: rows.length - shown.length })}
        </Button>
      )}
      <p class="small muted">
        {preview.untouched > 0 ? `${t('untouched', { n: preview.untouched })} ` : ''}
        {rows.some(isDoing) ? t('mayRefuse') : ''}
      </p>
    </section>
  );
}

/** How many hosts do what. */
export function PlanCounts({ preview }: { readonly preview: PublishPreview }) {
  const t = useTexts(planTexts);
  const counts = countActions(preview.rows);
  return (
    <span class="line">
      {order
        .filter((action) => counts[action] > 0)
        .map((action) => (
          <Badge key={action} {...looks[action]} count={counts[action]}>
            {t(action)}
          </Badge>
        ))}
    </span>
  );
}

function PlanLine({ row }: { readonly row: PreviewRow }) {
  const t = useTexts(planTexts);
  const { host, action, why, then, isInTurn, now } = row;
  return (
    <tr>
      <th scope="row" class="wrap-anywhere">
        {host}
      </th>
      <td>
        <Badge {...looks[action]}>{t(action)}</Badge>
      </td>
      <td class="wrap-anywhere">
        {t(why, { then: then === undefined ? '' : t(then) })}
        {isInTurn ? ` (${t('inTurn')})` : ''}
        {now === undefined ? null : (
          <div class="small muted">
            {t('now')}: <ConditionBadge condition={now.condition} isBare /> {now.reason ?? now.code}
          </div>
        )}
      </td>
    </tr>
  );
}

function isDoing({ action }: PreviewRow): boolean {
  return action !== 'Nothing';
}
