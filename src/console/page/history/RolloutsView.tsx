/** `/history?rollouts`: publishes that go from host to host; whose turn it is, and how to stop them. */
import { useState } from 'preact/hooks';
import type { LiveRollout } from '../../../domain/console/live.ts';
import { mayDo } from '../../../domain/console/roles.ts';
import { formatPlace } from '../core/router.ts';
import { useStore, useTexts } from '../core/store.ts';
import { Ago, Since } from '../parts/Ago.tsx';
import { Badge, type Tone } from '../parts/Badge.tsx';
import { Button, Link } from '../parts/Button.tsx';
import { Empty } from '../parts/Empty.tsx';
import type { GlyphName } from '../parts/glyphs.ts';
import { Notice } from '../parts/Notice.tsx';
import { Progress, Spinner } from '../parts/Progress.tsx';
import { RolloutDialog } from './RolloutDialog.tsx';
import { historyTexts } from './texts.ts';

export const stateLooks: Readonly<
  Record<LiveRollout['state'], { readonly tone: Tone; readonly glyph: GlyphName }>
> = {
  UnderWay: { tone: 'info', glyph: 'converging' },
  Halted: { tone: 'warn', glyph: 'pause' },
  Stuck: { tone: 'bad', glyph: 'bad' },
  Idle: { tone: 'good', glyph: 'check' },
};

export function RolloutsView() {
  const t = useTexts(historyTexts);
  const rollouts = useStore(({ fleet }) => fleet?.rollouts);
  return (
    <div class="view">
      <div class="view-head">
        <h1>{t('rolloutsTitle')}</h1>
      </div>
      {rollouts === undefined ? (
        <Spinner label={t('reading')} />
      ) : rollouts.length === 0 ? (
        <Empty glyph="rollouts" title={t('noRollouts')}>
          {t('noRolloutsMore')}
        </Empty>
      ) : (
        rollouts.map((rollout) => <RolloutCard key={rollout.app} rollout={rollout} />)
      )}
    </div>
  );
}

function RolloutCard({ rollout }: { readonly rollout: LiveRollout }) {
  const t = useTexts(historyTexts);
  const { app, state, total, done, maxUnavailable, halt, waiting, failed } = rollout;
  const [asked, ask] = useState<'halt' | 'resume' | undefined>(undefined);
  const may = useStore(({ session }) => mayDo(session?.user?.grants ?? [], 'operator', { app }));
  const whyNot = may ? undefined : t('mayNotRollout', { app });
  const isHalted = state === 'Halted';
  const progress = t('places', { revision: rollout.revision ?? '-' });
  return (
    <section class="panel" aria-label={app}>
      <div class="panel-head">
        <h2>
          <Link href={formatPlace(['history', app])}>{app}</Link>
        </h2>
        <Badge {...stateLooks[state]}>{t(state)}</Badge>
        <Button
          isSmall
          glyph={isHalted ? 'start' : 'pause'}
          whyNot={whyNot}
          onClick={() => ask(isHalted ? 'resume' : 'halt')}
        >
          {t(isHalted ? 'resume' : 'halt')}
        </Button>
      </div>
      <div class="panel-body stack">
        {halt === null ? null : (
          <Notice tone="warn" title={t('haltedBy', { by: halt.by })}>
            {halt.reason} · <Ago atMs={halt.atMs} />
          </Notice>
        )}
        {rollout.isHaltUnreadable ? <Notice tone="bad">{t('haltUnreadable')}</Notice> : null}
        {state === 'Stuck' ? <Notice tone="bad">{t('stuckMore')}</Notice> : null}
        <div>
          <span class="small">
            {progress}
            {maxUnavailable == null ? '' : ` · ${t('atMost', { n: maxUnavailable })}`}
          </span>
          <Progress done={done} total={total} label={progress} />
        </div>
        <dl class="facts">
          <dt>{t('turnsNow')}</dt>
          <dd>
            <Turns turns={rollout.turns} />
          </dd>
          <dt>{t('waiting')}</dt>
          <dd>
            <Hosts hosts={waiting} />
          </dd>
          <dt>{t('failed')}</dt>
          <dd class={failed.length > 0 ? 'tone is-bad' : undefined}>
            <Hosts hosts={failed} />
          </dd>
        </dl>
      </div>
      {asked === undefined ? null : (
        <RolloutDialog
          app={app}
          action={asked}
          hasFailed={failed.length > 0}
          onClose={() => ask(undefined)}
        />
      )}
    </section>
  );
}

function Turns({ turns }: Pick<LiveRollout, 'turns'>) {
  const t = useTexts(historyTexts);
  if (turns.length === 0) return <span class="muted">{t('noTurn')}</span>;
  return (
    <ul class="turns">
      {turns.map(({ slot, host, sinceMs, isLost, isLeft }) => (
        <li key={slot} class="line">
          <strong>{host ?? t('turnUnreadable')}</strong>
          {sinceMs === undefined ? null : (
            <span class="muted">
              {t('since')} <Since atMs={sinceMs} />
            </span>
          )}
          {isLost ? (
            <Badge tone="bad" glyph="lost">
              {t('turnLost')}
            </Badge>
          ) : isLeft ? (
            <Badge tone="warn" glyph="warn">
              {t('turnLeft')}
            </Badge>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

const shownMax = 50;

function Hosts({ hosts }: { readonly hosts: readonly string[] }) {
  const t = useTexts(historyTexts);
  if (hosts.length === 0) return <span class="muted">{t('none')}</span>;
  const more = hosts.length - shownMax;
  return (
    <>
      {hosts.slice(0, shownMax).join(', ')}
      {more > 0 ? ` ${t('more', { n: more })}` : ''}
    </>
  );
}
