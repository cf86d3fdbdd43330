/** What is around the forms before anybody is known. */
import type { ComponentChildren } from 'preact';
import { languages } from '../core/language.ts';
import { chooseLanguage } from '../core/preferences.ts';
import { useStore, useTexts } from '../core/store.ts';
import { useTitle } from '../core/title.ts';
import { Mark } from '../frame/Mark.tsx';
import { Button } from '../parts/Button.tsx';
import { sessionTexts } from './texts.ts';

const names = { en: 'English', zh: '中文' } as const;

export function Threshold({
  title,
  lead,
  children,
}: {
  readonly title: string;
  readonly lead: string;
  readonly children: ComponentChildren;
}) {
  const t = useTexts(sessionTexts);
  const language = useStore((state) => state.language);
  useTitle(title);
  return (
    <main class="threshold">
      <div class="threshold-card panel">
        <div class="threshold-mark">
          <Mark /> supervene
        </div>
        <h1>{title}</h1>
        <p class="muted">{lead}</p>
        {children}
      </div>
      <div class="line" role="group" aria-label={t('language')}>
        {languages.map((one) => (
          <Button
            key={one}
            kind="quiet"
            isSmall
            isPressed={one === language}
            onClick={() => chooseLanguage(one)}
          >
            {names[one]}
          </Button>
        ))}
      </div>
    </main>
  );
}
