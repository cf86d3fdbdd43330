/** Another password for whoever is logged in. */
import { useState } from 'preact/hooks';
import type { ChangePasswordRequest } from '../../../domain/console/api.ts';
import { type ApiRefusal, callApi } from '../core/callApi.ts';
import { askSession } from '../core/live.ts';
import { useStore, useTexts } from '../core/store.ts';
import { Button } from '../parts/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { TextField } from '../parts/Field.tsx';
import { FaultNotice, say } from '../parts/Notice.tsx';
import { NewPassword } from './NewPassword.tsx';
import { passwordFault } from './passwordModel.ts';
import { sessionTexts } from './texts.ts';

export function ChangePassword({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts(sessionTexts);
  const user = useStore((state) => state.session?.user?.name ?? '');
  const [password, setPassword] = useState('');
  const [next, setNext] = useState({ first: '', again: '' });
  const [hasTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<ApiRefusal>();
  const fault = passwordFault(user, next.first, next.again);
  const change = async (): Promise<void> => {
    setTried(true);
    if (fault !== undefined || password === '') return;
    setBusy(true);
    setRefusal(undefined);
    const body: ChangePasswordRequest = { password, next: next.first };
    const done = await callApi('changePassword', { body });
    await askSession();
    setBusy(false);
    if (!done.ok) return setRefusal(done.error);
    say({ tone: 'good', text: t('changed') });
    onClose();
  };
  return (
    <Dialog
      title={t('changePassword')}
      onClose={onClose}
      onSubmit={() => void change()}
      foot={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit" isBusy={isBusy}>
            {t('change')}
          </Button>
        </>
      }
    >
      <FaultNotice fault={refusal} />
      {/* For password keepers. */}
      <input
        class="unseen"
        type="text"
        autoComplete="username"
        value={user}
        readOnly
        tabIndex={-1}
        aria-hidden="true"
      />
      <TextField
        label={t('oldPassword')}
        type="password"
        autoComplete="current-password"
        value={password}
        onInput={setPassword}
        error={hasTried && password === '' ? t('needed') : undefined}
      />
      <NewPassword
        label={t('newPassword')}
        value={next}
        fault={hasTried ? fault : undefined}
        onInput={setNext}
      />
    </Dialog>
  );
}
