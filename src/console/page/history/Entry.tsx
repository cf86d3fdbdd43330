/** One change of an app: who, when, from where and why; and what it changed. */
import { useId } from 'preact/hooks';
import type { HistoryEntry } from '../../../domain/console/api.ts';
import { useTexts } from '../core/store.ts';
import { Ago } from '../parts/Ago.tsx';
import { Badge, type Tone } from '../parts/Badge.tsx';
import { Button } from '../parts/Button.tsx';
import type { GlyphName } from '../parts/glyphs.ts';
import { VersionDiff } from './Diff.tsx';
import { historyTexts } from './texts.ts';

const looks: Readonly<
  Record<NonNullable<HistoryEntry['action']>, { readonly tone: Tone; readonly glyph: GlyphName }>
> = {
  publish: { tone: 'info', glyph: 'publish' },
  unpublish: { tone: 'bad', glyph: 'stop' },
  rollback: { tone: 'odd', glyph: 'rolledBack' },
  apply: { tone: 'info', glyph: 'publish' },
  other: { tone: 'idle', glyph: 'unknown' },
};

export interface EntryProps {
  readonly entry: HistoryEntry;
  readonly isNow: boolean;
  readonly isOpen: boolean;
  readonly onOpen: (isOpen: boolean) => void;
  /** Why it cannot be put back. */
  readonly whyNot: string | undefined;
  readonly onRollBack: () => void;
}

export function Entry({ entry, isNow, isOpen, onOpen, whyNot, onRollBack }: EntryProps) {
  const t = useTexts(historyTexts);
  const id = useId();
  const { action, revision, message, to, isVouchedFor } = entry;
  return (
    <li class="panel history-entry">
      <div class="line">
        {action === null ? (
          <Badge tone="idle" glyph="unknown">
            {t('unknownAction')}
          </Badge>
        ) : (
          <Badge {...looks[action]}>{t(action)}</Badge>
        )}
        {to === null ? null : <span>{t('backTo', { revision: to })}</span>}
        {revision === null ? null : <strong class="number">{t('atRevision', { revision })}</strong>}
        {isNow ? (
          <Badge tone="good" glyph="check">
            {t('now')}
          </Badge>
        ) : null}
        {isVouchedFor ? null : (
          <Badge tone="warn" glyph="warn" title={t('notVouchedWhy')}>
            {t('notVouched')}
          </Badge>
        )}
      </div>
      <p class={message === null ? 'muted' : 'history-message wrap-anywhere'}>
        {message ?? t('noMessage')}
      </p>
      <Who entry={entry} />
      <div class="line">
        <Button
          isSmall
          glyph={isOpen ? 'down' : 'right'}
          isExpanded={isOpen}
          controls={id}
          onClick={() => onOpen(!isOpen)}
        >
          {t(isOpen ? 'hideChanges' : 'changes')}
        </Button>
        <Button isSmall glyph="rolledBack" whyNot={whyNot} onClick={onRollBack}>
          {t('rollBackTo')}
        </Button>
      </div>
      <div id={id}>{isOpen ? <VersionDiff before={entry.before} after={entry.after} /> : null}</div>
    </li>
  );
}

function Who({ entry }: { readonly entry: HistoryEntry }) {
  const t = useTexts(historyTexts);
  const { by, from, atMs } = entry;
  return (
    <p class="line small">
      {by === null ? <span class="muted">{t('byUnknown')}</span> : <strong>{by}</strong>}
      {from === null ? null : <span class="muted">{t('fromPlace', { from })}</span>}
      {atMs === null ? <span class="muted">{t('unknownTime')}</span> : <Ago atMs={atMs} />}
    </p>
  );
}
