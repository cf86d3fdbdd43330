/** What a bench of the fleet finds, and the table that puts several runs side by side. */
import { formatAmount, type Unit } from '../measurement.ts';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: Unit;
}

/** The same figures, measured on a fleet of another size. */
export interface Run {
  /** `1 host`. */
  readonly label: string;
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
}

/** A column for each run and, behind them, the last one as a multiple of the first. */
export function layOutRuns(
  title: string,
  runs: readonly Run[],
  { hasRatio = runs.length > 1 }: { readonly hasRatio?: boolean } = {},
): readonly string[] {
  const [first] = runs;
  const last = runs.at(-1);
  if (first === undefined || last === undefined) return [];
  const names = [...new Set(runs.flatMap(({ figures }) => figures.map(({ name }) => name)))];
  const head = [title, ...runs.map(({ label }) => label), ...(hasRatio ? ['ratio'] : [])];
  const rows = names.map((name) => {
    const cells = runs.map((run) => {
      const figure = run.figures.find((one) => one.name === name);
      return figure === undefined ? '-' : formatAmount(figure.value, figure.unit);
    });
    return [name, ...cells, ...(hasRatio ? [ratio(first, last, name)] : [])];
  });
  const table = [head, ...rows];
  const widths = head.map((_, index) => Math.max(...table.map((row) => row[index]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, index) =>
        index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0),
      )
      .join('  '),
  );
  const notes = runs.flatMap(({ label, notes: own }) => own.map((note) => `  ${label}: ${note}`));
  return [...lines, ...notes, ''];
}

function ratio(first: Run, last: Run, name: string): string {
  const [a, b] = [first, last].map(
    ({ figures }) => figures.find((figure) => figure.name === name)?.value,
  );
  if (a === undefined || b === undefined || a === 0) return '';
  return `x ${(b / a).toFixed(b / a < 10 ? 2 : 0)}`;
}

/** By nearest rank: with 50 samples the 99th percentile is the largest. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.max(0, rank - 1)] ?? Number.NaN;
}
