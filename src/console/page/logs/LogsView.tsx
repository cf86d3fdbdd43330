/**
 * `/logs/HOST/APP?process=&stream=&find=`: what a process has written and writes. The lines are a
 * virtual list; only what is seen is in the page.
 */
import { mayDo } from '../../../domain/console/roles.ts';
import type { FleetRow } from '../../../domain/fleet/fleetRow.ts';
import { formatPlace, go, type Place } from '../core/router.ts';
import { useStore, useTexts } from '../core/store.ts';
import { useTitle } from '../core/title.ts';
import { ConditionBadge, ProcessBadge } from '../parts/Badge.tsx';
import { Link } from '../parts/Button.tsx';
import { Empty } from '../parts/Empty.tsx';
import { Select } from '../parts/Field.tsx';
import { Notice } from '../parts/Notice.tsx';
import type { LogPlace } from './followLog.ts';
import { LogPanel } from './LogPanel.tsx';
import './logs.css';
import { logTexts } from './texts.ts';

export function LogsView({ place }: { readonly place: Place }) {
  const t = useTexts(logTexts);
  const [, host, app] = place.path;
  useTitle(host === undefined || app === undefined ? '' : t('title', { host, app }));
  if (host === undefined || app === undefined) {
    return (
      <Empty glyph="logs" title={t('noHost')}>
        <p>{t('noHostMore')}</p>
        <Link href="/fleet">{t('toFleet')}</Link>
      </Empty>
    );
  }
  return <LogOf key={`${host}/${app}`} host={host} app={app} query={place.query} />;
}

function LogOf({
  host,
  app,
  query,
}: {
  readonly host: string;
  readonly app: string;
  readonly query: URLSearchParams;
}) {
  const t = useTexts(logTexts);
  const row = useStore(({ fleet }) => fleet?.rows.get(`${app}/${host}`));
  const live = useStore(({ fleet }) => fleet?.hosts.get(host));
  const isListed = useStore(({ fleet }) => fleet !== undefined);
  const grants = useStore(({ session }) => session?.user?.grants ?? none);
  const chosen = query.get('process') ?? undefined;
  const stream = query.get('stream') === 'stderr' ? 'stderr' : 'stdout';
  const ids = row?.processes.map(({ id }) => id) ?? [];
  const process = chosen ?? ids[0];
  const find = query.get('find') ?? '';
  const goTo = (change: Readonly<Record<string, string>>, how: 'push' | 'replace'): void =>
    go(formatPlace(['logs', host, app], { process: chosen, stream, find, ...change }), how);
  const may = mayDo(grants, 'operator', { app, host });
  const at: LogPlace = { host, app, process, stream };
  return (
    <div class="view is-filled">
      <Head host={host} app={app} row={row} process={process} />
      {row !== undefined || !isListed ? null : (
        <Notice tone="warn">{t('unknown', { app, host })}</Notice>
      )}
      {live?.isAlive === false ? <Notice tone="warn">{t('lost', { host })}</Notice> : null}
      {live?.hasHttp === false ? (
        <Notice tone="warn" title={t('noHttp', { host })}>
          {t('noHttpMore')}
        </Notice>
      ) : null}
      {!may ? (
        <Empty glyph="lock" title={t('mayNot', { app, host })} />
      ) : (
        <LogPanel
          place={at}
          isReadable={isListed}
          find={find}
          onFind={(text) => goTo({ find: text }, 'replace')}
        >
          {ids.length < 2 && (chosen === undefined || ids.includes(chosen)) ? null : (
            <Select
              label={t('process')}
              isBare
              value={process ?? ''}
              options={[...new Set([...ids, process ?? ''])].map((id) => ({ value: id, text: id }))}
              onChoose={(id) => goTo({ process: id }, 'push')}
            />
          )}
          <Select
            label={t('stream')}
            isBare
            value={stream}
            options={streams}
            onChoose={(value) => goTo({ stream: value }, 'push')}
          />
        </LogPanel>
      )}
    </div>
  );
}

const none = [] as const;

const streams = [
  { value: 'stdout', text: 'stdout' },
  { value: 'stderr', text: 'stderr' },
] as const;

function Head({
  host,
  app,
  row,
  process,
}: {
  readonly host: string;
  readonly app: string;
  readonly row: FleetRow | undefined;
  readonly process: string | undefined;
}) {
  const t = useTexts(logTexts);
  const state = row?.processes.find(({ id }) => id === process)?.state;
  return (
    <div class="view-head">
      <h1 class="wrap-anywhere">{t('title', { app, host })}</h1>
      <span class="line">
        {state === undefined ? null : <ProcessBadge state={state} />}
        {row === undefined || row.condition === 'converged' ? null : (
          <ConditionBadge condition={row.condition} title={row.reason} />
        )}
        <Link href={formatPlace(['history', app])} glyph="history" isButton isSmall kind="quiet">
          {t('history')}
        </Link>
        <Link
          href={formatPlace(['time', host], { app })}
          glyph="time"
          isButton
          isSmall
          kind="quiet"
        >
          {t('time')}
        </Link>
      </span>
    </div>
  );
}
