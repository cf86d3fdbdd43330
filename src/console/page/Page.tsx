/** Who looks decides what the page is: the way in, or the frame with one of the views in it. */
import { useEffect, useState } from 'preact/hooks';
import { AuditView } from './audit/AuditView.tsx';
import { askSession } from './core/live.ts';
import { formatPlace, type Place, usePlace } from './core/router.ts';
import { useStore, useTexts } from './core/store.ts';
import { FleetView } from './fleet/FleetView.tsx';
import { Frame, useMaySee } from './frame/Frame.tsx';
import { frameTexts } from './frame/texts.ts';
import { HistoryView } from './history/HistoryView.tsx';
import { KeysView } from './keys/KeysView.tsx';
import { LogsView } from './logs/LogsView.tsx';
import { Link } from './parts/Button.tsx';
import { Empty } from './parts/Empty.tsx';
import { Toasts } from './parts/Notice.tsx';
import { Spinner } from './parts/Progress.tsx';
import { PublishView } from './publish/PublishView.tsx';
import { LogInPage } from './session/LogIn.tsx';
import { SetUpPage } from './session/SetUp.tsx';
import { sessionTexts } from './session/texts.ts';
import { TimeView } from './time/TimeView.tsx';

type View = (props: { readonly place: Place }) => preact.JSX.Element;

/** By the first segment of the path. */
const views: ReadonlyMap<string, View> = new Map<string, View>([
  ['fleet', FleetView],
  ['logs', LogsView],
  ['publish', PublishView],
  ['history', HistoryView],
  ['time', TimeView],
  ['keys', KeysView],
  ['audit', AuditView],
]);

/** `setUpToken`: from the address; empty when there was none. */
export function Page({ setUpToken }: { readonly setUpToken: string }) {
  const session = useStore((state) => state.session);
  return (
    <>
      {session === undefined ? (
        <Starting />
      ) : session.user !== null ? (
        <Views key={session.user.name} />
      ) : session.needsSetUp ? (
        <SetUpPage given={setUpToken} />
      ) : (
        <LogInPage />
      )}
      <Toasts />
    </>
  );
}

/** Until the console has said who one is. */
function Starting() {
  const t = useTexts(sessionTexts);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    let timer: number | undefined;
    let isGone = false;
    const ask = async (): Promise<void> => {
      await askSession();
      if (isGone) return;
      timer = window.setTimeout(() => {
        setFailed(true);
        void ask();
      }, 1500);
    };
    void ask();
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, []);
  return (
    <main class="threshold">
      {hasFailed ? (
        <Empty isView glyph="unlinked" title={t('noConsole')}>
          {t('noConsoleMore')}
        </Empty>
      ) : (
        <Spinner label={t('starting')} />
      )}
    </main>
  );
}

function Views() {
  const place = usePlace();
  return (
    <Frame place={place}>
      <InView place={place} />
    </Frame>
  );
}

function InView({ place }: { readonly place: Place }) {
  const t = useTexts(frameTexts);
  const user = useStore((state) => state.session?.user);
  const maySee = useMaySee(place);
  const head = place.path[0] ?? 'fleet';
  const View = views.get(head);
  const toFleet = <Link href="/fleet">{t('toFleet')}</Link>;
  if (user?.grants.length === 0) {
    return (
      <Empty isView glyph="lock" title={t('noGrants')}>
        {t('noGrantsMore', { name: user.name })}
      </Empty>
    );
  }
  if (View === undefined) {
    return (
      <Empty isView glyph="search" title={t('nowhere')}>
        <p>{t('nowhereMore', { path: formatPlace(place.path) })}</p>
        {toFleet}
      </Empty>
    );
  }
  if (!maySee) {
    return (
      <Empty isView glyph="lock" title={t('noRight')}>
        <p>{t('noRightMore')}</p>
        {toFleet}
      </Empty>
    );
  }
  return <View key={head} place={place} />;
}
