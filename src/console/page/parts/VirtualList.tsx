/**
 * A list of any length, of which only what is seen is there. Its parent gives it its height
 * (`class="fill"` in a flex column); rows are drawn by `draw`, keyed by `keyOf`.
 *
 *     <VirtualList class="fill" label={t('hosts')} count={rows.length} keyOf={(index) => rows[index].id}
 *       rowPx={34} draw={(index) => <Row row={rows[index]} />} />
 *
 * `isMeasured`: rows have heights of their own, and `rowPx` is a guess. `shown`: scrolled to when that
 * number changes (the row with the focus, the last line of a log). `roles`: what the list and its rows
 * are to those who hear them: `list` and `listitem` unless said otherwise.
 */
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualizerOptions,
} from '@tanstack/virtual-core';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';

export interface VirtualListProps {
  readonly count: number;
  readonly rowPx: number;
  readonly keyOf: (index: number) => string | number;
  readonly draw: (index: number) => ComponentChildren;
  readonly label: string;
  readonly class?: string;
  readonly isMeasured?: boolean;
  readonly shown?: number | undefined;
  readonly roles?: {
    readonly list: 'list' | 'rowgroup' | 'log' | 'none';
    readonly row: 'listitem' | 'none';
  };
  /** Told after each scroll, whether its end is seen. */
  readonly onScroll?: (isAtEnd: boolean) => void;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
}

const plain = { list: 'list', row: 'listitem' } as const;

export function VirtualList(props: VirtualListProps) {
  const { draw, label, isMeasured = false, shown, roles = plain, onScroll } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const last = useRef({ scrollTop: 0, isAtEnd: false });
  const list = useVirtualizer(props, scroller);
  useEffect(() => {
    if (shown !== undefined && shown >= 0) list.scrollToIndex(shown);
  }, [shown, list]);
  return (
    <div
      ref={scroller}
      class={`virtual ${props.class ?? ''}`}
      tabIndex={0}
      role={roles.list === 'none' ? 'region' : undefined}
      aria-label={roles.list === 'none' ? label : undefined}
      onKeyDown={props.onKeyDown}
      onScroll={(event) => {
        const { scrollTop, clientHeight, scrollHeight } = event.currentTarget;
        const isSeen = scrollTop + clientHeight >= scrollHeight - 4;
        // What comes below while it goes down to the end takes nobody away from there.
        const isStill = last.current.isAtEnd && scrollTop >= last.current.scrollTop;
        last.current = { scrollTop, isAtEnd: isSeen || isStill };
        onScroll?.(last.current.isAtEnd);
      }}
    >
      <div
        class="virtual-all"
        role={roles.list === 'none' ? undefined : roles.list}
        aria-label={roles.list === 'none' ? undefined : label}
        style={{ height: `${String(list.getTotalSize())}px` }}
      >
        {list.getVirtualItems().map(({ index, key, start, size }) => (
          <div
            key={String(key)}
            {...(isMeasured ? { ref: list.measureElement } : {})}
            data-index={index}
            class="virtual-item"
            role={roles.row === 'none' ? undefined : roles.row}
            aria-setsize={roles.row === 'none' ? undefined : props.count}
            aria-posinset={roles.row === 'none' ? undefined : index + 1}
            style={{
              transform: `translateY(${String(start)}px)`,
              height: isMeasured ? undefined : `${String(size)}px`,
            }}
          >
            {draw(index)}
          </div>
        ))}
      </div>
    </div>
  );
}

type List = Virtualizer<HTMLDivElement, HTMLDivElement>;

function useVirtualizer(
  { count, rowPx, keyOf }: VirtualListProps,
  scroller: { readonly current: HTMLDivElement | null },
): List {
  const [, redraw] = useReducer((drawn: number) => drawn + 1, 0);
  const options: VirtualizerOptions<HTMLDivElement, HTMLDivElement> = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    getItemKey: keyOf,
    overscan: 8,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => redraw(undefined),
  };
  const [list] = useState((): List => new Virtualizer(options));
  list.setOptions(options);
  useLayoutEffect(() => list._didMount(), [list]);
  useLayoutEffect(() => list._willUpdate());
  // Heights that were guessed from another measure are no longer right.
  useLayoutEffect(() => list.measure(), [list, rowPx]);
  return list;
}
