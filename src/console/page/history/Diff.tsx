/**
 * What is another between two versions of an app: side by side in a wide window, one below the other
 * in a narrow one. Lines that are the same are folded.
 *
 *     <VersionDiff before={entry.before} after={entry.after} />
 */
import { useMemo, useState } from 'preact/hooks';
import { useTexts } from '../core/store.ts';
import { Button } from '../parts/Button.tsx';
import {
  countChanges,
  type DiffBlock,
  diffRows,
  type DiffRow,
  type DiffSide,
} from './diffModel.ts';
import { foldRows } from './diffModel.ts';
import { changedFields, type FieldPair, type TextsOrNot } from './historyModel.ts';
import { historyTexts } from './texts.ts';

export function VersionDiff({
  before,
  after,
}: {
  readonly before: TextsOrNot;
  readonly after: TextsOrNot;
}) {
  const t = useTexts(historyTexts);
  const fields = useMemo(() => changedFields(before, after), [before, after]);
  if (fields === undefined) return <p class="muted">{t('forgotten')}</p>;
  if (fields.length === 0) return <p class="muted">{t('same')}</p>;
  return (
    <div class="stack">
      {fields.map((pair) => (
        <FieldDiff key={pair.field} pair={pair} />
      ))}
    </div>
  );
}

function FieldDiff({ pair }: { readonly pair: FieldPair }) {
  const t = useTexts(historyTexts);
  const rows = useMemo(() => diffRows(pair.before, pair.after), [pair.before, pair.after]);
  const { added, removed } = countChanges(rows);
  return (
    <figure class="diff" aria-label={t(pair.field)}>
      <figcaption class="line small">
        <strong>{t(pair.field)}</strong>
        <span class="number tone is-good">+{added}</span>
        <span class="number tone is-bad">−{removed}</span>
      </figcaption>
      <div class="diff-lines">
        {foldRows(rows).map((block, index) => (
          <Block key={index} block={block} />
        ))}
      </div>
    </figure>
  );
}

function Block({ block }: { readonly block: DiffBlock }) {
  const t = useTexts(historyTexts);
  const [isOpen, setOpen] = useState(false);
  if (block.type === 'Folded' && !isOpen) {
    return (
      <div class="diff-fold">
        <Button isSmall kind="quiet" onClick={() => setOpen(true)}>
          {t('folded', { n: block.rows.length })}
        </Button>
      </div>
    );
  }
  return (
    <>
      {block.rows.map((row) => (
        <Row key={`${String(row.before?.line)}/${String(row.after?.line)}`} row={row} />
      ))}
    </>
  );
}

function Row({ row }: { readonly row: DiffRow }) {
  const { type, before, after } = row;
  return (
    <div class={`diff-row is-${type.toLowerCase()}`}>
      <Side side={before} sign={type === 'Same' ? ' ' : '−'} what="before" />
      <Side side={after} sign={type === 'Same' ? ' ' : '+'} what="after" />
    </div>
  );
}

function Side({
  side,
  sign,
  what,
}: {
  readonly side: DiffSide | undefined;
  readonly sign: string;
  readonly what: 'before' | 'after';
}) {
  const t = useTexts(historyTexts);
  if (side === undefined) return <div class={`diff-side is-${what} is-none`} />;
  return (
    <div class={`diff-side is-${what}`}>
      <span class="diff-number" aria-hidden="true">
        {side.line}
      </span>
      <span class="diff-sign" aria-hidden="true">
        {sign}
      </span>
      {sign === ' ' ? null : (
        <span class="unseen">{t(what === 'before' ? 'removedLine' : 'addedLine')} </span>
      )}
      <code class="diff-text" dir="ltr">
        {side.parts.map(({ text, isChanged }) =>
          isChanged && sign !== ' ' ? <mark>{text}</mark> : text,
        )}
      </code>
    </div>
  );
}
