/** Time from one end of the journal to the other: how much was told when, and the moment chosen. */
import type { TimelineDocument } from '../../../domain/console/timeApi.ts';
import { useTexts } from '../core/store.ts';
import { useTimeText } from '../parts/Ago.tsx';
import { timeTexts } from './texts.ts';
import { barsOf, type Move, moveOf, placeOf, readPart } from './timeModel.ts';

export interface SliderProps {
  readonly timeline: TimelineDocument;
  /** Of the entry chosen. */
  readonly chosen: { readonly seq: number; readonly atMs: number } | undefined;
  readonly text: string;
  readonly onMove: (move: Move) => void;
  readonly onTime: (atMs: number) => void;
}

export function Slider({ timeline, chosen, text, onMove, onTime }: SliderProps) {
  const t = useTexts(timeTexts);
  const time = useTimeText();
  const { first, last } = timeline;
  const atMs = chosen?.atMs ?? last.atMs;
  return (
    <div class="time-slider">
      <Strip timeline={timeline} atMs={atMs} />
      <input
        type="range"
        aria-label={t('slider')}
        title={t('sliderKeys')}
        aria-valuetext={chosen === undefined ? time(atMs) : `${time(atMs)}, ${text}`}
        min={first.atMs}
        max={Math.max(first.atMs + 1, last.atMs)}
        step={1}
        value={atMs}
        onInput={(event) => onTime(Number(event.currentTarget.value))}
        onKeyDown={(event) => {
          const move = moveOf(event.key);
          if (move === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
          event.preventDefault();
          onMove(move);
        }}
      />
      <div class="time-ends muted">
        <span>{time(first.atMs)}</span>
        <span>{time(last.atMs)}</span>
      </div>
    </div>
  );
}

function Strip({ timeline, atMs }: { readonly timeline: TimelineDocument; readonly atMs: number }) {
  const t = useTexts(timeTexts);
  const read = readPart(timeline);
  const at = 1000 * placeOf(timeline, { atMs });
  return (
    <svg class="time-strip" viewBox="0 0 1000 40" preserveAspectRatio="none" aria-hidden="true">
      <rect class="time-unread" x={0} y={0} width={1000 * read.from} height={40}>
        <title>{t('unread')}</title>
      </rect>
      <rect class="time-unread" x={1000 * read.to} y={0} width={1000 * (1 - read.to)} height={40}>
        <title>{t('unread')}</title>
      </rect>
      {barsOf(timeline).map(({ from, width, height, troubleHeight }) => (
        <g key={from}>
          <Column class="time-bar" from={from} width={width} height={height} />
          <Column class="time-trouble" from={from} width={width} height={troubleHeight} />
        </g>
      ))}
      <rect class="time-now" x={Math.min(996, Math.max(0, at - 2))} y={0} width={4} height={40} />
    </svg>
  );
}

function Column(props: {
  readonly class: string;
  readonly from: number;
  readonly width: number;
  readonly height: number;
}) {
  const tall = 38 * props.height;
  return (
    <rect
      class={props.class}
      x={1000 * props.from}
      y={40 - tall}
      width={Math.max(1, 1000 * props.width - 1)}
      height={tall}
    />
  );
}
