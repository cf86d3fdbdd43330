/** Spans of time in words, and the parts of them. Pure. */

export interface Span {
  readonly unit: 'days' | 'hours' | 'minutes' | 'seconds';
  readonly n: number;
}

const units = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
  ['seconds', 1_000],
] as const;

/** The two largest units that say anything, one from ten of it on: `3 d 4 h`, `12 d`, `42 s`. */
export function spansOf(ms: number): readonly Span[] {
  const whole = Math.max(0, ms);
  const first = units.findIndex(([, size]) => whole >= size);
  const [unit, size] = units[first] ?? units[3];
  const n = Math.floor(whole / size);
  const next = first === -1 ? undefined : units[first + 1];
  if (next === undefined || n >= 10) return [{ unit, n }];
  const rest = Math.floor((whole % size) / next[1]);
  return rest === 0
    ? [{ unit, n }]
    : [
        { unit, n },
        { unit: next[0], n: rest },
      ];
}
