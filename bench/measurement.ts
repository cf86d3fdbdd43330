/** What a row of the bench gives: samples with a unit, the budget they are held against, a verdict. */
export type Unit = 'ms' | 'bytes' | 'MB' | '%' | 'per second' | 'count' | 'times';

export interface Measurement {
  readonly name: string;
  readonly samples: readonly number[];
  readonly unit: Unit;
  /** At most this; at least this where more is better (`per second`). Undefined: for information. */
  readonly budget: number | undefined;
  /** What was measured of the system that supervene replaces, in the same unit. */
  readonly replaced?: number;
  readonly note?: string;
}

export interface Summary {
  readonly n: number;
  readonly p50: number;
  readonly max: number;
}

export interface Verdict {
  readonly isWithin: boolean;
  /** `over by 12 %`, `ok`. */
  readonly text: string;
}

/** The median of an even number of samples is the mean of the two in the middle. */
export function summarize(samples: readonly number[]): Summary {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const low = sorted[Math.floor(middle)] ?? Number.NaN;
  const high = sorted[Math.ceil(middle)] ?? Number.NaN;
  return { n: sorted.length, p50: (low + high) / 2, max: sorted.at(-1) ?? Number.NaN };
}

export function judge({ samples, unit, budget }: Measurement): Verdict {
  if (budget === undefined) return { isWithin: true, text: '-' };
  const { p50 } = summarize(samples);
  const isMoreBetter = unit === 'per second';
  const isWithin = isMoreBetter ? p50 >= budget : p50 <= budget;
  if (isWithin) return { isWithin, text: 'ok' };
  if (Number.isNaN(p50)) return { isWithin: false, text: 'not measured' };
  const percent = Math.round((Math.abs(p50 - budget) / budget) * 100);
  return { isWithin, text: `${isMoreBetter ? 'short' : 'over'} by ${String(percent)} %` };
}

export function formatAmount(amount: number, unit: Unit): string {
  if (Number.isNaN(amount)) return '-';
  const digits = Math.abs(amount) >= 100 ? 0 : Math.abs(amount) >= 10 ? 1 : 2;
  const number = amount.toLocaleString('en', {
    maximumFractionDigits: unit === 'count' || unit === 'bytes' ? 0 : digits,
  });
  return unit === 'per second' ? `${number}/s` : unit === 'count' ? number : `${number} ${unit}`;
}
