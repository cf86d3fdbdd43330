/** `/audit?user=&action=`: what was done through consoles, the newest first, and whether it is whole. */
import { useEffect, useState } from 'preact/hooks';
import type { AuditDocument, AuditEntry, AuditVerdict } from '../../../domain/console/api.ts';
import { type ApiRefusal, callApi } from '../core/callApi.ts';
import { formatPlace, go, type Place } from '../core/router.ts';
import { useTexts } from '../core/store.ts';
import { At } from '../parts/Ago.tsx';
import { Badge, type Tone } from '../parts/Badge.tsx';
import { Button } from '../parts/Button.tsx';
import { Empty } from '../parts/Empty.tsx';
import { Search, Select } from '../parts/Field.tsx';
import type { GlyphName } from '../parts/glyphs.ts';
import { FaultNotice, Notice } from '../parts/Notice.tsx';
import { Spinner } from '../parts/Progress.tsx';
import './audit.css';
import { auditTexts } from './texts.ts';

const looks: Readonly<
  Record<AuditEntry['outcome'], { readonly tone: Tone; readonly glyph: GlyphName }>
> = {
  asked: { tone: 'idle', glyph: 'right' },
  done: { tone: 'good', glyph: 'check' },
  failed: { tone: 'bad', glyph: 'bad' },
  refused: { tone: 'warn', glyph: 'lock' },
};

export function AuditView({ place }: { readonly place: Place }) {
  const t = useTexts(auditTexts);
  const trail = useTrail();
  const { entries, verdict, fault, isReading } = trail;
  const user = place.query.get('user') ?? '';
  const action = place.query.get('action') ?? '';
  const goTo = (change: { user?: string; action?: string }): void =>
    go(formatPlace(['audit'], { user, action, ...change }), 'replace');
  const actions = [...new Set([...entries.map((entry) => entry.action), action])]
    .filter((one) => one !== '')
    .sort();
  const shown = entries.filter(
    (entry) =>
      entry.user.toLowerCase().includes(user.toLowerCase()) &&
      (action === '' || entry.action === action),
  );
  return (
    <div class="view">
      <div class="view-head">
        <h1>{t('title')}</h1>
        <Search label={t('user')} value={user} onInput={(text) => goTo({ user: text })} />
        <Select
          label={t('action')}
          isBare
          value={action}
          options={[
            { value: '', text: t('anyAction') },
            ...actions.map((one) => ({ value: one, text: one })),
          ]}
          onChoose={(one) => goTo({ action: one })}
        />
        <Button glyph="restart" label={t('reload')} isBusy={isReading} onClick={trail.reload} />
      </div>
      <FaultNotice fault={fault} />
      {verdict === undefined ? (
        fault === undefined && <Spinner label={t('reading')} />
      ) : (
        <Verdict verdict={verdict} />
      )}
      {entries.length === 0 ? null : shown.length === 0 ? (
        <Empty glyph="search" title={t('noneFound')} />
      ) : (
        <Entries entries={shown} />
      )}
      {entries.length === 0 ? null : (
        <div class="line">
          {entries.at(-1)?.seq === 1 ? (
            <span class="muted">{t('beginning')}</span>
          ) : (
            <Button isBusy={isReading} onClick={trail.loadOlder}>
              {t('older')}
            </Button>
          )}
          <span class="small muted">{t('shown', { n: shown.length, all: entries.length })}</span>
        </div>
      )}
    </div>
  );
}

function Verdict({ verdict }: { readonly verdict: AuditVerdict }) {
  const t = useTexts(auditTexts);
  if (!verdict.isWhole) {
    return (
      <Notice tone="bad" title={t('broken', { seq: verdict.seq })} isUrgent>
        {t('brokenMore', { why: verdict.why })}
      </Notice>
    );
  }
  const { from, to } = verdict;
  if (to < from) return <Empty glyph="audit" title={t('empty')} />;
  return (
    <Notice tone="good" title={t('whole', { from, to })}>
      {t('verify')}
    </Notice>
  );
}

function Entries({ entries }: { readonly entries: readonly AuditEntry[] }) {
  const t = useTexts(auditTexts);
  const heads = ['seq', 'when', 'user', 'action', 'target', 'outcome', 'change', 'detail'] as const;
  return (
    <div class="panel table-scroll" role="region" aria-label={t('title')} tabIndex={0}>
      <table class="table audit-table">
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {t(head)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <Row key={entry.seq} entry={entry} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ entry }: { readonly entry: AuditEntry }) {
  const t = useTexts(auditTexts);
  const { seq, atMs, user, from, action, target, before, after, outcome, of, detail } = entry;
  return (
    <tr>
      <td class="is-number" title={entry.hash}>
        {seq}
      </td>
      <td class="audit-when">
        <At atMs={atMs} />
      </td>
      <td>
        {user === '' ? <span class="muted">{t('nobody')}</span> : <strong>{user}</strong>}
        <div class="small muted">{from}</div>
      </td>
      <td>
        <code>{action}</code>
      </td>
      <td class="wrap-anywhere">{target}</td>
      <td>
        <Badge {...looks[outcome]}>{t(outcome)}</Badge>
        {of === null ? null : <div class="small muted">{t('ofEntry', { of })}</div>}
      </td>
      <td class="wrap-anywhere small">
        {before === '' && after === '' ? null : `${before === '' ? '·' : before} → ${after}`}
      </td>
      <td class="wrap-anywhere small">{detail}</td>
    </tr>
  );
}

function useTrail() {
  const [entries, setEntries] = useState<readonly AuditEntry[]>([]);
  const [verdict, setVerdict] = useState<AuditVerdict | undefined>(undefined);
  const [fault, setFault] = useState<ApiRefusal | undefined>(undefined);
  const [isReading, setReading] = useState(false);
  const read = async (before: number | undefined): Promise<void> => {
    setReading(true);
    const query = { before: before === undefined ? undefined : String(before) };
    const answer = await callApi<AuditDocument>('audit', { query });
    setReading(false);
    setFault(answer.ok ? undefined : answer.error);
    if (!answer.ok) return;
    const found = answer.value.entries;
    setEntries((known) => (before === undefined ? found : [...known, ...found]));
    setVerdict(answer.value.verdict);
  };
  useEffect(() => void read(undefined), []);
  return {
    ...{ entries, verdict, fault, isReading },
    reload: () => void read(undefined),
    loadOlder: () => void read(entries.at(-1)?.seq),
  };
}
