/** One app: its content, placement and rollout, and the way from there to its hosts. */
import { useMemo, useState } from 'preact/hooks';
import type { AppDocument } from '../../../domain/console/api.ts';
import type { AppTexts } from '../../../domain/fleet/publication.ts';
import { type AppName, compareRevisions, revisionZero } from '../../../domain/types.ts';
import { formatPlace } from '../core/router.ts';
import { useTexts } from '../core/store.ts';
import { Button, Link } from '../parts/Button.tsx';
import { Spinner } from '../parts/Progress.tsx';
import { ConflictPanel } from './ConflictPanel.tsx';
import { ContentField } from './ContentField.tsx';
import { FormNotices } from './FormNotices.tsx';
import { PlacementField } from './PlacementField.tsx';
import { PlanCounts } from './PlanTable.tsx';
import { PublishProgress } from './Progress.tsx';
import {
  isOutdated,
  isStillThere,
  type Obstacle,
  obstacleOf,
  type PublishState,
  textsTyped,
} from './publishState.ts';
import { PublishDialog, UnpublishDialog, usePreview } from './ReviewDialog.tsx';
import { RolloutFieldset } from './RolloutFieldset.tsx';
import { publishTexts } from './texts.ts';
import { type PublishForm as Form, usePublish } from './usePublish.ts';

export function PublishForm({ app }: { readonly app: AppName }) {
  const t = useTexts(publishTexts);
  const form = usePublish(app);
  const { state, dispatch } = form;
  const { document, conflict, published } = state;
  return (
    <div class="view publish-view">
      <div class="view-head">
        <h1 class="wrap-anywhere">{app}</h1>
        <span class="muted small number">
          {document === undefined
            ? ''
            : isNew(state)
              ? t('isNew')
              : t('atRevision', { revision: newest(state) })}
        </span>
        <Link href={formatPlace(['history', app])} isButton glyph="history">
          {t('openHistory')}
        </Link>
        <Unpublish app={app} form={form} />
      </div>
      <FormNotices form={form} app={app} />
      {published?.revision === undefined ? null : (
        <PublishProgress target={{ app, revision: published.revision, action: published.action }} />
      )}
      {conflict === undefined ? null : (
        <ConflictPanel
          base={state.base.texts}
          now={conflict}
          mine={textsTyped(state)}
          onResolve={(texts) => dispatch({ type: 'Resolved', texts })}
        />
      )}
      {document === undefined ? (
        state.fault === undefined ? (
          <Spinner label={t('loading')} />
        ) : null
      ) : (
        <Fields app={app} form={form} />
      )}
    </div>
  );
}

const whyNots = {
  NotRead: 'notRead',
  ReadOnly: 'readOnly',
  Signed: 'signedTitle',
  Nothing: 'whyNotNothing',
  Content: 'whyNotContent',
  Placement: 'whyNotPlacement',
  Rollout: 'whyNotRollout',
  Outdated: 'whyNotOutdated',
} as const satisfies Readonly<Record<Obstacle, keyof (typeof publishTexts)['en']>>;

function Fields({ app, form }: { readonly app: AppName; readonly form: Form }) {
  const t = useTexts(publishTexts);
  const { state, dispatch } = form;
  const obstacle = obstacleOf(app, state);
  const isReadOnly = obstacle === 'ReadOnly' || obstacle === 'Signed';
  const review = (): void => {
    if (obstacle === undefined) dispatch({ type: 'ReviewAsked' });
  };
  return (
    <>
      <div class="publish-fields">
        <ContentField
          app={app}
          text={state.content}
          isReadOnly={isReadOnly}
          onChange={(text) => dispatch({ type: 'Typed', field: 'content', text })}
          onDone={review}
        />
        <div class="stack">
          <PlacementField
            ips={state.ips}
            isReadOnly={isReadOnly}
            onInput={(text) => dispatch({ type: 'Typed', field: 'ips', text })}
          />
          <RolloutFieldset
            fields={state.rollout}
            isReadOnly={isReadOnly}
            onChange={(change) => dispatch({ type: 'RolloutTyped', change })}
          />
        </div>
      </div>
      <div class="publish-foot">
        {obstacle === undefined ? <Summary app={app} state={state} /> : null}
        {obstacle === undefined || obstacle === 'Nothing' || isReadOnly ? null : (
          <span class="small muted">{t(whyNots[obstacle])}</span>
        )}
        <span class="grow" />
        {isReadOnly ? null : (
          <Button
            kind="quiet"
            whyNot={obstacle === 'Nothing' ? t('whyNotNothing') : undefined}
            onClick={() => dispatch({ type: 'Reverted' })}
          >
            {t('revert')}
          </Button>
        )}
        <Button
          kind="primary"
          glyph="publish"
          keys="Control+Enter"
          whyNot={obstacle === undefined ? undefined : t(whyNots[obstacle])}
          onClick={review}
        >
          {t('review')}
        </Button>
      </div>
      {state.step === 'Review' || state.step === 'Send' ? <Review app={app} form={form} /> : null}
    </>
  );
}

