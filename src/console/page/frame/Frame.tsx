/**
 * What is around every view: where one can go, whether what is shown is so now, and who one is. On a
 * narrow window the places are a bar below.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { go, type Place } from '../core/router.ts';
import { useShortcuts } from '../core/shortcuts.ts';
import { useStore, useTexts } from '../core/store.ts';
import { titleView } from '../core/title.ts';
import { Link } from '../parts/Button.tsx';
import { Glyph } from '../parts/Glyph.tsx';
import { LogInDialog } from '../session/LogIn.tsx';
import { ConnectionBanner, ConnectionState } from './Connection.tsx';
import { KeysHelp } from './KeysHelp.tsx';
import { Mark } from './Mark.tsx';
import { currentPlace, framePlaces, placesFor } from './places.ts';
import { frameTexts } from './texts.ts';
import { UserMenu } from './UserMenu.tsx';

export function Frame({
  place,
  children,
}: {
  readonly place: Place;
  readonly children: ComponentChildren;
}) {
  const t = useTexts(frameTexts);
  const isSessionOver = useStore((state) => state.isSessionOver);
  const [isHelping, setHelping] = useState(false);
  const current = currentPlace(place.path, place.query);
  const title = current ?? (place.path[0] === 'logs' ? 'logs' : undefined);
  const words = title === undefined ? '' : t(title);
  useEffect(() => titleView(words), [words]);
  useFrameKeys(() => setHelping(true));
  return (
    <div class="frame">
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          focusMain();
        }}
      >
        {t('skip')}
      </a>
      <header class="frame-head">
        <Link href="/fleet" class="frame-home" label="supervene">
          <Mark />
          <span class="frame-name">supervene</span>
        </Link>
        <ConnectionState />
      </header>
      <Places current={current} />
      <section class="frame-user" aria-label={t('you')}>
        <UserMenu onKeys={() => setHelping(true)} />
      </section>
      <div class="frame-body">
        <ConnectionBanner />
        <main id="main" class="frame-main" tabIndex={-1}>
          {children}
        </main>
      </div>
      {isHelping && <KeysHelp onClose={() => setHelping(false)} />}
      {isSessionOver && <LogInDialog />}
    </div>
  );
}

function Places({ current }: { readonly current: string | undefined }) {
  const t = useTexts(frameTexts);
  const grants = useStore((state) => state.session?.user?.grants ?? none);
  return (
    <nav class="places" aria-label={t('views')}>
      {placesFor(grants).map(({ id, href, glyph, key }) => (
        <Link
          key={id}
          href={href}
          class="place"
          isCurrent={id === current}
          title={`${t(id)} (g ${key})`}
        >
          <Glyph name={glyph} />
          <span>{t(id)}</span>
        </Link>
      ))}
    </nav>
  );
}

const none = [] as const;

function useFrameKeys(onHelp: () => void): void {
  const t = useTexts(frameTexts);
  const grants = useStore((state) => state.session?.user?.grants ?? none);
  const places = placesFor(grants).map(({ id, href, key }) => ({
    keys: `g ${key}`,
    text: t('goTo', { view: t(id) }),
    run: () => go(href),
  }));
  const all = [
    { keys: '/', text: t('toSearch'), run: focusSearch },
    { keys: 'm', text: t('toContent'), run: focusMain },
    { keys: '?', text: t('toKeys'), run: onHelp },
    ...places,
  ];
  useShortcuts(t('keysEverywhere'), all, true);
}

function focusSearch(): void {
  const search = document.querySelector<HTMLInputElement>('[data-search]');
  search?.focus();
  search?.select();
}

function focusMain(): void {
  document.querySelector<HTMLElement>('#main')?.focus();
}

/** Whether whoever looks may see that. */
export function useMaySee(place: Place): boolean {
  const grants = useStore((state) => state.session?.user?.grants ?? none);
  const current = currentPlace(place.path, place.query);
  const isKnown = framePlaces.some(({ id }) => id === current);
  return !isKnown || placesFor(grants).some(({ id }) => id === current);
}
