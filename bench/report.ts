/** The table of a bench run, and the same as JSON. Times are also given as multiples of the yardstick. */
import { formatAmount, judge, type Measurement, summarize } from './measurement.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
}

const columns = ['what', 'p50', 'max', 'n', 'x yardstick', 'replaced', 'budget', 'verdict'];

export function layOutReport(
  measurements: readonly Measurement[],
  yardstickMs: number | undefined,
): readonly string[] {
  const rows = [columns, ...measurements.map((one) => toCells(one, yardstickMs))];
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, index) =>
        index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0),
      )
      .join('  '),
  );
  const notes = measurements.flatMap(({ name, note }) =>
    note === undefined ? [] : [`  ${name}: ${note}`],
  );
  return notes.length === 0 ? lines : [...lines, '', ...notes];
}

function toCells(one: Measurement, yardstickMs: number | undefined): readonly string[] {
  const { n, p50, max } = summarize(one.samples);
  const ratio =
    one.unit === 'ms' && yardstickMs !== undefined ? (p50 / yardstickMs).toFixed(2) : '';
  return [
    one.name,
    formatAmount(p50, one.unit),
    formatAmount(max, one.unit),
    String(n),
    ratio,
    one.replaced === undefined ? '' : formatAmount(one.replaced, one.unit),
    one.budget === undefined ? '' : formatAmount(one.budget, one.unit),
    judge(one).text,
  ];
}

export function toJson(
  measurements: readonly Measurement[],
  yardstickMs: number | undefined,
  machine: Machine,
): string {
  const rows = measurements.map((one) => ({
    ...one,
    ...summarize(one.samples),
    xYardstick:
      one.unit === 'ms' && yardstickMs ? summarize(one.samples).p50 / yardstickMs : undefined,
    isWithin: judge(one).isWithin,
    verdict: judge(one).text,
  }));
  return JSON.stringify({ machine, yardstickMs, rows }, undefined, 2);
}
