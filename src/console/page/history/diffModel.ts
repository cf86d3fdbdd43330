/** Two texts beside each other: which lines are the same, and what in a line is another. Pure. */
import { diffLines, diffWordsWithSpace } from 'diff';

/** `isChanged`: this part of the line is not in the other one. */
export interface DiffPart {
  readonly text: string;
  readonly isChanged: boolean;
}

export interface DiffSide {
  /** From 1. */
  readonly line: number;
  readonly parts: readonly DiffPart[];
}

/** A line that is the same has both sides; one that was changed, too. */
export interface DiffRow {
  readonly type: 'Same' | 'Changed' | 'Removed' | 'Added';
  readonly before: DiffSide | undefined;
  readonly after: DiffSide | undefined;
}

/** `hidden`: so many lines that are the same. */
export type DiffBlock =
  | Readonly<{ type: 'Rows'; rows: readonly DiffRow[] }>
  | Readonly<{ type: 'Folded'; rows: readonly DiffRow[] }>;

/** Lines that end in another way count as the same, and so does a last one without an end. */
export function diffRows(before: string, after: string): readonly DiffRow[] {
  const rows: DiffRow[] = [];
  let [left, right] = [1, 1];
  const changes = diffLines(ended(before), ended(after));
  for (const [index, change] of changes.entries()) {
    const lines = linesOf(change.value);
    if (!change.added && !change.removed) {
      for (const text of lines) {
        const parts = [{ text, isChanged: false }];
        rows.push({
          type: 'Same',
          before: { line: left++, parts },
          after: { line: right++, parts },
        });
      }
      continue;
    }
    // What was taken away and what came for it are told in one go.
    if (change.added && changes[index - 1]?.removed === true) continue;
    const next = changes[index + 1];
    const added = change.added ? lines : next?.added === true ? linesOf(next.value) : [];
    const removed = change.removed ? lines : [];
    rows.push(...changedRows(removed, added, left, right));
    left += removed.length;
    right += added.length;
  }
  return rows;
}

function ended(text: string): string {
  const plain = text.replaceAll('\r\n', '\n');
  return plain === '' || plain.endsWith('\n') ? plain : `${plain}\n`;
}

function linesOf(text: string): readonly string[] {
  return text.replace(/\n$/, '').split('\n');
}

function changedRows(
  removed: readonly string[],
  added: readonly string[],
  left: number,
  right: number,
): readonly DiffRow[] {
  return Array.from({ length: Math.max(removed.length, added.length) }, (_, index): DiffRow => {
    const [from, to] = [removed[index], added[index]];
    const whole = (text: string): readonly DiffPart[] => [{ text, isChanged: true }];
    if (from === undefined) {
      const parts = whole(to ?? '');
      return { type: 'Added', before: undefined, after: { line: right + index, parts } };
    }
    if (to === undefined) {
      const parts = whole(from);
      return { type: 'Removed', before: { line: left + index, parts }, after: undefined };
    }
    const words = diffWordsWithSpace(from, to);
    const partsOf = (isOther: (one: (typeof words)[number]) => boolean): readonly DiffPart[] =>
      words
        .filter((word) => !isOther(word))
        .map(({ value, added: isNew, removed: isOld }) => ({
          text: value,
          isChanged: isNew || isOld,
        }));
    return {
      type: 'Changed',
      before: { line: left + index, parts: partsOf((word) => word.added) },
      after: { line: right + index, parts: partsOf((word) => word.removed) },
    };
  });
}

/** Long runs of lines that are the same are folded, but for those next to a change. */
export function foldRows(rows: readonly DiffRow[], around = 3): readonly DiffBlock[] {
  const isNear = rows.map((_, index) =>
    rows.slice(Math.max(0, index - around), index + around + 1).some(({ type }) => type !== 'Same'),
  );
  const blocks: { type: DiffBlock['type']; rows: DiffRow[] }[] = [];
  for (const [index, row] of rows.entries()) {
    const type = isNear[index] === true ? 'Rows' : 'Folded';
    const last = blocks.at(-1);
    if (last?.type === type) last.rows.push(row);
    else blocks.push({ type, rows: [row] });
  }
  // To fold one line takes as much room as to show it.
  return blocks.map((block) => (block.rows.length > 1 ? block : { ...block, type: 'Rows' }));
}

export function countChanges(rows: readonly DiffRow[]): { added: number; removed: number } {
  return {
    added: rows.filter(({ type }) => type === 'Added' || type === 'Changed').length,
    removed: rows.filter(({ type }) => type === 'Removed' || type === 'Changed').length,
  };
}
