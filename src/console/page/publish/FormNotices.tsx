/** What somebody should know before typing: drafts, other people's changes, signatures, rights. */
import type { AppDocument } from '../../../domain/console/api.ts';
import type { AppName } from '../../../domain/types.ts';
import { useStore, useTexts } from '../core/store.ts';
import { Ago } from '../parts/Ago.tsx';
import { Button } from '../parts/Button.tsx';
import { CopyButton } from '../parts/CopyButton.tsx';
import { FaultNotice, Notice } from '../parts/Notice.tsx';
import { isRefusal } from './checkDraft.ts';
import { hasTyped, isOutdated, type PublishState } from './publishState.ts';
import { publishTexts } from './texts.ts';
import type { PublishForm } from './usePublish.ts';

export function FormNotices({ form, app }: { readonly form: PublishForm; readonly app: AppName }) {
  const t = useTexts(publishTexts);
  const isCutOff = useStore((state) => state.connection === 'Lost');
  const { state, dispatch, readAgain } = form;
  const { document, restoredAtMs, fault, conflict, published, step } = state;
  const isOld = isOutdated(state) && conflict === undefined && step !== 'Send';
  const signCommand = `supervene publish ${app} --hosts '${state.ips}' --file ${app}.conf --sign KEY`;
  return (
    <>
      {isCutOff ? <Notice tone="warn">{t('cutOff')}</Notice> : null}
      {step === 'Review' || step === 'Send' ? null : <FaultNotice fault={fault} />}
      {document === undefined && fault !== undefined ? (
        <div>
          <Button onClick={() => void readAgain()}>{t('again')}</Button>
        </div>
      ) : null}
      {document?.isRedacted === true ? <Notice tone="info">{t('readOnly')}</Notice> : null}
      {document?.isSigned === true ? (
        <Notice tone="info" title={t('signedTitle')}>
          {t('signedHint')}
          <div class="line">
            <code class="wrap-anywhere">{signCommand}</code>
            <CopyButton text={signCommand} />
          </div>
        </Notice>
      ) : null}
      {restoredAtMs === undefined ? null : (
        <Notice
          tone={isOld ? 'warn' : 'info'}
          title={t('restored')}
          onClose={() => dispatch({ type: 'NoteRead' })}
        >
          <span class="line">
            <Ago atMs={restoredAtMs} />
            {isOld ? t('restoredOld') : null}
            {isOld && document !== undefined ? <Compare form={form} now={document} /> : null}
          </span>
        </Notice>
      )}
      {isOld && restoredAtMs === undefined && document !== undefined && hasTyped(state) ? (
        <Notice tone="warn" title={t('newInEtcd')}>
          <Compare form={form} now={document} />
        </Notice>
      ) : null}
      {published !== undefined && published.revision === undefined ? (
        <Notice tone="info">{t('nothingChanged')}</Notice>
      ) : null}
      <InEtcd state={state} />
    </>
  );
}

function Compare({ form, now }: { readonly form: PublishForm; readonly now: AppDocument }) {
  const t = useTexts(publishTexts);
  return (
    <Button isSmall onClick={() => form.dispatch({ type: 'Conflicted', now })}>
      {t('compare')}
    </Button>
  );
}

/** What agents have against it, as long as it is not typed over. */
function InEtcd({ state }: { readonly state: PublishState }) {
  const t = useTexts(publishTexts);
  const problems = state.document?.problems.filter(isRefusal) ?? [];
  if (problems.length === 0 || hasTyped(state)) return null;
  return (
    <Notice tone="bad" title={t('problemsInEtcd')}>
      <ul>
        {problems.map(({ code, message, remedy }) => (
          <li key={message}>
            {message}. {remedy} <code class="muted">{code}</code>
          </li>
        ))}
      </ul>
    </Notice>
  );
}
