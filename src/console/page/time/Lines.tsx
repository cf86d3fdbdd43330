/** What an event said: a word for its kind, in its colour, and a sentence. */
import type { TimelineLine } from '../../../domain/console/timeApi.ts';
import { useTexts } from '../core/store.ts';
import { timeTexts } from './texts.ts';

export function Lines({ lines }: { readonly lines: readonly TimelineLine[] }) {
  const t = useTexts(timeTexts);
  return (
    <>
      {lines.map(({ kind, text, because }, index) => (
        <span key={index} class="time-line">
          <b class={`time-kind is-${kind}`}>{t(kind === 'held' ? 'isHeld' : kind)}</b>{' '}
          <span>{text}</span>
          {because === null ? null : <span class="muted"> — {because}</span>}
        </span>
      ))}
    </>
  );
}
