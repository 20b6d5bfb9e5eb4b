/**
 * What units of work cost, learned from those that ran.
 *
 * @module
 */

/** Share of the newest measurement in an estimate. */
const NEWEST = 0.1;

/** Cost of a unit of which nothing is known, in ms. */
const UNKNOWN_MS = 10;

/** Moving averages by kind of unit and number of rows in a batch. */
export class Costs {
  readonly #ms = new Map<string, Map<number, number>>();

  /** Takes in one measurement, in ms. */
  record(key: string, rows: number, ms: number): void {
    let byRows = this.#ms.get(key);
    if (!byRows) this.#ms.set(key, byRows = new Map());
    const before = byRows.get(rows);
    byRows.set(
      rows,
      before === undefined ? ms : before + NEWEST * (ms - before),
    );
  }

  /** True if a batch of `rows` has been measured. */
  known(key: string, rows: number): boolean {
    return this.#ms.get(key)?.has(rows) ?? false;
  }

  /** Expected time of a batch, in ms: in proportion to the nearest size if this one never ran. */
  estimate(key: string, rows: number): number {
    const byRows = this.#ms.get(key);
    if (!byRows) return UNKNOWN_MS * rows;
    const exact = byRows.get(rows);
    if (exact !== undefined) return exact;
    let nearest = NaN;
    for (const each of byRows.keys()) {
      const closer = Math.abs(each - rows) < Math.abs(nearest - rows);
      if (Number.isNaN(nearest) || closer) nearest = each;
    }
    return byRows.get(nearest)! * rows / nearest;
  }
}
