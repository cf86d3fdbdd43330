/** Asks for the name of a key before it is removed. */
import { useState } from 'preact/hooks';
import type { KeyDocument } from '../../../domain/console/api.ts';
import { useTexts } from '../core/store.ts';
import { Button } from '../parts/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { TextField } from '../parts/Field.tsx';
import { lastPart } from './keysModel.ts';
import { keysTexts } from './texts.ts';

export function RemoveKeyDialog({
  there,
  onClose,
  onRemove,
}: {
  readonly there: KeyDocument;
  readonly onClose: () => void;
  readonly onRemove: (message: string) => Promise<void>;
}) {
  const t = useTexts(keysTexts);
  const [typed, setTyped] = useState('');
  const [message, setMessage] = useState('');
  const [isBusy, setBusy] = useState(false);
  const name = lastPart(there.key);
  const whyNot =
    typed !== name
      ? t('wrongName', { name })
      : message.trim() === ''
        ? t('messageMissing')
        : undefined;
  return (
    <Dialog
      title={t('removeTitle', { key: there.key })}
      onClose={onClose}
      onSubmit={() => {
        if (whyNot !== undefined || isBusy) return;
        setBusy(true);
        void onRemove(message);
      }}
      foot={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" kind="dangerous" isBusy={isBusy} whyNot={whyNot}>
            {t('doRemove')}
          </Button>
        </>
      }
    >
      <p>{t('removeMore', { name })}</p>
      <TextField label={t('confirmName')} value={typed} onInput={setTyped} isMono autoFocus />
      <TextField
        label={t('message')}
        hint={t('messageHint')}
        value={message}
        onInput={setMessage}
        isRequired
        maxLength={500}
      />
    </Dialog>
  );
}
