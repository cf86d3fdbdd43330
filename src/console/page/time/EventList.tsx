/** The events around the chosen one, as a list of which only what is seen is in the page. */
import { useEffect, useRef } from 'preact/hooks';
import type { TimelineDocument, TimelineEntry } from '../../../domain/console/timeApi.ts';
import { useTexts } from '../core/store.ts';
import { useTimeText } from '../parts/Ago.tsx';
import { Button } from '../parts/Button.tsx';
import { Empty } from '../parts/Empty.tsx';
import { VirtualList } from '../parts/VirtualList.tsx';
import { Lines } from './Lines.tsx';
import { timeTexts } from './texts.ts';
import { chosenIndex, type Move, moved, moveOf } from './timeModel.ts';

export interface EventListProps {
  readonly timeline: TimelineDocument;
  readonly seq: number | undefined;
  readonly label: string;
  readonly onMove: (move: Move) => void;
  readonly onChoose: (seq: number | undefined) => void;
}

const rowPx = 48;
/** So many may pass before the rows around it have the heights that they have. */
const framesMax = 8;

/** The list goes to where it takes the row to be before it is measured: what is cut off is shown whole. */
function useShown(within: { readonly current: HTMLElement | null }, what: string): void {
  useEffect(() => {
    let frames = 0;
    let next = 0;
    const look = (): void => {
      const list = within.current?.querySelector('.virtual');
      const row = list?.querySelector('[aria-current=true]');
      if (list && row) {
        const [seen, is] = [list.getBoundingClientRect(), row.getBoundingClientRect()];
        if (is.bottom > seen.bottom) list.scrollTop += is.bottom - seen.bottom;
        else if (is.top < seen.top) list.scrollTop -= seen.top - is.top;
      }
      frames += 1;
      if (frames < framesMax) next = requestAnimationFrame(look);
    };
    next = requestAnimationFrame(look);
    return () => cancelAnimationFrame(next);
  }, [what, within]);
}

export function EventList({ timeline, seq, label, onMove, onChoose }: EventListProps) {
  const t = useTexts(timeTexts);
  const { entries, hasEarlier, hasLater } = timeline;
  const chosen = chosenIndex(entries, seq);
  const first = entries[0];
  const panel = useRef<HTMLElement>(null);
  useShown(panel, `${String(first?.seq)} ${String(entries[chosen]?.seq)}`);
  if (first === undefined) {
    return (
      <Empty glyph="time" title={t('noEvents')}>
        {t('noEventsMore')}
      </Empty>
    );
  }
  return (
    <section ref={panel} class="panel time-events">
      {hasEarlier ? (
        <Button
          kind="quiet"
          isSmall
          onClick={() => onChoose(moved({ ...timeline, entries: [first] }, first.seq, 'Back'))}
        >
          {t('earlier')}
        </Button>
      ) : null}
      <VirtualList
        class="fill"
        label={label}
        count={entries.length}
        rowPx={rowPx}
        isMeasured
        shown={chosen}
        keyOf={(index) => entries[index]?.seq ?? index}
        onKeyDown={(event) => {
          const move = moveOf(event.key);
          if (move === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
          event.preventDefault();
          onMove(move);
        }}
        draw={(index) => {
          const entry = entries[index];
          return entry === undefined ? null : (
            <Row entry={entry} isChosen={index === chosen} onChoose={onChoose} />
          );
        }}
      />
      {hasLater ? (
        <Button kind="quiet" isSmall onClick={() => onChoose((entries.at(-1)?.seq ?? 0) + 1)}>
          {t('later')}
        </Button>
      ) : null}
    </section>
  );
}

function Row({
  entry,
  isChosen,
  onChoose,
}: {
  readonly entry: TimelineEntry;
  readonly isChosen: boolean;
  readonly onChoose: (seq: number) => void;
}) {
  const t = useTexts(timeTexts);
  const time = useTimeText();
  const { seq, atMs, type, lines, more, isPlan } = entry;
  return (
    <button
      type="button"
      tabIndex={-1}
      class={`time-event${isChosen ? ' is-chosen' : ''}${isPlan ? ' is-plan' : ''}`}
      aria-current={isChosen ? 'true' : undefined}
      onClick={() => onChoose(seq)}
    >
      <span class="time-when number muted">
        {time(atMs)} · {seq}
      </span>
      {lines.length === 0 ? <span class="muted">{type}</span> : <Lines lines={lines} />}
      {more === 0 ? null : <span class="muted">{t('more', { n: more })}</span>}
    </button>
  );
}
