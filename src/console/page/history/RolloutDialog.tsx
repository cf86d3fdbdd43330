/** Halts a rolling publish, or lets it go on: what that means, and why it is done. */
import { useState } from 'preact/hooks';
import type { Published } from '../../../domain/console/api.ts';
import { type ApiRefusal, callApi } from '../core/callApi.ts';
import { useTexts } from '../core/store.ts';
import { Button } from '../parts/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { TextField } from '../parts/Field.tsx';
import { FaultNotice, Notice, say } from '../parts/Notice.tsx';
import { historyTexts } from './texts.ts';

export interface RolloutDialogProps {
  readonly app: string;
  readonly action: 'halt' | 'resume';
  readonly hasFailed: boolean;
  readonly onClose: () => void;
}

export function RolloutDialog({ app, action, hasFailed, onClose }: RolloutDialogProps) {
  const t = useTexts(historyTexts);
  const [message, setMessage] = useState('');
  const [fault, setFault] = useState<ApiRefusal | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const isHalt = action === 'halt';
  const send = async (): Promise<void> => {
    setBusy(true);
    const answer = await callApi<Published>('rollout', {
      path: { app },
      body: { action, message },
    });
    setBusy(false);
    if (!answer.ok) {
      setFault(answer.error);
      return;
    }
    say({ tone: isHalt ? 'warn' : 'good', text: t(isHalt ? 'halted' : 'resumed', { app }) });
    onClose();
  };
  return (
    <Dialog
      title={t(isHalt ? 'haltTitle' : 'resumeTitle', { app })}
      onClose={onClose}
      onSubmit={() => {
        if (!isBusy) void send();
      }}
      foot={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" kind="primary" isBusy={isBusy}>
            {t(isHalt ? 'doHalt' : 'doResume')}
          </Button>
        </>
      }
    >
      <FaultNotice fault={fault} />
      <p>{t(isHalt ? 'haltMore' : 'resumeMore')}</p>
      {!isHalt && hasFailed ? <Notice tone="warn">{t('resumeFailed')}</Notice> : null}
      <TextField
        label={t('message')}
        value={message}
        onInput={setMessage}
        maxLength={500}
        autoFocus
      />
    </Dialog>
  );
}
