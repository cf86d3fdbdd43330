/** Where publishing begins: an app that is there, found by its name or placement, or a new one. */
import { useState } from 'preact/hooks';
import { parseAppName } from '../../../domain/appName.ts';
import { mayDo } from '../../../domain/console/roles.ts';
import { formatPlace, go, type Place } from '../core/router.ts';
import { useStore, useTexts } from '../core/store.ts';
import { Badge, ConditionBadge } from '../parts/Badge.tsx';
import { Button, Link } from '../parts/Button.tsx';
import { Empty } from '../parts/Empty.tsx';
import { Form } from '../parts/Dialog.tsx';
import { Search, TextField } from '../parts/Field.tsx';
import { Spinner } from '../parts/Progress.tsx';
import { chooseApps, type ChoosableApp } from './chooseModel.ts';
import { publishTexts } from './texts.ts';

const shownMax = 200;

export function ChooseApp({ place }: { readonly place: Place }) {
  const t = useTexts(publishTexts);
  const fleet = useStore((state) => state.fleet);
  const search = place.query.get('q') ?? '';
  const found = fleet === undefined ? [] : chooseApps(fleet, search);
  const user = useStore((state) => state.session?.user);
  const isAdmin = user !== undefined && user !== null && mayDo(user.grants, 'admin');
  return (
    <div class="view">
      <div class="view-head">
        <h1>{t('title')}</h1>
        {isAdmin ? (
          <Link href="/keys" isButton glyph="keys">
            {t('keysLink')}
          </Link>
        ) : null}
      </div>
      <p class="muted">{t('intro')}</p>
      <div class="choose-bar">
        <Search
          label={t('searchApps')}
          value={search}
          onInput={(q) => go(formatPlace(['publish'], { q }), 'replace')}
        />
        <NewApp />
      </div>
      {fleet === undefined ? (
        <Spinner label={t('loading')} />
      ) : found.length === 0 ? (
        <Empty glyph="app" title={t(search === '' ? 'noApps' : 'noneFound')} />
      ) : (
        <AppList apps={found} />
      )}
    </div>
  );
}

function AppList({ apps }: { readonly apps: readonly ChoosableApp[] }) {
  const t = useTexts(publishTexts);
  return (
    <div class="panel table-scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t('app')}</th>
            <th scope="col">{t('placement')}</th>
            <th scope="col" class="on-wide">
              {t('revision')}
            </th>
            <th scope="col">{t('condition')}</th>
          </tr>
        </thead>
        <tbody>
          {apps.slice(0, shownMax).map(({ app, live, worst, places }) => (
            <tr key={app}>
              <th scope="row">
                <Link href={formatPlace(['publish', app])}>{app}</Link>{' '}
                {live.isSigned ? (
                  <Badge tone="info" glyph="lock" isBare>
                    {t('signed')}
                  </Badge>
                ) : null}
              </th>
              <td class="mono cut choose-placement" title={live.ips ?? ''}>
                {live.ips === null ? t('unreadable') : live.ips === '' ? t('nowhere') : live.ips}
              </td>
              <td class="number on-wide">{live.revision}</td>
              <td>
                {worst === undefined ? (
                  <span class="muted">{t('noPlaces')}</span>
                ) : (
                  <ConditionBadge condition={worst} isBare count={places} />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {apps.length > shownMax ? (
        <p class="panel-body small muted">{t('andMore', { n: apps.length - shownMax })}</p>
      ) : null}
    </div>
  );
}

function NewApp() {
  const t = useTexts(publishTexts);
  const [name, setName] = useState('');
  const [isTried, setTried] = useState(false);
  const parsed = parseAppName(name.trim());
  const fault = parsed.ok ? undefined : `${parsed.error.message}. ${parsed.error.remedy}`;
  return (
    <Form
      onSubmit={() => {
        setTried(true);
        if (parsed.ok) go(formatPlace(['publish', parsed.value]));
      }}
    >
      <div class="new-app">
        <TextField
          label={t('newName')}
          value={name}
          onInput={setName}
          isMono
          error={
            isTried || name.length > 2 ? (name === '' && !isTried ? undefined : fault) : undefined
          }
        />
        <Button type="submit" glyph="plus">
          {t('newApp')}
        </Button>
      </div>
    </Form>
  );
}
