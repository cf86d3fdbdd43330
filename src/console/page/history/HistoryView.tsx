/** `/history`: apps by their newest change; `/history/APP`; `/history?rollouts`. */
import { formatPlace, go, type Place } from '../core/router.ts';
import { useStore, useTexts } from '../core/store.ts';
import { Badge } from '../parts/Badge.tsx';
import { Link } from '../parts/Button.tsx';
import { Empty } from '../parts/Empty.tsx';
import { Search } from '../parts/Field.tsx';
import { Spinner } from '../parts/Progress.tsx';
import { VirtualList } from '../parts/VirtualList.tsx';
import { AppHistory } from './AppHistory.tsx';
import './history.css';
import { appsByChange } from './historyModel.ts';
import { RolloutsView, stateLooks } from './RolloutsView.tsx';
import { historyTexts } from './texts.ts';

export function HistoryView({ place }: { readonly place: Place }) {
  const app = place.path[1];
  if (app !== undefined) return <AppHistory key={app} app={app} query={place.query} />;
  if (place.query.has('rollouts')) return <RolloutsView />;
  return <Apps find={place.query.get('find') ?? ''} />;
}

function Apps({ find }: { readonly find: string }) {
  const t = useTexts(historyTexts);
  const all = useStore(({ fleet }) => fleet?.apps);
  const rollouts = useStore(({ fleet }) => fleet?.rollouts);
  if (all === undefined) {
    return (
      <div class="view">
        <h1>{t('title')}</h1>
        <Spinner label={t('reading')} />
      </div>
    );
  }
  const apps = appsByChange(all.values(), find);
  return (
    <div class="view is-filled">
      <div class="view-head">
        <h1>{t('title')}</h1>
        <Search
          label={t('search')}
          value={find}
          onInput={(text) => go(formatPlace(['history'], { find: text }), 'replace')}
        />
      </div>
      {apps.length === 0 ? (
        <Empty glyph="history" title={t(all.size === 0 ? 'noApps' : 'noneFound')} />
      ) : (
        <div class="panel fill history-apps">
          <VirtualList
            class="fill"
            label={t('title')}
            count={apps.length}
            rowPx={48}
            keyOf={(index) => apps[index]?.app ?? index}
            draw={(index) => {
              const live = apps[index];
              if (live === undefined) return null;
              const { app, revision, ips, fault } = live;
              const state = rollouts?.find((one) => one.app === app)?.state;
              return (
                <Link href={formatPlace(['history', app])} class="history-app">
                  <span class="history-name cut">{app}</span>
                  <span class="muted number">{t('atRevision', { revision })}</span>
                  <span class="cut muted mono on-wide">{ips ?? ''}</span>
                  {state === undefined ? null : <Badge {...stateLooks[state]}>{t(state)}</Badge>}
                  {fault === null ? null : (
                    <Badge tone="bad" glyph="quarantined" title={fault.reason}>
                      {fault.code}
                    </Badge>
                  )}
                </Link>
              );
            }}
          />
        </div>
      )}
    </div>
  );
}
