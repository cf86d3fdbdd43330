/** Before anything is published or unpublished: the diff, what each host will do, and why it is done. */
import { useMemo } from 'preact/hooks';
import type { AppTexts } from '../../../domain/fleet/publication.ts';
import type { ApiFault } from '../../../domain/console/api.ts';
import { previewPublish, type PublishPreview } from '../../../domain/fleet/publishPreview.ts';
import type { AppName } from '../../../domain/types.ts';
import { useStore, useTexts } from '../core/store.ts';
import { Button } from '../parts/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { TextField } from '../parts/Field.tsx';
import { FaultNotice, Notice } from '../parts/Notice.tsx';
import { TextsDiff } from './DiffView.tsx';
import { PlanTable } from './PlanTable.tsx';
import { publishTexts } from './texts.ts';

export interface ReviewProps {
  readonly app: AppName;
  /** Undefined: there is no app. */
  readonly before: AppTexts | undefined;
  readonly after: AppTexts | undefined;
  readonly message: string;
  readonly isBusy: boolean;
  /** Somebody has changed it since: what is shown is of what stood there before. */
  readonly isOutdated?: boolean;
  readonly fault: ApiFault | undefined;
  readonly onMessage: (message: string) => void;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function PublishDialog(props: ReviewProps) {
  const { app, before, after, message, isBusy, isOutdated = false, onConfirm, onClose } = props;
  const t = useTexts(publishTexts);
  const preview = usePreview(app, before, after);
  const isSaid = message.trim() !== '';
  const whyNot = isOutdated ? t('reviewOld') : isSaid ? undefined : t('messageMissing');
  return (
    <Dialog
      title={t('reviewTitle', { app })}
      isWide
      onClose={isBusy ? undefined : onClose}
      onSubmit={() => {
        if (whyNot === undefined && !isBusy) onConfirm();
      }}
      foot={
        <>
          <Button onClick={onClose} whyNot={isBusy ? t('sending') : undefined}>
            {t('backToEdit')}
          </Button>
          <Button kind="primary" type="submit" glyph="publish" isBusy={isBusy} whyNot={whyNot}>
            {t('publish')}
          </Button>
        </>
      }
    >
      <FaultNotice fault={props.fault} />
      {isOutdated ? (
        <Notice tone="warn" title={t('newInEtcd')}>
          {t('reviewOld')}
        </Notice>
      ) : (
        <PlanTable preview={preview} />
      )}
      <TextsDiff before={before} after={after} />
      <Message {...props} />
    </Dialog>
  );
}

export function UnpublishDialog({
  typed,
  onTyped,
  ...props
}: Omit<ReviewProps, 'after'> & {
  readonly typed: string;
  readonly onTyped: (typed: string) => void;
}) {
  const { app, before, message, isBusy, isOutdated = false, onConfirm, onClose } = props;
  const t = useTexts(publishTexts);
  const preview = usePreview(app, before, undefined);
  const isSaid = message.trim() !== '';
  const isNamed = typed === app;
  const missing = isNamed ? (isSaid ? undefined : t('messageMissing')) : t('nameMissing', { app });
  const whyNot = isOutdated ? t('unpublishOld') : missing;
  return (
    <Dialog
      title={t('unpublishTitle', { app })}
      isWide
      onClose={isBusy ? undefined : onClose}
      onSubmit={() => {
        if (whyNot === undefined && !isBusy) onConfirm();
      }}
      foot={
        <>
          <Button onClick={onClose}>{t('keep')}</Button>
          <Button kind="dangerous" type="submit" glyph="stop" isBusy={isBusy} whyNot={whyNot}>
            {t('unpublish')}
          </Button>
        </>
      }
    >
      <FaultNotice fault={props.fault} />
      <p>{t('unpublishHint')}</p>
      {isOutdated ? (
        <Notice tone="warn" title={t('newInEtcd')}>
          {t('unpublishOld')}
        </Notice>
      ) : (
        <PlanTable preview={preview} />
      )}
      <TextField label={t('typeName', { app })} value={typed} onInput={onTyped} isMono />
      <Message {...props} />
    </Dialog>
  );
}

function Message({ message, onMessage }: Pick<ReviewProps, 'message' | 'onMessage'>) {
  const t = useTexts(publishTexts);
  return (
    <TextField
      label={t('message')}
      hint={t('messageHint')}
      value={message}
      onInput={onMessage}
      isRequired
      maxLength={500}
    />
  );
}

const none = new Map<string, never>();

export function usePreview(
  app: AppName,
  before: AppTexts | undefined,
  after: AppTexts | undefined,
): PublishPreview {
  const hosts = useStore((state) => state.fleet?.hosts) ?? none;
  const rows = useStore((state) => state.fleet?.rows) ?? none;
  return useMemo(
    () =>
      previewPublish(app, { before, after }, { hosts: [...hosts.values()], rows: rows.values() }),
    [app, before, after, hosts, rows],
  );
}
