/**
 * A condition, a state, a count: always a shape and a word, and a colour beside them.
 *
 *     <ConditionBadge condition={row.condition} />   isBare in dense rows, count={12} for a summary
 *     <ProcessBadge state={process.state} />
 *     <Badge tone="warn" glyph="lock">{t('signed')}</Badge>
 */
import type { ComponentChildren } from 'preact';
import type { FleetCondition } from '../../../domain/fleet/fleetRow.ts';
import type { ProcessState } from '../../../domain/types.ts';
import { useTexts } from '../core/store.ts';
import { Glyph } from './Glyph.tsx';
import type { GlyphName } from './glyphs.ts';
import { partTexts } from './texts.ts';

/** What a colour says: `odd` is for what was taken back, `idle` for what needs nobody. */
export type Tone = 'good' | 'info' | 'warn' | 'bad' | 'odd' | 'idle';

export interface BadgeLook {
  /** Without a ground. */
  readonly isBare?: boolean;
  readonly isSolid?: boolean;
  readonly title?: string | undefined;
  readonly count?: number;
}

export function Badge({
  tone,
  glyph,
  isBare = false,
  isSolid = false,
  title,
  count,
  children,
}: BadgeLook & {
  readonly tone: Tone;
  readonly glyph: GlyphName;
  readonly children: ComponentChildren;
}) {
  return (
    <span
      class={`badge is-${tone}${isBare ? ' is-bare' : ''}${isSolid ? ' is-solid' : ''}`}
      title={title}
    >
      <Glyph name={glyph} />
      <span class="cut">{children}</span>
      {count === undefined ? null : <span class="badge-count">{count}</span>}
    </span>
  );
}

export const conditionLooks: Readonly<
  Record<FleetCondition, { readonly tone: Tone; readonly glyph: GlyphName }>
> = {
  quarantined: { tone: 'bad', glyph: 'quarantined' },
  'rolled-back': { tone: 'odd', glyph: 'rolledBack' },
  lost: { tone: 'bad', glyph: 'lost' },
  held: { tone: 'warn', glyph: 'held' },
  converging: { tone: 'info', glyph: 'converging' },
  converged: { tone: 'good', glyph: 'converged' },
};

export function ConditionBadge({
  condition,
  ...look
}: BadgeLook & { readonly condition: FleetCondition }) {
  const t = useTexts(partTexts);
  return (
    <Badge {...conditionLooks[condition]} {...look}>
      {t(condition)}
    </Badge>
  );
}

/** Anything else that supervisord says is `UNKNOWN` to the page. */
export const processLooks: Readonly<
  Record<ProcessState, { readonly tone: Tone; readonly glyph: GlyphName }>
> = {
  RUNNING: { tone: 'good', glyph: 'running' },
  STARTING: { tone: 'info', glyph: 'starting' },
  STOPPING: { tone: 'info', glyph: 'stopping' },
  STOPPED: { tone: 'idle', glyph: 'stopped' },
  EXITED: { tone: 'idle', glyph: 'exited' },
  BACKOFF: { tone: 'warn', glyph: 'backoff' },
  FATAL: { tone: 'bad', glyph: 'fatal' },
  UNKNOWN: { tone: 'warn', glyph: 'unknown' },
};

/** The word is supervisord's own. */
export function ProcessBadge({ state, ...look }: BadgeLook & { readonly state: ProcessState }) {
  const t = useTexts(partTexts);
  return (
    <Badge {...processLooks[state]} title={t(state)} {...look}>
      {state}
    </Badge>
  );
}
