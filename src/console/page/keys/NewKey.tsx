/** Asks for the name of a key that is not there yet. */
import { useState } from 'preact/hooks';
import { useTexts } from '../core/store.ts';
import { Button } from '../parts/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { TextField } from '../parts/Field.tsx';
import { keysTexts } from './texts.ts';

export function NewKeyDialog({
  prefix,
  onClose,
  onOpen,
}: {
  readonly prefix: string;
  readonly onClose: () => void;
  readonly onOpen: (key: string) => void;
}) {
  const t = useTexts(keysTexts);
  const [key, setKey] = useState(prefix);
  return (
    <Dialog
      title={t('newKeyTitle')}
      onClose={onClose}
      onSubmit={() => {
        if (key.startsWith(prefix) && key.length > prefix.length) onOpen(key);
      }}
      foot={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" kind="primary">
            {t('open')}
          </Button>
        </>
      }
    >
      <TextField
        label={t('keyName')}
        hint={t('newKeyHint', { prefix })}
        value={key}
        onInput={setKey}
        isMono
        autoFocus
      />
    </Dialog>
  );
}
