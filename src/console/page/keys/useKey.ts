/** A key that is read, typed over and written: by its revision, so that nobody is overwritten unseen. */
import { useEffect, useState } from 'preact/hooks';
import type { KeyConflict, KeyDocument, Published } from '../../../domain/console/api.ts';
import { type ApiRefusal, callApi } from '../core/callApi.ts';
import { useStore, useTexts } from '../core/store.ts';
import { say } from '../parts/Notice.tsx';
import { forgetDraft, keepDraft, type KeyDraft, recallDraft } from './keyDraft.ts';
import { keysTexts } from './texts.ts';

export interface KeyWrite {
  readonly message: string;
  /** Neither: it is removed. */
  readonly text?: string;
  readonly base64?: string;
}

export function useKey(key: string, onChanged: () => void) {
  const t = useTexts(keysTexts);
  const [there, setThere] = useState<KeyDocument | undefined>(undefined);
  const [typed, type] = useState('');
  const [ahead, setAhead] = useState<KeyDocument | undefined>(undefined);
  const [last, setLast] = useState<KeyWrite | undefined>(undefined);
  const [fault, setFault] = useState<ApiRefusal | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const user = useStore(({ session }) => session?.user?.name ?? '');
  const show = (document: KeyDocument, draft?: KeyDraft): void => {
    // What was typed over an older one meets the newer one when it is saved.
    setThere(draft === undefined ? document : { ...document, modRevision: draft.modRevision });
    type(draft?.typed ?? textOf(document));
    setAhead(undefined);
  };
  const read = async (draft?: KeyDraft): Promise<void> => {
    const answer = await callApi<KeyDocument>('key', { query: { key } });
    if (answer.ok) show(answer.value, draft);
    setFault(answer.ok ? undefined : answer.error);
  };
  useEffect(() => void read(recallDraft(user, key)), [key]);
  useKeeping(user, key, there, typed);
  const writeOver = async (expected: KeyDocument['modRevision'], wish: KeyWrite): Promise<void> => {
    setBusy(true);
    setLast(wish);
    const answer = await callApi<Published>('writeKey', { body: { key, expected, ...wish } });
    setBusy(false);
    if (answer.ok) {
      const isRemoval = wish.text === undefined && wish.base64 === undefined;
      const revision = answer.value.revision ?? '-';
      say({
        tone: 'good',
        text: isRemoval ? t('removed', { key }) : t('saved', { key, revision }),
      });
      await read();
      onChanged();
      return;
    }
    const { error } = answer;
    if (error.code === 'Conflict' && 'nowKey' in error) {
      setAhead((error as ApiRefusal & KeyConflict).nowKey);
      setFault(undefined);
      return;
    }
    setFault(error);
  };
  return {
    ...{ there, typed, type, ahead, fault, isBusy },
    write: (wish: KeyWrite) => writeOver(there?.modRevision ?? null, wish),
    takeTheirs: () => {
      if (ahead !== undefined) show(ahead);
    },
    /** What is typed by now, or the removal, over what has been seen. */
    keepMine: () => {
      if (ahead === undefined || last === undefined) return;
      setThere(ahead);
      setAhead(undefined);
      const { text, base64 } = last;
      const now = {
        ...(text === undefined ? {} : { text: typed }),
        ...(base64 === undefined ? {} : { base64: typed }),
      };
      void writeOver(ahead.modRevision, { ...last, ...now });
    },
  };
}

function useKeeping(user: string, key: string, there: KeyDocument | undefined, typed: string) {
  useEffect(() => {
    if (there?.key !== key) return;
    if (typed === textOf(there)) forgetDraft(user, key);
    else keepDraft(user, key, { typed, modRevision: there.modRevision });
  }, [typed, there, key, user]);
}

function textOf({ text, base64 }: KeyDocument): string {
  return text ?? base64 ?? '';
}
