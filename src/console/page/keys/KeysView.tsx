/** `/keys?find=&as=list&only=strange&key=`: all that stands below the prefix, whoever made it. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { KeysDocument } from '../../../domain/console/api.ts';
import { type ApiRefusal, callApi } from '../core/callApi.ts';
import { formatPlace, go, type Place } from '../core/router.ts';
import { useTexts } from '../core/store.ts';
import { Button } from '../parts/Button.tsx';
import { Empty } from '../parts/Empty.tsx';
import { Check, Search } from '../parts/Field.tsx';
import { FaultNotice, Notice } from '../parts/Notice.tsx';
import { Spinner } from '../parts/Progress.tsx';
import { Tabs } from '../parts/Tabs.tsx';
import { KeyList } from './KeyList.tsx';
import { KeyPanel } from './KeyPanel.tsx';
import './keys.css';
import { chooseKeys, listRows, treeRows } from './keysModel.ts';
import { NewKeyDialog } from './NewKey.tsx';
import { keysTexts } from './texts.ts';

export function KeysView({ place }: { readonly place: Place }) {
  const t = useTexts(keysTexts);
  const { query } = place;
  const { keys, fault, isReading, read } = useKeys();
  const [isNew, setNew] = useState(false);
  const asked = {
    find: query.get('find') ?? '',
    as: query.get('as') === 'list' ? 'list' : undefined,
    only: query.get('only') === 'strange' ? 'strange' : undefined,
    key: query.get('key') ?? undefined,
  };
  const placeOf = (change: Partial<typeof asked>): string =>
    formatPlace(['keys'], { ...asked, ...change });
  return (
    <div class="view is-filled">
      <div class="view-head">
        <h1>{t('title')}</h1>
        <Search
          label={t('search')}
          value={asked.find}
          onInput={(find) => go(placeOf({ find }), 'replace')}
        />
        <Check
          label={t('strangeOnly')}
          isChecked={asked.only !== undefined}
          onChange={(isOn) => go(placeOf({ only: isOn ? 'strange' : undefined }), 'replace')}
        />
        <Button isBusy={isReading} glyph="restart" label={t('reload')} onClick={read} />
        <Button glyph="plus" onClick={() => setNew(true)} whyNot={keys ? undefined : t('reading')}>
          {t('newKey')}
        </Button>
      </div>
      <Tabs
        label={t('shape')}
        current={asked.as ?? 'tree'}
        tabs={[
          { id: 'tree', text: t('tree'), href: placeOf({ as: undefined }) },
          { id: 'list', text: t('list'), href: placeOf({ as: 'list' }) },
        ]}
      />
      <FaultNotice fault={fault} />
      {keys === undefined ? (
        fault === undefined && <Spinner label={t('reading')} />
      ) : (
        <Found keys={keys} asked={asked} placeOf={placeOf} read={read} />
      )}
      {isNew && keys !== undefined ? (
        <NewKeyDialog
          prefix={keys.prefix}
          onClose={() => setNew(false)}
          onOpen={(key) => {
            setNew(false);
            go(placeOf({ key }));
          }}
        />
      ) : null}
    </div>
  );
}

interface Asked {
  readonly find: string;
  readonly as: string | undefined;
  readonly only: string | undefined;
  readonly key: string | undefined;
}

function Found({
  keys,
  asked,
  placeOf,
  read,
}: {
  readonly keys: KeysDocument;
  readonly asked: Asked;
  readonly placeOf: (change: { readonly key: string | undefined }) => string;
  readonly read: () => void;
}) {
  const t = useTexts(keysTexts);
  const { find, as, only, key } = asked;
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => {
    const chosen = chooseKeys(keys.keys, { find, isStrangeOnly: only !== undefined });
    // What was looked for is to be seen.
    const isUsuallyOpen = find !== '' || only !== undefined || keys.keys.length <= 60;
    if (as === 'list') return listRows(chosen, keys.prefix);
    return treeRows(chosen, keys.prefix, (path) => isUsuallyOpen !== toggled.has(path));
  }, [keys, find, as, only, toggled]);
  const toggle = (path: string): void => {
    const next = new Set(toggled);
    if (!next.delete(path)) next.add(path);
    setToggled(next);
  };
  const all = keys.keys.length;
  const remarks = keys.keys.filter(({ remark }) => remark !== null).length;
  return (
    <div class={key === undefined ? 'keys fill' : 'keys fill has-key'}>
      <div class="keys-all">
        {keys.isCut ? <Notice tone="warn">{t('cut', { n: all })}</Notice> : null}
        {rows.length === 0 ? (
          <Empty
            glyph="keys"
            title={all === 0 ? t('noKeys', { prefix: keys.prefix }) : t('noneFound')}
          />
        ) : (
          <KeyList
            rows={rows}
            current={key}
            hrefOf={(one) => placeOf({ key: one })}
            onToggle={toggle}
          />
        )}
        <p class="small muted">{t('counts', { n: all, remarks, revision: keys.revision })}</p>
      </div>
      {key === undefined ? null : (
        <KeyPanel
          key={key}
          name={key}
          entry={keys.keys.find((one) => one.key === key)}
          onClose={() => go(placeOf({ key: undefined }))}
          onChanged={read}
        />
      )}
    </div>
  );
}

function useKeys() {
  const [keys, setKeys] = useState<KeysDocument | undefined>(undefined);
  const [fault, setFault] = useState<ApiRefusal | undefined>(undefined);
  const [isReading, setReading] = useState(false);
  const read = (): void => {
    setReading(true);
    void callApi<KeysDocument>('keys').then((answer) => {
      setReading(false);
      if (answer.ok) setKeys(answer.value);
      setFault(answer.ok ? undefined : answer.error);
    });
  };
  useEffect(read, []);
  return { keys, fault, isReading, read };
}
