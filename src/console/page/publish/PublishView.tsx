/** The publish page: `/publish` chooses an app, `/publish/APP` edits and publishes it. */
import './publish.css';
import { parseAppName } from '../../../domain/appName.ts';
import { formatPlace, type Place } from '../core/router.ts';
import { useTexts } from '../core/store.ts';
import { Link } from '../parts/Button.tsx';
import { Notice } from '../parts/Notice.tsx';
import { ChooseApp } from './ChooseApp.tsx';
import { PublishForm } from './PublishForm.tsx';
import { publishTexts } from './texts.ts';

export function PublishView({ place }: { readonly place: Place }) {
  const t = useTexts(publishTexts);
  const [, name] = place.path;
  if (name === undefined) return <ChooseApp place={place} />;
  const app = parseAppName(name);
  if (app.ok) return <PublishForm key={app.value} app={app.value} />;
  return (
    <div class="view">
      <div class="view-head">
        <h1>{t('title')}</h1>
      </div>
      <Notice tone="bad" title={app.error.message}>
        {app.error.remedy} <Link href={formatPlace(['publish'])}>{t('title')}</Link>
      </Notice>
    </div>
  );
}
