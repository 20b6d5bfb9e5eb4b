/**
 * Time that passes only when nothing else is left to do.
 *
 * @module
 */
import { setImmediate } from "node:timers";

interface Alarm {
  ms: number;
  /** Orders alarms of one moment. */
  index: number;
  ring: () => void;
}

/** A clock in ms, from 0. */
export class VirtualClock {
  #nowMs = 0;
  #alarms: Alarm[] = [];
  #count = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Resolves after `ms`, at least at once. */
  sleep(ms: number): Promise<void> {
    return new Promise((ring) => {
      const alarm = { ms: this.#nowMs + Math.max(0, ms), ring };
      this.#push({ ...alarm, index: this.#count++ });
    });
  }

  /** Lets time pass until nobody sleeps any more, or until `endMs`. */
  async run(endMs: number): Promise<void> {
    await settled();
    while (this.#alarms.length > 0 && this.#alarms[0]!.ms <= endMs) {
      const { ms, ring } = this.#pop();
      this.#nowMs = ms;
      ring();
      // All that rings at one moment does so before anybody goes on far.
      if (this.#alarms[0]?.ms !== ms) await settled();
    }
    this.#nowMs = endMs;
  }

  #push(alarm: Alarm): void {
    const heap = this.#alarms;
    let at = heap.push(alarm) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (before(heap[parent]!, alarm)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = alarm;
  }

  #pop(): Alarm {
    const heap = this.#alarms;
    const [first] = heap;
    const last = heap.pop()!;
    if (heap.length === 0) return first!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && before(right, heap[child]!)) child++;
      if (before(last, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first!;
  }
}

function before(a: Alarm, b: Alarm): boolean {
  return a.ms < b.ms || a.ms === b.ms && a.index < b.index;
}

/** All microtasks have run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
