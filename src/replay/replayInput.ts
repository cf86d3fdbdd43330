/** What a view of `supervene replay` is called with, and what all views do alike. */
import { type CommandIo, fail, misuse, tellWarning } from '../commands/commandIo.ts';
import { type Refusal, type Torn } from './foldJournal.ts';
import type { Moment } from './moments.ts';
import type { Replay } from './openReplay.ts';
import { tornText } from './timeline.ts';

export interface ReplayInput {
  readonly io: CommandIo;
  readonly version: string;
  readonly replay: Replay;
  readonly isJson: boolean;
  readonly text: (option: string) => string | undefined;
  readonly has: (option: string) => boolean;
  /** The two moments of `--diff`. */
  readonly between: readonly [string, string];
}

/** Resolves with the exit code. */
export type ReplayView = (input: ReplayInput) => Promise<number>;

/** The moments of these options, or the exit code when one of them is none. */
export function readMoments<Name extends string>(
  { io, replay, text }: ReplayInput,
  ...names: readonly Name[]
): Readonly<Record<Name, Moment | undefined>> | number {
  const moments = new Map<string, Moment | undefined>();
  for (const name of names) {
    const moment = replay.moment(`--${name}`, text(name));
    if (!moment.ok) return misuse(io, { message: moment.error });
    moments.set(name, moment.value);
  }
  return Object.fromEntries(moments) as Record<Name, Moment | undefined>;
}

/** Tells why the journal was not read to its end; the exit code. */
export function refuse({ io, isJson, replay }: ReplayInput, refusal: Refusal): number {
  replay.clearProgress();
  const { place, line, detail } = refusal;
  const where = line === 0 ? '' : `${place}, line ${String(line)}: `;
  return fail(io, isJson, {
    message: `${where}${detail}`,
    remedy: remedyFor(detail),
    ...(line === 0 ? {} : { place, line }),
  });
}

function remedyFor(detail: string): string {
  if (detail.includes('format version') || detail.includes('another version')) {
    return 'replay it with the supervene that wrote it, or a newer one';
  }
  if (detail.includes('missing before it')) {
    return 'find the segment that is missing, or replay the segments before and behind it apart';
  }
  return 'what stands before it can be replayed with --until, later segments on their own';
}

export function tellTorn({ io }: Pick<ReplayInput, 'io'>, torn: Torn | undefined): void {
  if (torn !== undefined) tellWarning(io, { message: tornText(torn) });
}
