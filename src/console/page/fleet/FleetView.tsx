/** The fleet: every app on every host, live; what is the matter; and what can be done about it. */
import { useCallback, useMemo, useRef, useState } from 'preact/hooks';
import { type FleetRow, conditions } from '../../../domain/fleet/fleetRow.ts';
import type { Fleet } from '../core/pageState.ts';
import type { Place as PagePlace } from '../core/router.ts';
import { useStore, useTexts } from '../core/store.ts';
import { Search } from '../parts/Field.tsx';
import { Empty } from '../parts/Empty.tsx';
import { Spinner } from '../parts/Progress.tsx';
import { Tabs } from '../parts/Tabs.tsx';
import { ActionDialog } from './ActionDialog.tsx';
import type { FleetAction } from './actionModel.ts';
import { AlarmList, AlarmMenu } from './AlarmMenu.tsx';
import { FleetDetails } from './FleetDetails.tsx';
import { FleetFilters } from './FleetFilters.tsx';
import { FleetMatrix } from './FleetMatrix.tsx';
import { createFleetIndex, type FleetIndex } from './fleetModel.ts';
import type { Shape } from './fleetQuery.ts';
import { FleetTable } from './FleetTable.tsx';
import { ForgetDialog } from './ForgetDialog.tsx';
import './details.css';
import './fleet.css';
import { matrixOf } from './matrixModel.ts';
import { fleetTexts } from './texts.ts';
import { type QueryHand, useFleetQuery } from './useFleetQuery.ts';

export function FleetView({ place }: { readonly place: PagePlace }) {
  const t = useTexts(fleetTexts);
  const fleet = useStore((state) => state.fleet);
  const hand = useFleetQuery(place);
  const [derive] = useState(createFleetIndex);
  const [action, setAction] = useState<FleetAction | undefined>(undefined);
  const [forgotten, setForgotten] = useState<string | undefined>(undefined);
  const view = useRef<HTMLDivElement>(null);
  const { open } = hand.query;
  const closeDetails = useCallback(() => {
    hand.change({ open: undefined });
    view.current?.querySelector<HTMLElement>('.fleet-list, .fleet-matrix')?.focus();
  }, [hand]);
  const index = fleet === undefined ? undefined : derive(fleet, hand.query);
  return (
    <div ref={view} class="view is-filled fleet">
      <Head hand={hand} />
      <AlarmList urlOf={(opened) => hand.urlOf({ open: opened })} />
      {fleet === undefined || index === undefined ? (
        <Spinner label={t('loading')} />
      ) : fleet.hosts.size + fleet.rows.size === 0 ? (
        <Empty glyph="fleet" title={t('nothing')}>
          {t('nothingMore')}
        </Empty>
      ) : (
        <>
          <FleetFilters hand={hand} index={index} />
          <div class="fleet-body fill">
            <Inside fleet={fleet} index={index} hand={hand} onAct={setAction} />
            {open !== undefined && (
              <FleetDetails
                open={open}
                hand={hand}
                onAct={setAction}
                onForget={setForgotten}
                onClose={closeDetails}
              />
            )}
          </div>
          <Totals fleet={fleet} index={index} />
        </>
      )}
      {action !== undefined && (
        <ActionDialog action={action} onClose={() => setAction(undefined)} />
      )}
      {forgotten !== undefined && (
        <ForgetDialog host={forgotten} onClose={() => setForgotten(undefined)} />
      )}
    </div>
  );
}

function Head({ hand }: { readonly hand: QueryHand }) {
  const t = useTexts(fleetTexts);
  const { query, change, urlOf } = hand;
  const tab = (by: Shape, text: string) => ({ id: by, text, href: urlOf({ by }) });
  return (
    <div class="view-head fleet-head">
      <h1>{t('title')}</h1>
      <Search label={t('search')} value={query.text} onInput={(text) => change({ text })} />
      <Tabs
        label={t('by')}
        current={query.by}
        tabs={[tab('host', t('byHost')), tab('app', t('byApp')), tab('matrix', t('matrix'))]}
      />
      <AlarmMenu />
    </div>
  );
}

interface InsideProps {
  readonly fleet: Fleet;
  readonly index: FleetIndex;
  readonly hand: QueryHand;
  readonly onAct: (action: FleetAction) => void;
}

function Inside(props: InsideProps) {
  const t = useTexts(fleetTexts);
  const { index, hand } = props;
  if (index.groups.length === 0) return <Empty glyph="filter" title={t('noneFit')} />;
  return hand.query.by === 'matrix' ? <InMatrix {...props} /> : <FleetTable {...props} />;
}

function InMatrix({ fleet, index, hand }: InsideProps) {
  const matrix = useMemo(() => matrixOf(index.groups), [index]);
  const { query } = hand;
  const isNarrowed =
    query.text !== '' || query.isUrgentOnly || query.conditions.length + query.apps.length > 0;
  const shown = useMemo(
    () => (isNarrowed ? new Set(index.groups.flatMap(({ rows }) => rows)) : undefined),
    [index, isNarrowed],
  );
  const isShown = (row: FleetRow): boolean => shown === undefined || shown.has(row);
  return (
    <FleetMatrix
      matrix={matrix}
      groups={index.groups}
      rows={fleet.rows}
      isShown={isShown}
      onOpen={(open) => hand.change({ open })}
    />
  );
}

function Totals({ fleet, index }: { readonly fleet: Fleet; readonly index: FleetIndex }) {
  const t = useTexts(fleetTexts);
  const lost = useMemo(
    () => [...fleet.hosts.values()].filter(({ isAlive }) => !isAlive).length,
    [fleet.hosts],
  );
  const total = conditions.reduce((sum, condition) => sum + index.counts[condition], 0);
  return (
    <p class="small muted fleet-totals">
      {t('shown', { shown: index.shown, total, hosts: fleet.hosts.size, lost })}
    </p>
  );
}
