/** Who one is, how the page looks and sounds, and the way out. */
import { useState } from 'preact/hooks';
import { callApi } from '../core/callApi.ts';
import { chooseLanguage, chooseMute, chooseTheme } from '../core/preferences.ts';
import { useStore, useTexts } from '../core/store.ts';
import { Menu, type MenuItem } from '../parts/Menu.tsx';
import { say } from '../parts/Notice.tsx';
import { ChangePassword } from '../session/ChangePassword.tsx';
import { frameTexts } from './texts.ts';

export function UserMenu({ onKeys }: { readonly onKeys: () => void }) {
  const t = useTexts(frameTexts);
  const name = useStore((state) => state.session?.user?.name ?? '');
  const version = useStore((state) => state.session?.version ?? '');
  const [isChanging, setChanging] = useState(false);
  const looks = useLooks();
  const logOut = async (): Promise<void> => {
    const done = await callApi('logOut');
    if (!done.ok && done.error.code !== 'LoggedOut') {
      say({ tone: 'bad', text: t('notLoggedOut', { why: done.error.error }) });
      return;
    }
    // All that the page knows is forgotten with it.
    location.assign('/');
  };
  return (
    <>
      <Menu
        label={t('menuOf', { name })}
        kind="quiet"
        glyph="user"
        items={[
          ...looks,
          'line',
          { text: t('showKeys'), glyph: 'keyboard', keys: '?', onChoose: onKeys },
          { text: t('changePassword'), glyph: 'lock', onChoose: () => setChanging(true) },
          { text: t('logOut'), glyph: 'leave', onChoose: () => void logOut() },
          'line',
          t('version', { version }),
        ]}
      >
        <span class="frame-user-name cut">{name}</span>
      </Menu>
      {isChanging && <ChangePassword onClose={() => setChanging(false)} />}
    </>
  );
}

/** Language, colours and alarm. */
function useLooks(): readonly (MenuItem | string)[] {
  const t = useTexts(frameTexts);
  const language = useStore((state) => state.language);
  const theme = useStore((state) => state.theme);
  const isMuted = useStore((state) => state.isMuted);
  return [
    t('language'),
    pick('English', language === 'en', () => chooseLanguage('en'), 'language'),
    pick('中文', language === 'zh', () => chooseLanguage('zh'), 'language'),
    t('theme'),
    pick(t('themeSystem'), theme === 'system', () => chooseTheme('system'), 'screen'),
    pick(t('themeLight'), theme === 'light', () => chooseTheme('light'), 'sun'),
    pick(t('themeDark'), theme === 'dark', () => chooseTheme('dark'), 'moon'),
    t('alarm'),
    pick(t('alarmOn'), !isMuted, () => chooseMute(false), 'bell'),
    pick(t('alarmOff'), isMuted, () => chooseMute(true), 'bellOff'),
  ];
}

function pick(
  text: string,
  isChecked: boolean,
  onChoose: () => void,
  glyph: NonNullable<MenuItem['glyph']>,
): MenuItem {
  return { text, isChecked, onChoose, glyph };
}
