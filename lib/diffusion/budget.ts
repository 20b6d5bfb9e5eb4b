/**
 * How much of a network runs at which noise level, as in Presto-L: at high noise
 * only the coarse outline is decided, for which fewer layers do. This module is
 * browser compatible.
 *
 * @module
 */

/** Blocks to run at levels above `above`. */
export interface Budget {
  above: number;
  blocks: number;
}

/**
 * Blocks to run at a noise level.
 *
 * @param budgets By falling `above`; the last is above 0.
 * @param sigma Above 0.
 * @throws {RangeError} If no budget is for `sigma`.
 */
export function blocksAt(budgets: readonly Budget[], sigma: number): number {
  const budget = budgets.find(({ above }) => sigma > above);
  if (budget) return budget.blocks;
  const levels = budgets.map(({ above }) => above).join(", ");
  throw new RangeError(
    `Cannot run at level ${sigma}: there are budgets above ${levels}`,
  );
}
