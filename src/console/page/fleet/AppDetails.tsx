/** One app over all its hosts: what is wanted, how far it is, and what is wrong with it. */
import type { LiveApp } from '../../../domain/console/live.ts';
import { conditions } from '../../../domain/fleet/fleetRow.ts';
import { formatPlace } from '../core/router.ts';
import { useStore, useTexts } from '../core/store.ts';
import { ConditionBadge } from '../parts/Badge.tsx';
import { Button, Link } from '../parts/Button.tsx';
import { Progress } from '../parts/Progress.tsx';
import { type DetailsHands, Section, ThreeActs } from './detailsParts.tsx';
import { placesOfApp } from './placesOf.ts';
import { Reason } from './Reason.tsx';
import { fleetTexts } from './texts.ts';
import { useGrants } from './useGrants.ts';

export function AppDetails({ app, hands }: { readonly app: string; readonly hands: DetailsHands }) {
  const t = useTexts(fleetTexts);
  const known = useStore((state) => state.fleet?.apps.get(app));
  const rows = useStore((state) => state.fleet?.rows);
  const rollout = useStore((state) => state.fleet?.rollouts.find((one) => one.app === app));
  const own = [...(rows?.values() ?? [])].filter((row) => row.app === app);
  if (known === undefined && own.length === 0) return <p class="muted">{t('notThere')}</p>;
  return (
    <>
      <div class="line">
        {conditions.map((condition) => {
          const count = own.filter((row) => row.condition === condition).length;
          return count === 0 ? null : (
            <ConditionBadge key={condition} condition={condition} count={count} />
          );
        })}
      </div>
      {known?.fault != null && (
        <Section title={t('fault')}>
          <Reason code={known.fault.code} reason={known.fault.reason} />
        </Section>
      )}
      <AppActs app={app} hands={hands} />
      {rollout !== undefined && (
        <Section title={t('rollout')}>
          <p>
            {t('rolloutState', {
              state: t(rollout.state),
              done: rollout.done,
              total: rollout.total,
            })}
          </p>
          <Progress done={rollout.done} total={rollout.total} label={t('rollout')} />
          {rollout.halt !== null && (
            <p class="wrap-anywhere" lang="en">
              {rollout.halt.by}: {rollout.halt.reason}
            </p>
          )}
        </Section>
      )}
      {known !== undefined && <AppFacts known={known} />}
      <nav class="line" aria-label={t('details', { name: app })}>
        <Link isButton isSmall glyph="history" href={formatPlace(['history', app])}>
          {t('history')}
        </Link>
        <Link isButton isSmall glyph="publish" href={formatPlace(['publish', app])}>
          {t('publish')}
        </Link>
        <Button isSmall glyph="filter" onClick={() => hands.hand.change({ apps: [app] })}>
          {t('filterApp')}
        </Button>
      </nav>
    </>
  );
}

function AppFacts({ known }: { readonly known: LiveApp }) {
  const t = useTexts(fleetTexts);
  return (
    <dl class="facts">
      <dt>{t('placement')}</dt>
      <dd class="mono">{known.ips ?? '–'}</dd>
      <dt>{t('wanted')}</dt>
      <dd class="number">{known.contentRevision ?? '–'}</dd>
      <dt>{t('turns')}</dt>
      <dd>
        {known.maxUnavailable === null ? t('atOnce') : t('inTurns', { n: known.maxUnavailable })}
      </dd>
      <dt>{t('signed')}</dt>
      <dd>{t(known.isSigned ? 'yes' : 'no')}</dd>
    </dl>
  );
}

function AppActs({ app, hands }: { readonly app: string; readonly hands: DetailsHands }) {
  const t = useTexts(fleetTexts);
  const grants = useGrants();
  const rows = useStore((state) => state.fleet?.rows);
  const places = rows === undefined ? [] : placesOfApp(rows, app, grants);
  if (places.length === 0) return null;
  const isRefused = places.some(({ host }) => {
    const condition = rows?.get(`${app}/${host}`)?.condition;
    return condition === 'quarantined' || condition === 'rolled-back';
  });
  return (
    <div class="line">
      <ThreeActs places={places} onAct={hands.onAct} />
      {isRefused && (
        <Button isSmall onClick={() => hands.onAct({ verb: 'Retry', places })}>
          {t('Retry')}
        </Button>
      )}
    </div>
  );
}
