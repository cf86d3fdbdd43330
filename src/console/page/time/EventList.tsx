/** The events around the chosen one, as a list of which only what is seen is in the page. */
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

export function EventList({ timeline, seq, label, onMove, onChoose }: EventListProps) {
  const t = useTexts(timeTexts);
  const { entries, hasEarlier, hasLater } = timeline;
  const chosen = chosenIndex(entries, seq);
  const first = entries[0];
  if (first === undefined) {
    return (
      <Empty glyph="time" title={t('noEvents')}>
        {t('noEventsMore')}
      </Empty>
    );
  }
  return (
    <section class="panel time-events">
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
