/** `/history/APP?show=&older=&newer=`: what was done to one app, what changed, and the way back. */
import { useEffect, useState } from 'preact/hooks';
import type { HistoryDocument, HistoryEntry } from '../../../domain/console/api.ts';
import { mayDo } from '../../../domain/console/roles.ts';
import type { WaitTarget } from '../../../domain/fleet/fleetWait.ts';
import { type ApiRefusal, callApi } from '../core/callApi.ts';
import { formatPlace, go } from '../core/router.ts';
import { useStore, useTexts } from '../core/store.ts';
import { useTitle } from '../core/title.ts';
import { Button, Link } from '../parts/Button.tsx';
import { Empty } from '../parts/Empty.tsx';
import { Select } from '../parts/Field.tsx';
import { FaultNotice, Notice } from '../parts/Notice.tsx';
import { Spinner } from '../parts/Progress.tsx';
import { PublishProgress } from '../publish/Progress.tsx';
import { VersionDiff } from './Diff.tsx';
import { Entry } from './Entry.tsx';
import { contentsOf, type Version, versionsOf } from './historyModel.ts';
import { RollBackDialog } from './RollBack.tsx';
import { historyTexts } from './texts.ts';

export function AppHistory({
  app,
  query,
}: {
  readonly app: string;
  readonly query: URLSearchParams;
}) {
  const t = useTexts(historyTexts);
  useTitle(t('of', { app }));
  const { history, fault, read } = useHistoryOf(app);
  const [wanted, want] = useState<Version | undefined>(undefined);
  const [done, setDone] = useState<WaitTarget | undefined>(undefined);
  const versions = history === undefined ? [] : versionsOf(history);
  return (
    <div class="view">
      <div class="view-head">
        <h1 class="wrap-anywhere">{t('of', { app })}</h1>
        <Link href={formatPlace(['publish', app])} glyph="publish" isButton>
          {t('publishLink')}
        </Link>
      </div>
      {fault === undefined ? null : (
        <div class="stack">
          <FaultNotice fault={fault} />
          <span>
            <Button onClick={read}>{t('tryAgain')}</Button>
          </span>
        </div>
      )}
      {done === undefined ? null : <PublishProgress target={done} />}
      {history === undefined ? (
        fault === undefined && <Spinner label={t('reading')} />
      ) : history.items.length === 0 ? (
        <Empty glyph="history" title={t('noHistory')}>
          {t('noHistoryMore')}
        </Empty>
      ) : (
        <>
          <Compare app={app} query={query} versions={versions} />
          <Entries
            history={history}
            shown={query.get('show') ?? undefined}
            onRollBack={(revision) => want(versions.find((one) => one.revision === revision))}
          />
        </>
      )}
      {wanted === undefined ? null : (
        <RollBackDialog
          app={app}
          version={wanted}
          contents={contentsOf(versions)}
          onClose={() => want(undefined)}
          onDone={(revision) => {
            want(undefined);
            if (revision !== null) setDone({ app, revision, action: 'publish' });
            read();
          }}
        />
      )}
    </div>
  );
}

/** Read again whenever the feed tells of another revision. */
function useHistoryOf(app: string) {
  const live = useStore(({ fleet }) => fleet?.apps.get(app)?.revision);
  const [history, setHistory] = useState<HistoryDocument | undefined>(undefined);
  const [fault, setFault] = useState<ApiRefusal | undefined>(undefined);
  const [count, setCount] = useState(0);
  useEffect(() => {
    const ended = new AbortController();
    void callApi<HistoryDocument>('history', { path: { app }, signal: ended.signal }).then(
      (answer) => {
        if (ended.signal.aborted) return;
        if (answer.ok) setHistory(answer.value);
        setFault(answer.ok ? undefined : answer.error);
      },
    );
    return () => ended.abort();
  }, [app, live, count]);
  return { history, fault, read: () => setCount((before) => before + 1) };
}

function Entries({
  history,
  shown,
  onRollBack,
}: {
  readonly history: HistoryDocument;
  readonly shown: string | undefined;
  readonly onRollBack: (revision: string) => void;
}) {
  const t = useTexts(historyTexts);
  const { app, items, completeFrom } = history;
  const may = useStore(({ session }) => mayDo(session?.user?.grants ?? [], 'publisher', { app }));
  const whyNot = ({ after, revision }: HistoryEntry, index: number): string | undefined => {
    if (!may) return t('mayNotRoll', { app });
    if (index === 0) return t('isNow');
    return typeof after === 'string' || revision === null ? t('notKnown') : undefined;
  };
  return (
    <>
      {history.isRedacted ? <Notice tone="info">{t('redacted')}</Notice> : null}
      <ol class="history-entries" aria-label={t('changesHead')}>
        {items.map((entry, index) => (
          <Entry
            key={entry.revision ?? `unknown ${String(index)}`}
            entry={entry}
            isNow={index === 0}
            isOpen={entry.revision !== null && entry.revision === shown}
            whyNot={whyNot(entry, index)}
            onOpen={(isOpen) =>
              go(
                formatPlace(['history', app], { show: (isOpen && entry.revision) || '' }),
                'replace',
              )
            }
            onRollBack={() => onRollBack(entry.revision ?? '')}
          />
        ))}
      </ol>
      {completeFrom === null || items.at(-1)?.before === 'Absent' ? null : (
        <p class="muted small">{t('incomplete', { revision: completeFrom })}</p>
      )}
    </>
  );
}

/** Any two of them. */
function Compare({
  app,
  query,
  versions,
}: {
  readonly app: string;
  readonly query: URLSearchParams;
  readonly versions: readonly Version[];
}) {
  const t = useTexts(historyTexts);
  if (versions.length < 2) return null;
  const find = (name: string) => versions.find(({ revision }) => revision === query.get(name));
  const [older, newer] = [find('older'), find('newer')];
  const goTo = (from: string | undefined, to: string | undefined): void =>
    go(formatPlace(['history', app], { older: from, newer: to }), 'replace');
  const options = versions.map(({ revision, entry }) => ({
    value: String(revision),
    text: `${revision}${entry.by === null ? '' : ` · ${entry.by}`}`,
  }));
  if (older === undefined || newer === undefined) {
    return (
      <div>
        <Button onClick={() => goTo(versions[1]?.revision, versions[0]?.revision)}>
          {t('compare')}
        </Button>
      </div>
    );
  }
  return (
    <section class="panel" aria-label={t('compare')}>
      <div class="panel-head">
        <h2>{t('comparing', { older: older.revision, newer: newer.revision })}</h2>
        <Select
          label={t('older')}
          value={String(older.revision)}
          options={options}
          onChoose={(revision) => goTo(revision, newer.revision)}
        />
        <Select
          label={t('newer')}
          value={String(newer.revision)}
          options={options}
          onChoose={(revision) => goTo(older.revision, revision)}
        />
        <Button
          glyph="close"
          label={t('endCompare')}
          kind="quiet"
          onClick={() => goTo(undefined, undefined)}
        />
      </div>
      <div class="panel-body">
        <VersionDiff before={older.texts} after={newer.texts} />
      </div>
    </section>
  );
}
