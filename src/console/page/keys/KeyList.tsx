/** The rows of the tree, or of the list: a key with its remark, a folder with what is in it. */
import { useTexts } from '../core/store.ts';
import { Badge } from '../parts/Badge.tsx';
import { Button, Link } from '../parts/Button.tsx';
import { VirtualList } from '../parts/VirtualList.tsx';
import type { KeyRow } from './keysModel.ts';
import { keysTexts } from './texts.ts';

export interface KeyListProps {
  readonly rows: readonly KeyRow[];
  readonly current: string | undefined;
  readonly hrefOf: (key: string) => string;
  readonly onToggle: (path: string) => void;
}

export function KeyList({ rows, current, hrefOf, onToggle }: KeyListProps) {
  const t = useTexts(keysTexts);
  return (
    <VirtualList
      class="fill panel"
      label={t('title')}
      count={rows.length}
      rowPx={36}
      keyOf={(index) => rows[index]?.path ?? index}
      draw={(index) => {
        const row = rows[index];
        if (row === undefined) return null;
        return <Row row={row} current={current} hrefOf={hrefOf} onToggle={onToggle} />;
      }}
    />
  );
}

function Row({
  row,
  current,
  hrefOf,
  onToggle,
}: Omit<KeyListProps, 'rows'> & { readonly row: KeyRow }) {
  const t = useTexts(keysTexts);
  const { path, name, depth, entry, isOpen, count, remarks } = row;
  const shown = name === '' ? '(…)' : name;
  return (
    <div
      class={entry?.key === current && current !== undefined ? 'key-row is-current' : 'key-row'}
      style={{ '--depth': String(depth) }}
    >
      {isOpen === undefined ? (
        <span class="key-leaf" />
      ) : (
        <Button
          isSmall
          kind="quiet"
          glyph={isOpen ? 'down' : 'right'}
          isExpanded={isOpen}
          label={t(isOpen ? 'fold' : 'unfold', { name: shown })}
          onClick={() => onToggle(path)}
        />
      )}
      {entry === undefined ? (
        <span class="cut key-folder">{shown}/</span>
      ) : (
        <Link href={hrefOf(entry.key)} class="cut key-name" title={entry.key}>
          {shown}
        </Link>
      )}
      {count > 0 ? <span class="small muted on-wide">{t('below', { n: count })}</span> : null}
      {remarks > 0 && isOpen === false ? (
        <Badge tone="warn" glyph="warn">
          {t('remarks', { n: remarks })}
        </Badge>
      ) : null}
      {entry === undefined || entry.remark === null ? null : (
        <Badge tone="warn" glyph="warn" title={entry.remark}>
          {entry.remark}
        </Badge>
      )}
      {entry === undefined ? null : (
        <span class="small muted number on-wide key-size">{t('bytes', { n: entry.bytes })}</span>
      )}
    </div>
  );
}