/** What it would come to, while one types. */
function Summary({ app, state }: { readonly app: AppName; readonly state: PublishState }) {
  const { ips, content, rollout } = textsTyped(state);
  const preview = usePreview(app, beforeOf(state), useSame({ ips, content, rollout }));
  return <PlanCounts preview={preview} />;
}

function Review({ app, form }: { readonly app: AppName; readonly form: Form }) {
  const { state, dispatch, publish } = form;
  return (
    <PublishDialog
      app={app}
      before={beforeOf(state)}
      after={useSame(textsTyped(state))}
      message={state.message}
      isBusy={state.step === 'Send'}
      isOutdated={isOutdated(state) && state.step !== 'Send'}
      fault={state.fault}
      onMessage={(text) => dispatch({ type: 'Typed', field: 'message', text })}
      onConfirm={() => void publish()}
      onClose={() => dispatch({ type: 'ReviewLeft' })}
    />
  );
}

function Unpublish({ app, form }: { readonly app: AppName; readonly form: Form }) {
  const t = useTexts(publishTexts);
  const { state, unpublish } = form;
  /** As it stood there when it was asked: that, and nothing else, is confirmed. */
  const [asked, setAsked] = useState<AppDocument>();
  const [typed, setTyped] = useState('');
  const [message, setMessage] = useState('');
  const [isBusy, setBusy] = useState(false);
  const close = (): void => {
    setAsked(undefined);
    setTyped('');
  };
  return (
    <>
      {mayUnpublish(state) ? (
        <Button kind="danger" onClick={() => setAsked(state.document)}>
          {t('unpublish')}
        </Button>
      ) : null}
      {asked === undefined ? null : (
        <UnpublishDialog
          {...{ app, typed, message, isBusy }}
          before={asked.texts}
          isOutdated={!isBusy && !isStillThere(state, asked.mark)}
          fault={state.fault}
          onTyped={setTyped}
          onMessage={setMessage}
          onClose={close}
          onConfirm={() => {
            setBusy(true);
            void unpublish(message, asked.mark).finally(() => {
              setBusy(false);
              close();
            });
          }}
        />
      )}
    </>
  );
}

/** The same object as long as it says the same. */
function useSame({ ips, content, rollout }: AppTexts): AppTexts {
  return useMemo(() => ({ ips, content, rollout }), [ips, content, rollout]);
}

function beforeOf(state: PublishState): AppTexts | undefined {
  return isNew(state) ? undefined : state.base.texts;
}

function mayUnpublish(state: PublishState): boolean {
  const { document } = state;
  if (document === undefined || document.isRedacted || document.isSigned) return false;
  return !isNew(state) && !isOutdated(state);
}

function isNew({ document }: PublishState): boolean {
  return document?.mark.ips === null && document.mark.content === null;
}

function newest({ document }: PublishState): string {
  const revisions = [document?.mark.ips, document?.mark.content, document?.mark.rollout];
  return revisions
    .flatMap((revision) => revision ?? [])
    .reduce((a, b) => (compareRevisions(a, b) > 0 ? a : b), revisionZero);
}
