/**
 * Parts of a stream.
 *
 * @module
 */

/** Ranges of samples that do not touch, in order. */
export class Spans {
  #spans: { from: number; to: number }[] = [];

  /** Samples in all. */
  get total(): number {
    return this.#spans.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** Adds [from, to), which begins no earlier than all before. */
  add(from: number, to: number): void {
    const last = this.#spans.at(-1);
    if (to <= from) return;
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else this.#spans.push({ from, to });
  }

  /** True if `sample` is in one of them. */
  has(sample: number): boolean {
    return this.#spans.some(({ from, to }) => from <= sample && sample < to);
  }

  /** Forgets what is before `from`. */
  forget(from: number): void {
    while (this.#spans[0] && this.#spans[0].to <= from) this.#spans.shift();
  }

  /** The ranges, [from, to). */
  get all(): [from: number, to: number][] {
    return this.#spans.map(({ from, to }) => [from, to]);
  }

  /** Forgets what is from `end` on. */
  truncate(end: number): void {
    this.#spans = this.#spans.filter(({ from }) => from < end);
    const last = this.#spans.at(-1);
    if (last) last.to = Math.min(last.to, end);
  }
}
