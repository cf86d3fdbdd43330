/**
 * Times that go on by themselves: `<Ago atMs={…} />` is `3 min ago`, `<Since atMs={…} />` an uptime,
 * `3 min`. Pointed at they say the time in full.
 */
import { spansOf } from '../core/ago.ts';
import { useNow } from '../core/clock.ts';
import { useStore, useTexts } from '../core/store.ts';
import { partTexts } from './texts.ts';

interface AgoProps {
  /** Since the epoch; null and undefined: never. */
  readonly atMs: number | null | undefined;
}

export function Ago({ atMs }: AgoProps) {
  const t = useTexts(partTexts);
  const span = useSpan();
  const nowMs = useNow();
  if (atMs === null || atMs === undefined) return <span class="muted">{t('never')}</span>;
  const distance = nowMs - atMs;
  const text =
    Math.abs(distance) < 1500
      ? t('justNow')
      : t(distance < 0 ? 'ahead' : 'ago', { time: span(Math.abs(distance)) });
  return <Time atMs={atMs}>{text}</Time>;
}

export function Since({ atMs }: AgoProps) {
  const t = useTexts(partTexts);
  const span = useSpan();
  const nowMs = useNow();
  if (atMs === null || atMs === undefined) return <span class="muted">{t('never')}</span>;
  return <Time atMs={atMs}>{span(nowMs - atMs)}</Time>;
}

/** A point in time in full, as the reader's own clock has it. */
export function At({ atMs }: { readonly atMs: number }) {
  return <Time atMs={atMs}>{useTimeText()(atMs)}</Time>;
}

function Time({ atMs, children }: { readonly atMs: number; readonly children: string }) {
  const full = useTimeText();
  return (
    <time class="number" dateTime={new Date(atMs).toISOString()} title={full(atMs)}>
      {children}
    </time>
  );
}

/** A length of time in the language of the page. */
export function useSpan(): (ms: number) => string {
  const t = useTexts(partTexts);
  return (ms) =>
    spansOf(ms)
      .map(({ unit, n }) => t(unit, { n }))
      .join(' ');
}

export function useTimeText(): (atMs: number) => string {
  const language = useStore((state) => state.language);
  return (atMs) => formatOf(language).format(atMs);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Made once each: making one takes longer than a row. */
function formatOf(language: string): Intl.DateTimeFormat {
  const known = formats.get(language);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', {
    dateStyle: 'medium',
    timeStyle: 'medium',
  });
  formats.set(language, made);
  return made;
}
