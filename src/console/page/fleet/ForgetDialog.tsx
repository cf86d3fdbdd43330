/** Forgets a lost host, once somebody has typed its name. */
import { useState } from 'preact/hooks';
import { type ApiRefusal, callApi } from '../core/callApi.ts';
import { useTexts } from '../core/store.ts';
import { Button } from '../parts/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { TextField } from '../parts/Field.tsx';
import { FaultNotice, say } from '../parts/Notice.tsx';
import { actionTexts } from './actionTexts.ts';

export function ForgetDialog({
  host,
  onClose,
}: {
  readonly host: string;
  readonly onClose: () => void;
}) {
  const t = useTexts(actionTexts);
  const [typed, setTyped] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<ApiRefusal | undefined>(undefined);
  const isTyped = typed.trim() === host;
  const forget = async (): Promise<void> => {
    if (!isTyped || isBusy) return;
    setBusy(true);
    const done = await callApi('forgetHost', { path: { host } });
    setBusy(false);
    if (!done.ok) {
      setFault(done.error);
      return;
    }
    say({ tone: 'good', text: t('forgotten', { host }) });
    onClose();
  };
  const asked = t('type', { name: host });
  return (
    <Dialog
      title={t('forgetTitle', { host })}
      onClose={onClose}
      onSubmit={() => void forget()}
      foot={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button
            type="submit"
            kind="dangerous"
            isBusy={isBusy}
            whyNot={isTyped ? undefined : asked}
          >
            {t('forgetDo')}
          </Button>
        </>
      }
    >
      <p>{t('forgetMore')}</p>
      <TextField label={asked} value={typed} onInput={setTyped} autoFocus />
      <FaultNotice fault={fault} />
    </Dialog>
  );
}
