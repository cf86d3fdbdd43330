/** Points of a journal as people name them: a seq, a time, a time of day, or so long before its end. */
import { err, ok, type Result } from '../domain/result.ts';

export type Moment =
  | Readonly<{ type: 'Seq'; seq: number }>
  /** Milliseconds since the epoch. */
  | Readonly<{ type: 'Time'; atMs: number }>;

/**
 * `endMs` is when the journal ends; undefined where that is not known, which a time of day and a
 * duration need. Times without a zone are local ones. Errors complete "--since: …".
 */
export function parseMoment(text: string, endMs: number | undefined): Result<Moment, string> {
  const trimmed = text.trim();
  const seq = /^#?(\d{1,15})$/.exec(trimmed)?.[1];
  if (seq !== undefined) return ok({ type: 'Seq', seq: Number(seq) });
  const duration = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(trimmed);
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?$/.exec(trimmed);
  if ((duration !== null || clock !== null) && endMs === undefined) {
    return err(
      `${JSON.stringify(text)} is counted from the end of the journal, which is not known here; give a date and a time`,
    );
  }
  if (duration !== null) {
    const [, amount = '', unit = ''] = duration;
    return ok({ type: 'Time', atMs: (endMs ?? 0) - Number(amount) * (unitMs[unit] ?? 0) });
  }
  if (clock !== null) return timeOfDay(clock, endMs ?? 0, text);
  const isDated =
    /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)?(?:Z|[+-]\d{2}:?\d{2})?$/;
  // A date alone would be read as UTC, other than a date with a time.
  const full = trimmed.length === 10 ? `${trimmed}T00:00` : trimmed.replace(' ', 'T');
  const atMs = isDated.test(trimmed) ? new Date(full).getTime() : Number.NaN;
  if (Number.isFinite(atMs)) return ok({ type: 'Time', atMs });
  return err(
    `${JSON.stringify(text)} is neither a seq (5102) nor a time (2026-11-22T03:07, 03:07:12, 15m for 15 minutes before the end)`,
  );
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The last such time before the end of the journal. */
function timeOfDay(clock: RegExpExecArray, endMs: number, text: string): Result<Moment, string> {
  const [hours = 0, minutes = 0, seconds = 0] = clock.slice(1, 4).map((part) => Number(part ?? 0));
  const ms = Number((clock[4] ?? '').padEnd(3, '0'));
  if (hours > 23 || minutes > 59 || seconds > 59) {
    return err(`${JSON.stringify(text)} is no time of day`);
  }
  const at = new Date(endMs);
  at.setHours(hours, minutes, seconds, ms);
  if (at.getTime() > endMs) at.setDate(at.getDate() - 1);
  return ok({ type: 'Time', atMs: at.getTime() });
}

/** Whether an event stands before this point. */
export function isBefore(moment: Moment, seq: number, atMs: number): boolean {
  return moment.type === 'Seq' ? seq < moment.seq : atMs < moment.atMs;
}

/** Whether an event stands behind this point; one at it does not. */
export function isAfter(moment: Moment, seq: number, atMs: number): boolean {
  return moment.type === 'Seq' ? seq > moment.seq : atMs > moment.atMs;
}

export function dayText(atMs: number): string {
  const at = new Date(atMs);
  return `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** `03:07:12.120`, local. */
export function clockText(atMs: number): string {
  const at = new Date(atMs);
  const ms = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`;
}

export function momentText(atMs: number): string {
  return `${dayText(atMs)} ${clockText(atMs)}`;
}

/** `UTC`, `UTC+01:00`. */
export function zoneText(atMs: number): string {
  const minutes = -new Date(atMs).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** `14 min`, `3.2 s`: for people, two figures or so. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${String(Math.round(ms))} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 120_000) return `${String(Math.round(ms / 1_000))} s`;
  if (ms < 2 * 3_600_000) return `${String(Math.round(ms / 60_000))} min`;
  if (ms < 2 * 86_400_000) return `${String(Math.round(ms / 3_600_000))} h`;
  return `${String(Math.round(ms / 86_400_000))} days`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
