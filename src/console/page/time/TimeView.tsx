/**
 * `/time` chooses a host; `/time/HOST?seq=&app=&all=1` is its past: without `seq` the newest, which is
 * followed. Each moment has an address of its own.
 */
import { mayToAllApps } from '../../../domain/console/scope.ts';
import type { TimelineDocument } from '../../../domain/console/timeApi.ts';
import { formatPlace, go, type Place } from '../core/router.ts';
import { useShortcuts } from '../core/shortcuts.ts';
import { useStore, useTexts } from '../core/store.ts';
import { useTitle } from '../core/title.ts';
import { Badge } from '../parts/Badge.tsx';
import { Button, Link } from '../parts/Button.tsx';
import { Empty } from '../parts/Empty.tsx';
import { Check, Select } from '../parts/Field.tsx';
import { FaultNotice, Notice } from '../parts/Notice.tsx';
import { Spinner } from '../parts/Progress.tsx';
import { EventList } from './EventList.tsx';
import { MomentPanel } from './MomentPanel.tsx';
import { Slider } from './Slider.tsx';
import './time.css';
import { timeTexts } from './texts.ts';
import { chosenIndex, type Move, moved, seqAt } from './timeModel.ts';
import { useMoment, useTimeline } from './useTime.ts';

export function TimeView({ place }: { readonly place: Place }) {
  const [, host] = place.path;
  return host === undefined ? (
    <ChooseHost />
  ) : (
    <PastOf key={host} host={host} query={place.query} />
  );
}

function ChooseHost() {
  const t = useTexts(timeTexts);
  useTitle('');
  const hosts = useStore(({ fleet }) => fleet?.hosts);
  const grants = useStore(({ session }) => session?.user?.grants ?? none);
  const names = [...(hosts?.keys() ?? [])].filter((host) => mayToAllApps(grants, 'operator', host));
  if (names.length === 0 && (hosts?.size ?? 0) > 0) {
    return (
      <Empty glyph="lock" title={t('mayNotAny')} isView>
        {t('mayNotMore')}
      </Empty>
    );
  }
  if (names.length === 0) return <Empty glyph="time" title={t('noHosts')} isView />;
  return (
    <div class="view">
      <div class="view-head">
        <h1>{t('choose')}</h1>
      </div>
      <p class="muted">{t('chooseMore')}</p>
      <ul class="panel time-hosts">
        {names.sort().map((host) => (
          <li key={host}>
            <Link href={formatPlace(['time', host])} glyph="time">
              {host}
            </Link>
            {hosts?.get(host)?.isAlive === false ? (
              <Badge tone="bad" glyph="lost" isBare>
                {t('lost', { host })}
              </Badge>
            ) : hosts?.get(host)?.hasHttp === false ? (
              <span class="muted">{t('noHttp', { host })}</span>
            ) : null}
          </li>
        ))}
      </ul>
    </div>
  );
}

const none = [] as const;

function PastOf({ host, query }: { readonly host: string; readonly query: URLSearchParams }) {
  const t = useTexts(timeTexts);
  useTitle(t('title', { host }));
  const grants = useStore(({ session }) => session?.user?.grants ?? none);
  const live = useStore(({ fleet }) => fleet?.hosts.get(host));
  const isListed = useStore(({ fleet }) => fleet !== undefined);
  if (!mayToAllApps(grants, 'operator', host)) {
    return (
      <Empty glyph="lock" title={t('mayNot', { host })} isView>
        {t('mayNotMore')}
      </Empty>
    );
  }
  return (
    <div class="view is-filled">
      <div class="view-head">
        <h1 class="wrap-anywhere">{t('title', { host })}</h1>
      </div>
      {live?.isAlive === false ? <Notice tone="warn">{t('lost', { host })}</Notice> : null}
      {live?.hasHttp === false ? (
        <Notice tone="warn" title={t('noHttp', { host })}>
          {t('noHttpMore')}
        </Notice>
      ) : null}
      {isListed && (live?.isAlive === false || live?.hasHttp === false) ? null : (
        <Past host={host} query={query} />
      )}
    </div>
  );
}

