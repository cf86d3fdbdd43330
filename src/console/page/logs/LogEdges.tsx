/** What is around the lines of a log: where it begins, how far it is, what is wrong, what is found. */
import { useTexts } from '../core/store.ts';
import { Badge } from '../parts/Badge.tsx';
import { Button } from '../parts/Button.tsx';
import { Empty } from '../parts/Empty.tsx';
import { Check } from '../parts/Field.tsx';
import { FaultNotice } from '../parts/Notice.tsx';
import { Spinner } from '../parts/Progress.tsx';
import { urlOf } from '../core/callApi.ts';
import { Glyph } from '../parts/Glyph.tsx';
import { hitsMax } from './find.ts';
import type { LogPlace } from './followLog.ts';
import { canLoadEarlier, linesMax } from './logModel.ts';
import { formatBytes } from './size.ts';
import { logTexts } from './texts.ts';
import type { Found } from './useFound.ts';
import type { LogInView } from './useLog.ts';

/** What is before the first line, and how to get at it. */
export function Beginning({
  view,
  onLoaded,
}: {
  readonly view: LogInView;
  readonly onLoaded: (line: number) => void;
}) {
  const t = useTexts(logTexts);
  const { log } = view;
  if (log.nextOffset === undefined || log.isRestarted) return null;
  if (canLoadEarlier(log)) {
    return (
      <div class="log-bar">
        <Button
          isSmall
          kind="quiet"
          isBusy={view.isLoading}
          onClick={() => void view.loadEarlier().then(onLoaded)}
        >
          {t('earlier', { size: formatBytes(log.firstOffset) })}
        </Button>
      </div>
    );
  }
  if (log.firstOffset === 0) return null;
  return <p class="log-bar small muted">{t('full', { n: linesMax })}</p>;
}

function FollowBadge({ view }: { readonly view: LogInView }) {
  const t = useTexts(logTexts);
  const { state, isPaused } = view;
  if (isPaused) {
    return (
      <Badge tone="warn" glyph="pause">
        {t('paused')}
      </Badge>
    );
  }
  if (state === 'Live') {
    return (
      <Badge tone="good" glyph="linked">
        {t('live')}
      </Badge>
    );
  }
  return (
    <Badge tone="idle" glyph="unlinked">
      {state === 'Connecting' ? t('connecting') : t('ended')}
    </Badge>
  );
}

export function Hits({ hits, index, step }: Found) {
  const t = useTexts(logTexts);
  const all = hits.length;
  const words =
    all === 0
      ? t('noHits')
      : t(all >= hitsMax ? 'manyHits' : 'hits', { n: index < 0 ? '–' : index + 1, all });
  return (
    <span class="line">
      <span class="small number" role="status">
        {words}
      </span>
      <Button isSmall kind="quiet" label={t('previous')} keys="N" onClick={() => step(-1)}>
        ↑
      </Button>
      <Button isSmall kind="quiet" label={t('next')} keys="n" onClick={() => step(1)}>
        ↓
      </Button>
    </span>
  );
}

export function PauseButton({ view }: { readonly view: LogInView }) {
  const t = useTexts(logTexts);
  const { isPaused, waiting } = view;
  return (
    <Button
      isSmall
      glyph={isPaused ? 'start' : 'pause'}
      isPressed={isPaused}
      keys="p"
      onClick={() => view.pause(!isPaused)}
    >
      {!isPaused ? t('pause') : waiting > 0 ? t('waiting', { n: waiting }) : t('resume')}
    </Button>
  );
}

export function FaultBar({ view }: { readonly view: LogInView }) {
  const t = useTexts(logTexts);
  if (typeof view.state === 'string') return null;
  return (
    <div class="log-bar">
      <div class="grow">
        <FaultNotice fault={view.state} />
      </div>
      <span class="small muted">{t('again')}</span>
      <Button isSmall onClick={view.wake}>
        {t('tryNow')}
      </Button>
    </div>
  );
}

export function NoLines({ state }: Pick<LogInView, 'state'>) {
  const t = useTexts(logTexts);
  if (state === 'Connecting') {
    return (
      <div class="panel-body fill">
        <Spinner label={t('connecting')} />
      </div>
    );
  }
  if (state !== 'Live') return <div class="fill" />;
  return (
    <div class="fill">
      <Empty glyph="logs" title={t('empty')}>
        {t('emptyMore')}
      </Empty>
    </div>
  );
}

export interface FootProps {
  readonly view: LogInView;
  readonly isWrapped: boolean;
  readonly onWrap: (isWrapped: boolean) => void;
  readonly isWhole: boolean;
  readonly onWhole: (isWhole: boolean) => void;
  /** Undefined: the end is what is seen. */
  readonly toEnd: (() => void) | undefined;
}

export function Foot({ view, isWrapped, onWrap, isWhole, onWhole, toEnd }: FootProps) {
  const t = useTexts(logTexts);
  const { log } = view;
  return (
    <div class="log-bar is-foot">
      <FollowBadge view={view} />
      <span class="small muted number">
        {t('count', { n: log.lines.length })} · {formatBytes(log.size)}
      </span>
      <span class="grow" />
      {log.lines.some(({ returns }) => returns > 0) ? (
        <span title={t('allWhy')}>
          <Check label={t('all')} isChecked={isWhole} onChange={onWhole} />
        </span>
      ) : null}
      <Check label={t('wrap')} isChecked={isWrapped} onChange={onWrap} />
      {toEnd === undefined ? null : (
        <Button isSmall glyph="down" keys="e" onClick={toEnd}>
          {t('toEnd')}
        </Button>
      )}
    </div>
  );
}

/** All of the file, as the console streams it: the browser keeps it, not this page. */
export function DownloadLink({ place }: { readonly place: LogPlace }) {
  const t = useTexts(logTexts);
  const { host, app, process, stream } = place;
  const query = { process, stream, download: '1' };
  return (
    <a class="button is-small" href={urlOf('log', { path: { host, app }, query })} download="">
      <Glyph name="download" />
      {t('download')}
    </a>
  );
}
