/** Says what will happen, asks, and shows what did happen, place by place, as it comes. */
import { useState } from 'preact/hooks';
import { store, useTexts } from '../core/store.ts';
import { Button } from '../parts/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { Check, TextField } from '../parts/Field.tsx';
import { FaultNotice, Notice } from '../parts/Notice.tsx';
import { Progress, Spinner } from '../parts/Progress.tsx';
import {
  type ActionPlan,
  type FleetAction,
  isDone,
  planAction,
  type ProgressByKey,
  stepsOf,
  unfinished,
} from './actionModel.ts';
import { actionTexts } from './actionTexts.ts';
import { PlannedPlaces, SkippedPlaces } from './PlannedPlaces.tsx';
import type { ActionEnd } from './runAction.ts';
import { useGrants } from './useGrants.ts';
import { type Run, useRun } from './useRun.ts';

export interface ActionDialogProps {
  readonly action: FleetAction;
  readonly onClose: () => void;
}

export function ActionDialog({ action, onClose }: ActionDialogProps) {
  const t = useTexts(actionTexts);
  const grants = useGrants();
  // As it was when it was asked for: what changes meanwhile is told by the outcomes.
  const [plan] = useState(() => {
    const { fleet } = store.state();
    return planAction(action, fleet ?? noFleet, grants);
  });
  const isSeveral = plan.verb === 'Restart' && stepsOf(plan, true).length > 1;
  const [isInTurns, setInTurns] = useState(isSeveral && plan.hasTurns);
  const run = useRun(plan);
  if (run.phase !== 'Asking') {
    return (
      <Dialog
        title={titleOf(plan, t)}
        onClose={run.phase === 'Running' ? undefined : onClose}
        foot={
          <RunFoot run={run} plan={plan} isInTurns={isInTurns}>
            <Button onClick={onClose}>{t('close')}</Button>
          </RunFoot>
        }
      >
        <RunState run={run} plan={plan} />
        <PlannedPlaces orders={plan.orders} progress={run.progress} />
      </Dialog>
    );
  }
  return (
    <Asking plan={plan} onClose={onClose} onBegin={() => run.begin(plan.orders, isInTurns)}>
      {plan.takesAllDown && !isInTurns && (
        <Notice tone="warn" title={t('allDown')}>
          {t('allDownMore')}
        </Notice>
      )}
      {isSeveral && <Check label={t('inTurns')} isChecked={isInTurns} onChange={setInTurns} />}
      {isSeveral && isInTurns && <p class="muted small">{t('inTurnsMore')}</p>}
    </Asking>
  );
}

function Asking({
  plan,
  onClose,
  onBegin,
  children,
}: {
  readonly plan: ActionPlan;
  readonly onClose: () => void;
  readonly onBegin: () => void;
  readonly children: preact.ComponentChildren;
}) {
  const t = useTexts(actionTexts);
  const [typed, setTyped] = useState('');
  const isTyped = plan.typed === undefined || typed.trim() === plan.typed;
  return (
    <Dialog
      title={titleOf(plan, t)}
      onClose={onClose}
      onSubmit={() => {
        if (isTyped && plan.orders.length > 0) onBegin();
      }}
      foot={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button
            type="submit"
            kind={plan.verb === 'Stop' || plan.verb === 'Confirm' ? 'dangerous' : 'primary'}
            autoFocus={plan.typed === undefined}
            whyNot={whyNot(plan, isTyped, t)}
          >
            {t(`${plan.verb}Do`)}
          </Button>
        </>
      }
    >
      <p>{t(`${plan.verb}More`)}</p>
      {children}
      {plan.orders.length === 0 && <p>{t('nothing')}</p>}
      <PlannedPlaces orders={plan.orders} progress={nothingYet} />
      <SkippedPlaces skipped={plan.skipped} />
      {plan.typed !== undefined && (
        <TextField
          label={t('type', { name: plan.typed })}
          hint={t('typeHint', { n: plan.orders.length })}
          value={typed}
          onInput={setTyped}
          autoFocus
        />
      )}
    </Dialog>
  );
}

type T = ReturnType<typeof useTexts<keyof (typeof actionTexts)['en']>>;

const nothingYet: ProgressByKey = new Map();

const noFleet = { apps: new Map(), hosts: new Map(), rows: new Map() } as const;

function titleOf({ verb, orders }: ActionPlan, t: T): string {
  const [first, second] = orders;
  if (first === undefined || second !== undefined) {
    return t(`${verb}Title`, { n: orders.length });
  }
  const process = 'process' in first.order ? first.order.process : undefined;
  const what = process ?? first.app;
  const name = what === undefined ? first.host : `${what} @ ${first.host}`;
  return t(`${verb}One`, { name });
}

function whyNot({ orders, typed }: ActionPlan, isTyped: boolean, t: T): string | undefined {
  if (orders.length === 0) return t('nothing');
  return isTyped || typed === undefined ? undefined : t('type', { name: typed });
}

function RunState({ run, plan }: { readonly run: Run; readonly plan: ActionPlan }) {
  const t = useTexts(actionTexts);
  const total = plan.orders.length;
  const done = [...run.progress.values()].filter(isDone).length;
  const isAsked = [...run.progress.values()].some(({ type }) => type === 'Asked');
  const isWaiting = [...run.progress.values()].some(({ type }) => type === 'Waiting');
  return (
    <>
      {total > 1 && <Progress done={done} total={total} label={t('progress')} />}
      {run.phase === 'Running' && !isAsked && isWaiting && <Spinner label={t('waitingBack')} />}
      <div role="status">
        {run.phase === 'Over' && <EndWord end={run.end} open={total - done} total={total} />}
      </div>
    </>
  );
}

function EndWord({
  end,
  open,
  total,
}: {
  readonly end: ActionEnd | undefined;
  readonly open: number;
  readonly total: number;
}) {
  const t = useTexts(actionTexts);
  if (end?.type === 'Fault') {
    return (
      <>
        <FaultNotice fault={end.fault} />
        {end.fault.code === 'Unreachable' && <p>{t('brokeOff')}</p>}
      </>
    );
  }
  if (open === 0) return <Notice tone="good" title={t('allDone')} />;
  const texts = { StepFailed: 'stepFailed', NotBack: 'notBack', Ended: 'ended' } as const;
  const key = end === undefined || end.type === 'Asked' ? 'someFailed' : texts[end.type];
  return <Notice tone="bad" title={t(key, { n: open, total })} />;
}

function RunFoot({
  run,
  plan,
  isInTurns,
  children,
}: {
  readonly run: Run;
  readonly plan: ActionPlan;
  readonly isInTurns: boolean;
  readonly children: preact.ComponentChildren;
}) {
  const t = useTexts(actionTexts);
  const open = unfinished(plan.orders, run.progress);
  if (run.phase === 'Running') {
    return isInTurns ? <Button onClick={run.endHere}>{t('endHere')}</Button> : null;
  }
  const isBegun = run.end?.type === 'NotBack' || run.end?.type === 'Ended';
  return (
    <>
      {open.length > 0 && (
        <Button glyph="restart" onClick={() => run.begin(open, isInTurns)}>
          {t(isBegun ? 'goOn' : 'again', { n: open.length })}
        </Button>
      )}
      {children}
    </>
  );
}
