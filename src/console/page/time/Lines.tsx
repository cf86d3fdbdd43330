/** What an event said: a word for its kind, in its colour, and a sentence. */
import type { TimelineLine } from '../../../domain/console/timeApi.ts';

export function Lines({ lines }: { readonly lines: readonly TimelineLine[] }) {
  return (
    <>
      {lines.map(({ kind, text, because }, index) => (
        <span key={index} class="time-line">
          <b class={`time-kind is-${kind}`}>{kind}</b> <span>{text}</span>
          {because === null ? null : <span class="muted"> — {because}</span>}
        </span>
      ))}
    </>
  );
}
