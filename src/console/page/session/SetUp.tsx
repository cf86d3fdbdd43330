/** The first user, by the token that the console printed: `/#set-up=TOKEN`. */
import { useState } from 'preact/hooks';
import type { SetUpRequest } from '../../../domain/console/api.ts';
import { type ApiRefusal, callApi } from '../core/callApi.ts';
import { askSession } from '../core/live.ts';
import { useTexts } from '../core/store.ts';
import { Button } from '../parts/Button.tsx';
import { Form } from '../parts/Dialog.tsx';
import { TextField } from '../parts/Field.tsx';
import { FaultNotice, say } from '../parts/Notice.tsx';
import { NewPassword } from './NewPassword.tsx';
import { passwordFault } from './passwordModel.ts';
import { sessionTexts } from './texts.ts';
import { Threshold } from './Threshold.tsx';

export function SetUpPage({ given }: { readonly given: string }) {
  const t = useTexts(sessionTexts);
  const [token, setToken] = useState(given);
  const [user, setUser] = useState('admin');
  const [passwords, setPasswords] = useState({ first: '', again: '' });
  const [hasTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<ApiRefusal>();
  const fault = passwordFault(user, passwords.first, passwords.again);
  const missing = (text: string): string | undefined =>
    hasTried && text.trim() === '' ? t('needed') : undefined;
  const setUp = async (): Promise<void> => {
    setTried(true);
    if (fault !== undefined || user.trim() === '' || token.trim() === '') return;
    setBusy(true);
    setRefusal(undefined);
    const name = user.trim();
    const body: SetUpRequest = { token: token.trim(), user: name, password: passwords.first };
    const done = await callApi('setUp', { body });
    if (done.ok) say({ tone: 'good', text: t('setUpDone', { name }) });
    else setRefusal(done.error);
    await askSession();
    setBusy(false);
  };
  return (
    <Threshold title={t('setUp')} lead={t('setUpLead')}>
      <Form onSubmit={() => void setUp()}>
        <FaultNotice fault={refusal} />
        {given !== '' && refusal === undefined ? null : (
          <TextField
            label={t('token')}
            hint={t('tokenHint')}
            value={token}
            onInput={setToken}
            isMono
            error={missing(token)}
          />
        )}
        <TextField
          label={t('user')}
          value={user}
          onInput={setUser}
          autoComplete="username"
          error={missing(user)}
        />
        <NewPassword
          label={t('password')}
          value={passwords}
          fault={hasTried ? fault : undefined}
          onInput={setPasswords}
        />
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t('create')}
        </Button>
      </Form>
    </Threshold>
  );
}
