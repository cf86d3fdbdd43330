/** The places that something is done to: how they are now, and how far it is with each. */
import { rowKey } from '../../../domain/console/live.ts';
import { useStore, useTexts } from '../core/store.ts';
import { Badge, ConditionBadge, type Tone } from '../parts/Badge.tsx';
import type { GlyphName } from '../parts/glyphs.ts';
import { VirtualList } from '../parts/VirtualList.tsx';
import type {
  ActionPlan,
  OrderProgress,
  PlannedOrder,
  ProgressByKey,
  SkipReason,
} from './actionModel.ts';
import { actionTexts } from './actionTexts.ts';
import { ProcessSummary } from './placeParts.tsx';
import { hostCondition } from './urgency.ts';

export function PlannedPlaces({
  orders,
  progress,
}: {
  readonly orders: readonly PlannedOrder[];
  readonly progress: ProgressByKey;
}) {
  const t = useTexts(actionTexts);
  if (orders.length === 0) return null;
  return (
    <VirtualList
      class={`action-places is-${orders.length > 6 ? 'long' : `of-${String(orders.length)}`}`}
      label={t('places')}
      count={orders.length}
      rowPx={52}
      keyOf={(index) => orders[index]?.key ?? index}
      draw={(index) => {
        const order = orders[index];
        return order === undefined ? null : (
          <PlannedPlace order={order} progress={progress.get(order.key)} />
        );
      }}
    />
  );
}

function PlannedPlace({
  order,
  progress,
}: {
  readonly order: PlannedOrder;
  readonly progress: OrderProgress | undefined;
}) {
  const { app, host } = order;
  const row = useStore((state) => state.fleet?.rows.get(rowKey({ app: app ?? '', host })));
  const known = useStore((state) => state.fleet?.hosts.get(host));
  const process = 'process' in order.order ? order.order.process : undefined;
  const what = process ?? app;
  return (
    <div class="action-place">
      <strong class="cut">{what === undefined ? host : `${what} @ ${host}`}</strong>
      <span class="line action-now">
        {row === undefined ? (
          known !== undefined && <ConditionBadge condition={hostCondition(known)} isBare />
        ) : (
          <>
            <ConditionBadge condition={row.condition} isBare />
            <ProcessSummary row={row} />
          </>
        )}
      </span>
      {progress !== undefined && <Outcome progress={progress} />}
    </div>
  );
}

const looks: Readonly<Record<string, { readonly tone: Tone; readonly glyph: GlyphName }>> = {
  Waiting: { tone: 'idle', glyph: 'time' },
  Asked: { tone: 'info', glyph: 'converging' },
  Done: { tone: 'good', glyph: 'good' },
  Failed: { tone: 'bad', glyph: 'bad' },
  Refused: { tone: 'bad', glyph: 'lock' },
};

function Outcome({ progress }: { readonly progress: OrderProgress }) {
  const t = useTexts(actionTexts);
  const word = progress.type === 'Told' ? progress.state : progress.type;
  const detail = 'detail' in progress ? progress.detail : '';
  const look = looks[word] ?? { tone: 'warn', glyph: 'warn' };
  return (
    <span class="action-outcome" title={detail}>
      <Badge {...look}>{t(word === 'Lost' ? 'LostOutcome' : word)}</Badge>
      {detail !== '' && (
        <span class="small muted cut" lang="en">
          {detail}
        </span>
      )}
    </span>
  );
}

export function SkippedPlaces({ skipped }: Pick<ActionPlan, 'skipped'>) {
  const t = useTexts(actionTexts);
  if (skipped.length === 0) return null;
  const keysByWhy = new Map<SkipReason, string[]>();
  for (const { key, why } of skipped) {
    const there = keysByWhy.get(why);
    if (there === undefined) keysByWhy.set(why, [key]);
    else there.push(key);
  }
  return (
    <details class="small">
      <summary>{t('skipped', { n: skipped.length })}</summary>
      <ul>
        {[...keysByWhy].map(([why, keys]) => (
          <li key={why} class="wrap-anywhere">
            {t(why)}: {keys.slice(0, 50).map(placeName).join(', ')}
            {keys.length > 50 ? ' …' : ''}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Of a `rowKey`: neither apps nor hosts have a slash in their names. */
function placeName(key: string): string {
  const [app = '', host = ''] = key.split('/');
  return app === '' ? host : `${app} @ ${host === '' ? '?' : host}`;
}
