/** Language, theme and mute: kept in the browser, and worn by the document. */
import { type Language, languages } from './language.ts';
import type { PageState } from './pageState.ts';
import { store } from './store.ts';

const themes: readonly PageState['theme'][] = ['system', 'light', 'dark'];

/** Once, before anything is drawn. */
export function keepPreferences(): void {
  const language = languages.find((one) => one === recall('language')) ?? languageOfBrowser();
  store.dispatch({ type: 'LanguageChosen', language });
  const theme = themes.find((one) => one === recall('theme')) ?? 'system';
  store.dispatch({ type: 'ThemeChosen', theme });
  store.dispatch({ type: 'MuteChosen', isMuted: recall('mute') === 'on' });
  wear();
  store.listen(wear);
}

export function chooseLanguage(language: Language): void {
  keep('language', language);
  store.dispatch({ type: 'LanguageChosen', language });
}

export function chooseTheme(theme: PageState['theme']): void {
  keep('theme', theme);
  store.dispatch({ type: 'ThemeChosen', theme });
}

export function chooseMute(isMuted: boolean): void {
  keep('mute', isMuted ? 'on' : 'off');
  store.dispatch({ type: 'MuteChosen', isMuted });
}

function wear(): void {
  const { language, theme } = store.state();
  const root = document.documentElement;
  const lang = language === 'zh' ? 'zh-CN' : 'en';
  if (root.lang !== lang) root.lang = lang;
  if (theme === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = theme;
}

function languageOfBrowser(): Language {
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/** Browsers may forbid it: then nothing is kept. */
function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`supervene.${name}`, value);
  } catch {
    // For this time it holds.
  }
}

function recall(name: string): string | null {
  try {
    return localStorage.getItem(`supervene.${name}`);
  } catch {
    return null;
  }
}
