/** Times as people write them: `50ms`, `2s`, `1.5m`, `1h`. */
import { err, ok, type Result } from './result.ts';

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** In milliseconds. The error says what was expected, as the end of "… is not ". */
export function parseDurationMs(text: string): Result<number, string> {
  if (/^\d+(?:\.\d+)?$/.test(text)) return err(`a duration: it lacks a unit (${text}s, ${text}ms)`);
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text);
  const factor = unitsMs[match?.[2] ?? ''];
  if (match?.[1] === undefined || factor === undefined) {
    return err('a duration such as 50ms, 2s or 1m');
  }
  return ok(Math.round(Number(match[1]) * factor));
}

export function formatDuration(ms: number): string {
  if (ms !== 0 && ms % 60_000 === 0) return `${String(ms / 60_000)}m`;
  return ms !== 0 && ms % 1000 === 0 ? `${String(ms / 1000)}s` : `${String(ms)}ms`;
}
