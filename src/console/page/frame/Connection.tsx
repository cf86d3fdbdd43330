/** Whether what is shown is so now: between page and console, and between console and etcd. */
import { wakeLive } from '../core/live.ts';
import { useStore, useTexts } from '../core/store.ts';
import { useTimeText } from '../parts/Ago.tsx';
import { Badge } from '../parts/Badge.tsx';
import { Button } from '../parts/Button.tsx';
import { Notice } from '../parts/Notice.tsx';
import { frameTexts } from './texts.ts';

export function ConnectionState() {
  const t = useTexts(frameTexts);
  const connection = useStore((state) => state.connection);
  const isEtcdThere = useStore((state) => state.fleet?.link.isConnected ?? true);
  return (
    <span class="connection" role="status">
      {connection === 'Lost' ? (
        <Badge tone="bad" glyph="unlinked">
          {t('lost')}
        </Badge>
      ) : connection === 'Connecting' ? (
        <Badge tone="idle" glyph="converging">
          {t('connecting')}
        </Badge>
      ) : isEtcdThere ? (
        <Badge tone="good" glyph="linked" isBare title={t('liveTitle')}>
          {t('live')}
        </Badge>
      ) : (
        <Badge tone="warn" glyph="warn">
          {t('etcdLost')}
        </Badge>
      )}
    </span>
  );
}

/** Above the view, while anything is the matter. */
export function ConnectionBanner() {
  const t = useTexts(frameTexts);
  const full = useTimeText();
  const connection = useStore((state) => state.connection);
  const sinceMs = useStore((state) => state.connectionSinceMs);
  const hasFleet = useStore((state) => state.fleet !== undefined);
  const link = useStore((state) => state.fleet?.link);
  const isOver = useStore((state) => state.isSessionOver);
  if (isOver) return null;
  if (connection === 'Lost') {
    return (
      <Banner tone="bad" title={t('consoleLostTitle')}>
        {hasFleet ? t('consoleLostMore', { time: full(sinceMs) }) : t('consoleLostFirst')}{' '}
        <Button isSmall onClick={wakeLive}>
          {t('tryNow')}
        </Button>
      </Banner>
    );
  }
  if (link !== undefined && !link.isConnected) {
    return (
      <Banner tone="warn" title={t('etcdLostTitle')}>
        {t('etcdLostMore', { time: full(link.sinceMs) })}{' '}
        {link.fault === null ? null : <span class="muted wrap-anywhere">{link.fault}</span>}
      </Banner>
    );
  }
  return <Outdated />;
}

function Banner(props: Parameters<typeof Notice>[0]) {
  return (
    <div class="frame-banner" role="status">
      <Notice {...props} />
    </div>
  );
}

function Outdated() {
  const t = useTexts(frameTexts);
  const pageVersion = useStore((state) => state.pageVersion);
  const version = useStore((state) => state.session?.version);
  if (pageVersion === undefined || version === undefined || pageVersion === version) return null;
  return (
    <Banner tone="info" title={t('outdated')}>
      {t('outdatedMore', { old: pageVersion, new: version })}{' '}
      <Button isSmall onClick={() => location.reload()}>
        {t('reload')}
      </Button>
    </Banner>
  );
}
