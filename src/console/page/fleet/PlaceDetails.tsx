/** One app on one host: its processes, why it is as it is, and where to look further. */
import { rowKey } from '../../../domain/console/live.ts';
import { mayDo } from '../../../domain/console/roles.ts';
import { mayToAllApps } from '../../../domain/console/scope.ts';
import type { FleetRow } from '../../../domain/fleet/fleetRow.ts';
import type { ProcessReport } from '../../../domain/fleet/hostReport.ts';
import { uptimeSec } from '../../../domain/fleet/processRows.ts';
import { formatPlace } from '../core/router.ts';
import { useStore, useTexts } from '../core/store.ts';
import { Ago, Since } from '../parts/Ago.tsx';
import { ConditionBadge, ProcessBadge } from '../parts/Badge.tsx';
import { Button, Link } from '../parts/Button.tsx';
import { type FleetAction, isRetried, type Place } from './actionModel.ts';
import { type DetailsHands, Section, ThreeActs } from './detailsParts.tsx';
import { Revisions } from './placeParts.tsx';
import { Reason } from './Reason.tsx';
import { fleetTexts } from './texts.ts';
import { useGrants } from './useGrants.ts';

export function PlaceDetails({
  app,
  host,
  hands,
}: {
  readonly app: string;
  readonly host: string;
  readonly hands: DetailsHands;
}) {
  const t = useTexts(fleetTexts);
  const key = rowKey({ app, host: host === '' ? undefined : host });
  const row = useStore((state) => state.fleet?.rows.get(key));
  const grants = useGrants();
  if (row === undefined) return <p class="muted">{t('notThere')}</p>;
  const mayOperate = host !== '' && mayDo(grants, 'operator', { app, host });
  return (
    <>
      <div class="line">
        <ConditionBadge condition={row.condition} />
        {row.sinceMs !== undefined && (
          <span class="muted small">
            <Ago atMs={row.sinceMs} />
          </span>
        )}
      </div>
      <Reason code={row.code} reason={row.reason} />
      {mayOperate && row.condition !== 'lost' && (
        <PlaceActs row={row} place={{ app, host }} onAct={hands.onAct} />
      )}
      <Section title={t('processes')}>
        {row.doubt !== undefined && <p class="muted small">{t('lastKnown')}</p>}
        {row.processes.length === 0 && <p class="muted">{t('noProcesses')}</p>}
        {row.processes.map((process) => (
          <Process
            key={process.id}
            process={process}
            row={row}
            mayOperate={mayOperate}
            onAct={hands.onAct}
          />
        ))}
      </Section>
      <Facts row={row} hands={hands} />
      <nav class="line" aria-label={t('details', { name: app })}>
        {mayOperate && (
          <Link isButton isSmall glyph="logs" href={formatPlace(['logs', host, app])}>
            {t('logs')}
          </Link>
        )}
        <Link isButton isSmall glyph="history" href={formatPlace(['history', app])}>
          {t('history')}
        </Link>
        <Link isButton isSmall glyph="publish" href={formatPlace(['publish', app])}>
          {t('publish')}
        </Link>
        {host !== '' && mayToAllApps(grants, 'operator', host) && (
          <Link isButton isSmall glyph="time" href={formatPlace(['time', host], { app })}>
            {t('time')}
          </Link>
        )}
      </nav>
    </>
  );
}

function PlaceActs({
  row,
  place,
  onAct,
}: {
  readonly row: FleetRow;
  readonly place: Place;
  readonly onAct: (action: FleetAction) => void;
}) {
  const t = useTexts(fleetTexts);
  const places = [place];
  return (
    <div class="line">
      {row.processes.length > 0 && <ThreeActs places={places} onAct={onAct} />}
      {isRetried(row) && (
        <Button isSmall onClick={() => onAct({ verb: 'Retry', places })}>
          {t('Retry')}
        </Button>
      )}
    </div>
  );
}

function Process({
  process,
  row,
  mayOperate,
  onAct,
}: {
  readonly process: ProcessReport;
  readonly row: FleetRow;
  readonly mayOperate: boolean;
  readonly onAct: (action: FleetAction) => void;
}) {
  const t = useTexts(fleetTexts);
  const { app, host = '', doubt } = row;
  const act = (verb: 'Start' | 'Stop' | 'Restart') => () =>
    onAct({ verb, places: [{ app, host, process: process.id }] });
  const isUp = process.state === 'RUNNING' || process.state === 'STARTING';
  const name = process.id.slice(process.id.indexOf(':') + 1);
  const isCounted = uptimeSec({ ...process, doubt }, Number.MAX_SAFE_INTEGER) !== undefined;
  return (
    <div class="fleet-one">
      <span class="cut" title={process.id}>
        {name}
      </span>
      <ProcessBadge state={process.state} isBare />
      <span class="muted small number">
        {process.pid > 0 && doubt === undefined ? `pid ${String(process.pid)}` : ''}{' '}
        {isCounted && <Since atMs={process.startSec * 1000} />}
      </span>
      {mayOperate && (
        <span class="line fleet-one-acts">
          <Button
            isSmall
            kind="quiet"
            glyph={isUp ? 'restart' : 'start'}
            label={`${t(isUp ? 'Restart' : 'Start')}: ${process.id}`}
            onClick={act(isUp ? 'Restart' : 'Start')}
          />
          <Button
            isSmall
            kind="quiet"
            glyph="stop"
            label={`${t('Stop')}: ${process.id}`}
            onClick={act('Stop')}
          />
          <Link
            isButton
            isSmall
            kind="quiet"
            glyph="logs"
            label={`${t('logs')}: ${process.id}`}
            href={formatPlace(['logs', host, app], { process: process.id })}
          />
        </span>
      )}
    </div>
  );
}

function Facts({ row, hands }: { readonly row: FleetRow; readonly hands: DetailsHands }) {
  const t = useTexts(fleetTexts);
  const { app, host } = row;
  const { urlOf } = hands.hand;
  return (
    <dl class="facts">
      <dt>{t('app')}</dt>
      <dd>
        <Link href={urlOf({ open: { type: 'App', app } })}>{app}</Link>
      </dd>
      <dt>{t('host')}</dt>
      <dd>
        {host === undefined ? (
          t('noHost')
        ) : (
          <Link href={urlOf({ open: { type: 'Host', host } })}>{host}</Link>
        )}
      </dd>
      <dt>{t('revision')}</dt>
      <dd class="number">
        <Revisions row={row} />
      </dd>
      {row.lastWordMs !== undefined && (
        <>
          <dt>{t('reported')}</dt>
          <dd>
            <Ago atMs={row.lastWordMs} />
          </dd>
        </>
      )}
    </dl>
  );
}
