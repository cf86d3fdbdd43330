/**
 * One key: what stands there, what it means, and a way to change it. Written only over the revision
 * that was read; what somebody else wrote meanwhile is shown beside what was typed.
 */
import { useState } from 'preact/hooks';
import type { KeyDocument, KeyEntry } from '../../../domain/console/api.ts';
import { formatPlace } from '../core/router.ts';
import { useTexts } from '../core/store.ts';
import { Button, Link } from '../parts/Button.tsx';
import { Form } from '../parts/Dialog.tsx';
import { TextField } from '../parts/Field.tsx';
import { FaultNotice, Notice } from '../parts/Notice.tsx';
import { Spinner } from '../parts/Progress.tsx';
import { encodeContent, meaningOf } from './keysModel.ts';
import { RemoveKeyDialog } from './RemoveKey.tsx';
import { keysTexts } from './texts.ts';
import { useKey } from './useKey.ts';

export interface KeyPanelProps {
  readonly name: string;
  /** Undefined: it was not there when the keys were read. */
  readonly entry: KeyEntry | undefined;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}

export function KeyPanel({ name, entry, onClose, onChanged }: KeyPanelProps) {
  const t = useTexts(keysTexts);
  const [isRemoving, setRemoving] = useState(false);
  const editing = useKey(name, onChanged);
  const { there, fault, ahead } = editing;
  return (
    <section class="panel key-panel" aria-label={name}>
      <div class="panel-head">
        <h2 class="wrap-anywhere mono">{name}</h2>
        <Button glyph="close" label={t('close')} kind="quiet" isSmall onClick={onClose} />
      </div>
      <div class="panel-body stack">
        <FaultNotice fault={fault} />
        {entry?.remark == null ? null : <Notice tone="warn">{entry.remark}</Notice>}
        <Owner app={entry?.app ?? null} />
        {there === undefined ? (
          fault === undefined && <Spinner label={t('reading')} />
        ) : (
          <Editor
            leaf={entry?.leaf ?? null}
            editing={editing}
            there={there}
            onRemove={() => setRemoving(true)}
          />
        )}
        {ahead === undefined ? null : <Ahead editing={editing} ahead={ahead} />}
      </div>
      {isRemoving && there !== undefined ? (
        <RemoveKeyDialog
          there={there}
          onClose={() => setRemoving(false)}
          onRemove={async (message) => {
            await editing.write({ message });
            setRemoving(false);
          }}
        />
      ) : null}
    </section>
  );
}

function Owner({ app }: { readonly app: string | null }) {
  const t = useTexts(keysTexts);
  if (app === null) return null;
  return (
    <Notice tone="info">
      <p>{t('toPublishMore')}</p>
      <p class="line">
        <Link href={formatPlace(['publish', app])}>{t('toPublish', { app })}</Link>
        <Link href={formatPlace(['history', app])}>{t('toHistory')}</Link>
      </p>
    </Notice>
  );
}

interface EditorProps {
  readonly leaf: string | null;
  readonly editing: ReturnType<typeof useKey>;
  readonly there: KeyDocument;
  readonly onRemove: () => void;
}

function Editor({ leaf, editing, there, onRemove }: EditorProps) {
  const t = useTexts(keysTexts);
  const [message, setMessage] = useState('');
  const { typed, type, isBusy } = editing;
  const isBinary = there.text === null && there.base64 !== null;
  const meaning = isBinary ? undefined : meaningOf(leaf, typed);
  const isChanged = typed !== (there.text ?? there.base64 ?? '');
  const isNew = there.modRevision === null;
  const whyNot = !(isChanged || isNew)
    ? t('nothingChanged')
    : message.trim() === ''
      ? t('messageMissing')
      : undefined;
  return (
    <Form
      onSubmit={() => {
        if (isBusy || whyNot !== undefined) return;
        void editing.write({ message, [isBinary ? 'base64' : 'text']: typed });
      }}
    >
      <div class="stack">
        <p class="small muted">
          {there.modRevision === null
            ? t('notThere')
            : t('revision', { revision: there.modRevision })}
        </p>
        <TextField
          label={t(isBinary ? 'rawBinary' : 'raw')}
          value={typed}
          onInput={type}
          isLong
          isMono
        />
        {meaning === undefined ? null : (
          <TextField
            label={t('meaning')}
            hint={t('editMeaning')}
            value={meaning}
            onInput={(text) => type(encodeContent(text))}
            isLong
            isMono
          />
        )}
        <TextField
          label={t('message')}
          hint={t('messageHint')}
          value={message}
          onInput={setMessage}
          isRequired
          maxLength={500}
        />
        <div class="line">
          <Button type="submit" kind="primary" isBusy={isBusy} whyNot={whyNot}>
            {t('save')}
          </Button>
          {isChanged ? (
            <Button onClick={() => type(there.text ?? there.base64 ?? '')}>{t('undo')}</Button>
          ) : null}
          {isNew ? null : (
            <Button kind="danger" onClick={onRemove}>
              {t('remove')}
            </Button>
          )}
        </div>
      </div>
    </Form>
  );
}

/** What somebody else has written, and two ways to go on. */
function Ahead({
  editing,
  ahead,
}: {
  readonly editing: ReturnType<typeof useKey>;
  readonly ahead: KeyDocument;
}) {
  const t = useTexts(keysTexts);
  const isGone = ahead.modRevision === null;
  return (
    <Notice tone="warn" title={t(isGone ? 'conflictGone' : 'conflict')} isUrgent>
      {isGone ? null : (
        <figure class="stack">
          <figcaption class="small">{t('theirs', { revision: ahead.modRevision })}</figcaption>
          <pre class="key-theirs">{ahead.text ?? ahead.base64}</pre>
        </figure>
      )}
      <div class="line">
        <Button isSmall onClick={editing.takeTheirs}>
          {t('takeTheirs')}
        </Button>
        <Button isSmall kind="danger" onClick={editing.keepMine}>
          {t('keepMine')}
        </Button>
      </div>
    </Notice>
  );
}
