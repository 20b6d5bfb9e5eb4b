/**
 * What a bench says of its samples.
 *
 * @module
 */

/** Order statistics of one measured figure. */
export interface Stats {
  count: number;
  p50: number;
  p99: number;
  min: number;
  max: number;
}

/** Value at quantile `q` (0-1) of sorted samples: the nearest rank. */
function quantile(sorted: readonly number[], q: number): number {
  const rank = Math.ceil(q * sorted.length) - 1;
  return sorted[Math.max(0, rank)]!;
}

/** Statistics of at least one sample. */
export function statsOf(samples: readonly number[]): Stats {
  const sorted = samples.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    min: sorted[0]!,
    max: sorted.at(-1)!,
  };
}

/** One line of the report. */
export interface Row {
  name: string;
  unit: string;
  stats: Stats;
  /** What it is held against, in words. */
  goal: string;
}

/** Prints rows as a table. */
export function printRows(rows: readonly Row[]): void {
  const digits = (value: number) =>
    Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1);
  const lines = rows.map(({ name, unit, stats, goal }) => [
    name,
    unit,
    digits(stats.p50),
    digits(stats.p99),
    `${digits(stats.min)}-${digits(stats.max)}`,
    String(stats.count),
    goal,
  ]);
  const head = ["what", "unit", "p50", "p99", "range", "n", "goal"];
  const widths = head.map((title, i) =>
    Math.max(title.length, ...lines.map((line) => line[i]!.length))
  );
  for (const line of [head, ...lines]) {
    console.log(line.map((cell, i) => cell.padEnd(widths[i]!)).join("  "));
  }
}
