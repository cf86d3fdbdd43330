/**
 * Puts an earlier version back: what changes and what each host will do about it first. Whoever was
 * ahead is not overwritten: it is shown what they did, and the plan begins from there.
 */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { AppDocument, Conflict, Published } from '../../../domain/console/api.ts';
import { previewPublish } from '../../../domain/fleet/publishPreview.ts';
import type { AppName, Revision } from '../../../domain/types.ts';
import { type ApiRefusal, callApi } from '../core/callApi.ts';
import { useStore, useTexts } from '../core/store.ts';
import { Button } from '../parts/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { TextField } from '../parts/Field.tsx';
import { FaultNotice, Notice, say } from '../parts/Notice.tsx';
import { Spinner } from '../parts/Progress.tsx';
import { PlanTable } from '../publish/PlanTable.tsx';
import { VersionDiff } from './Diff.tsx';
import { textsThere, type Version } from './historyModel.ts';
import { historyTexts } from './texts.ts';

export interface RollBackProps {
  readonly app: string;
  readonly version: Version;
  readonly contents: ReadonlyMap<Revision, string>;
  readonly onClose: () => void;
  /** Null: it stands there already. */
  readonly onDone: (revision: Revision | null) => void;
}

export function RollBackDialog({ app, version, contents, onClose, onDone }: RollBackProps) {
  const t = useTexts(historyTexts);
  const [message, setMessage] = useState('');
  const roll = useRollBack(app, version, onDone);
  const { now, ahead, fault, isBusy } = roll;
  const whyNot =
    now === undefined ? t('reading') : message.trim() === '' ? t('messageMissing') : undefined;
  return (
    <Dialog
      title={t('rollBackTitle', { app, revision: version.revision })}
      isWide
      onClose={onClose}
      onSubmit={() => {
        if (!isBusy && whyNot === undefined) void roll.send(message);
      }}
      foot={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" kind="primary" isBusy={isBusy} whyNot={whyNot}>
            {t('rollBack')}
          </Button>
        </>
      }
    >
      <FaultNotice fault={fault} />
      {ahead === undefined || now === undefined ? null : (
        <>
          <Notice tone="warn" title={t('conflict', { app })} isUrgent>
            {t('conflictMore')}
          </Notice>
          <VersionDiff
            before={textsThere(ahead.texts) ?? 'Absent'}
            after={textsThere(now.texts) ?? 'Absent'}
          />
        </>
      )}
      {now === undefined ? (
        fault === undefined && <Spinner label={t('reading')} />
      ) : (
        <Plan app={app} now={now} version={version} contents={contents} />
      )}
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

function Plan({
  app,
  now,
  version,
  contents,
}: Pick<RollBackProps, 'app' | 'version' | 'contents'> & { readonly now: AppDocument }) {
  const t = useTexts(historyTexts);
  const fleet = useStore((state) => state.fleet);
  const preview = useMemo(() => {
    if (fleet === undefined) return undefined;
    const change = { before: textsThere(now.texts), after: version.texts };
    const there = { hosts: [...fleet.hosts.values()], rows: fleet.rows.values() };
    return previewPublish(app as AppName, change, there, { contents });
  }, [app, now, version, fleet, contents]);
  return (
    <>
      {now.isSigned ? <Notice tone="warn">{t('signed')}</Notice> : null}
      <h3>{t('whatChanges')}</h3>
      <VersionDiff before={textsThere(now.texts) ?? 'Absent'} after={version.texts} />
      {preview === undefined ? null : <PlanTable preview={preview} />}
    </>
  );
}

function useRollBack(app: string, { revision }: Version, onDone: RollBackProps['onDone']) {
  const t = useTexts(historyTexts);
  const [now, setNow] = useState<AppDocument | undefined>(undefined);
  /** What was planned from before somebody else changed it. */
  const [ahead, setAhead] = useState<AppDocument | undefined>(undefined);
  const [fault, setFault] = useState<ApiRefusal | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    void callApi<AppDocument>('app', { path: { app } }).then((answer) => {
      if (answer.ok) setNow(answer.value);
      else setFault(answer.error);
    });
  }, [app]);
  const send = async (message: string): Promise<void> => {
    if (now === undefined) return;
    setBusy(true);
    const body = { expected: now.mark, to: revision, message };
    const answer = await callApi<Published>('rollBack', { path: { app }, body });
    setBusy(false);
    if (answer.ok) {
      const at = answer.value.revision;
      const text = at === null ? t('nothingToDo') : t('rolledBack', { app, revision: at });
      say({ tone: at === null ? 'info' : 'good', text });
      onDone(at);
      return;
    }
    if (answer.error.code === 'Conflict' && 'now' in answer.error) {
      setAhead(now);
      setNow((answer.error as ApiRefusal & Conflict).now);
      setFault(undefined);
      return;
    }
    setFault(answer.error);
  };
  return { now, ahead, fault, isBusy, send };
}