function Loading() {
  const t = useTexts(timeTexts);
  return (
    <p class="line">
      <Spinner /> {t('loading')}
    </p>
  );
}

function numberOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function Past({ host, query }: { readonly host: string; readonly query: URLSearchParams }) {
  const t = useTexts(timeTexts);
  const seq = numberOf(query.get('seq'));
  const app = query.get('app') ?? undefined;
  const isAll = query.get('all') === '1';
  const hrefOf = (change: Readonly<Record<string, string | undefined>>): string => {
    const now = { seq: seq === undefined ? undefined : String(seq), app };
    return formatPlace(['time', host], { ...now, all: isAll ? '1' : undefined, ...change });
  };
  const goTo = (to: number | undefined): void =>
    go(hrefOf({ seq: to === undefined ? undefined : String(to) }), 'replace');
  const { timeline, fault, askAt } = useTimeline({ host, app, isAll, seq });
  const chosen = timeline?.entries[chosenIndex(timeline.entries, seq)];
  const view = useMoment(host, seq ?? chosen?.seq, app);
  const move = (how: Move): void => {
    if (timeline !== undefined) goTo(moved(timeline, seq, how));
  };
  useShortcuts(t('keysHead'), [
    { keys: '[', text: t('keyBack'), run: () => move('Back') },
    { keys: ']', text: t('keyOn'), run: () => move('On') },
    { keys: 'e', text: t('newest'), run: () => move('Newest') },
  ]);
  if (timeline === undefined) return fault ? <FaultNotice fault={fault} /> : <Loading />;
  return (
    <>
      <Bar timeline={timeline} {...{ seq, app, isAll, hrefOf, move }} />
      <FaultNotice fault={fault} />
      {timeline.damage === null ? null : <Notice tone="warn">{timeline.damage}</Notice>}
      <Slider
        timeline={timeline}
        chosen={chosen}
        text={chosen?.lines[0]?.text ?? ''}
        onMove={move}
        onTime={(atMs) => {
          const to = seqAt(timeline, atMs);
          if (to !== undefined) return goTo(to);
          askAt(atMs, (told) => goTo(seqAt(told, atMs) ?? told.entries[0]?.seq));
        }}
      />
      <div class="time-panes">
        <EventList
          timeline={timeline}
          seq={seq}
          label={t('events', { host })}
          onMove={move}
          onChoose={goTo}
        />
        <div class="time-right">
          <FaultNotice fault={view.fault} />
          {view.moment === undefined && view.fault === undefined ? <Spinner /> : null}
          {view.moment === undefined ? null : (
            <MomentPanel moment={view.moment} app={app} hrefOf={hrefOf} />
          )}
        </div>
      </div>
    </>
  );
}

interface BarProps {
  readonly timeline: TimelineDocument;
  readonly seq: number | undefined;
  readonly app: string | undefined;
  readonly isAll: boolean;
  readonly hrefOf: (change: Readonly<Record<string, string | undefined>>) => string;
  readonly move: (how: Move) => void;
}

function Bar({ timeline, seq, app, isAll, hrefOf, move }: BarProps) {
  const t = useTexts(timeTexts);
  const names = [...new Set([...timeline.apps, ...(app === undefined ? [] : [app])])].sort();
  const isFollowing = seq === undefined;
  return (
    <div class="time-bar-row">
      <Select
        label={t('app')}
        isBare
        value={app ?? ''}
        options={[
          { value: '', text: t('allApps') },
          ...names.map((name) => ({ value: name, text: name })),
        ]}
        onChoose={(name) => go(hrefOf({ app: name === '' ? undefined : name }))}
      />
      <Check
        label={t('all')}
        isChecked={isAll}
        onChange={(is) => go(hrefOf({ all: is ? '1' : undefined }))}
      />
      <span class="line">
        <Button label={t('keyBack')} title={t('keyBack')} onClick={() => move('Back')}>
          ←
        </Button>
        <Button label={t('keyOn')} title={t('keyOn')} onClick={() => move('On')}>
          →
        </Button>
        <Button isPressed={isFollowing} onClick={() => move('Newest')}>
          {t(isFollowing ? 'following' : 'newest')}
        </Button>
      </span>
    </div>
  );
}
