/** The way in: as a page of its own, and over a view whose session has ended. */
import { useEffect, useState } from 'preact/hooks';
import type { LogInRequest, OidcStart } from '../../../domain/console/api.ts';
import { type ApiRefusal, callApi } from '../core/callApi.ts';
import { askSession } from '../core/live.ts';
import { useStore, useTexts } from '../core/store.ts';
import { Button } from '../parts/Button.tsx';
import { Dialog, Form } from '../parts/Dialog.tsx';
import { TextField } from '../parts/Field.tsx';
import { Notice } from '../parts/Notice.tsx';

import { oidcTexts } from './oidcFault.ts';
import { cameBackWith, rememberPlace } from './returning.ts';
import { sessionTexts } from './texts.ts';
import { Threshold } from './Threshold.tsx';

export function LogInPage() {
  const t = useTexts(sessionTexts);
  const form = useLogIn('');
  return (
    <Threshold title={t('logIn')} lead={t('logInLead')}>
      <Form onSubmit={form.submit}>
        <LogInFields {...form} />
        <Button kind="primary" type="submit" isBusy={form.isBusy}>
          {t('logIn')}
        </Button>
      </Form>
      <OidcWay />
    </Threshold>
  );
}

/** Nothing below it is lost. */
export function LogInDialog() {
  const t = useTexts(sessionTexts);
  const name = useStore((state) => state.session?.user?.name ?? '');
  const form = useLogIn(name);
  useEffect(() => {
    // For the token of this form; and somebody may have logged in in another window.
    const ask = (): void => void askSession();
    ask();
    addEventListener('focus', ask);
    return () => removeEventListener('focus', ask);
  }, []);
  return (
    <Dialog
      title={t('overTitle')}
      onSubmit={form.submit}
      foot={
        <Button kind="primary" type="submit" isBusy={form.isBusy}>
          {t('logIn')}
        </Button>
      }
    >
      <p>{t('overMore')}</p>
      <LogInFields {...form} />
      {form.user === name ? null : <p class="muted">{t('otherUser')}</p>}
      <OidcWay />
    </Dialog>
  );
}

interface LogInForm {
  readonly user: string;
  readonly setUser: (user: string) => void;
  readonly password: string;
  readonly setPassword: (password: string) => void;
  readonly isBusy: boolean;
  readonly refusal: ApiRefusal | undefined;
  readonly submit: () => void;
}

function useLogIn(name: string): LogInForm {
  const [user, setUser] = useState(name);
  const [password, setPassword] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<ApiRefusal>();
  const logIn = async (): Promise<void> => {
    setBusy(true);
    setRefusal(undefined);
    const body: LogInRequest = { user: user.trim(), password };
    const done = await callApi('logIn', { body });
    if (done.ok) setPassword('');
    else setRefusal(done.error);
    // Either way there is a new token.
    await askSession();
    setBusy(false);
  };
  const submit = (): void => {
    if (!isBusy) void logIn();
  };
  return { user, setUser, password, setPassword, isBusy, refusal, submit };
}

function LogInFields(form: LogInForm) {
  const t = useTexts(sessionTexts);
  const { user, setUser, password, setPassword, refusal } = form;
  return (
    <>
      {refusal === undefined ? null : <WhyNot refusal={refusal} />}
      <TextField
        label={t('user')}
        value={user}
        onInput={setUser}
        autoComplete="username"
        isRequired
        autoFocus={user === ''}
      />
      <TextField
        label={t('password')}
        type="password"
        value={password}
        onInput={setPassword}
        autoComplete="current-password"
        isRequired
        autoFocus={user !== ''}
      />
    </>
  );
}

function WhyNot({ refusal }: { readonly refusal: ApiRefusal }) {
  const t = useTexts(sessionTexts);
  const { status, code, error, remedy } = refusal;
  const known =
    status === 0
      ? 'unreachable'
      : code === 'Busy'
        ? 'busy'
        : status === 401
          ? 'wrong'
          : status === 429
            ? 'tooMany'
            : undefined;
  return (
    <Notice tone="bad" isUrgent title={known === undefined ? error : t(known)}>
      {known === undefined ? remedy : undefined}
    </Notice>
  );
}

function OidcWay() {
  const t = useTexts(sessionTexts);
  const name = useStore((state) => state.session?.oidc ?? null);
  const [fault, setFault] = useState(cameBackWith);
  if (name === null) return null;
  const start = async (): Promise<void> => {
    const started = await callApi<OidcStart>('oidcStart');
    if (!started.ok) return setFault(started.error.code === 'OidcAway' ? 'away' : 'wait');
    rememberPlace();
    location.assign(started.value.url);
  };
  return (
    <>
      <div class="or">{t('or')}</div>
      {fault === undefined ? null : (
        <Notice tone="bad" isUrgent>
          {t(oidcTexts[fault])}
        </Notice>
      )}
      <Button onClick={() => void start()} glyph="keys">
        {t('byOidc', { name })}
      </Button>
    </>
  );
}
