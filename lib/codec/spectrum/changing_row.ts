/** A row of values of which most are as the one before: what follows from it is computed once. */
export class ChangingRow {
  readonly values: Float32Array;

  constructor(length: number) {
    this.values = new Float32Array(length).fill(NaN);
  }

  /** Takes up the row of `values` that begins at `at`. Returns whether it is another. */
  take(values: Float32Array, at: number): boolean {
    const row = this.values;
    let changed = false;
    for (let i = 0; i < row.length; i++) {
      const value = values[at + i]!;
      changed ||= value !== row[i];
      row[i] = value;
    }
    return changed;
  }
}
