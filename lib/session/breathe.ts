/**
 * Keeps the event loop responsive while packets are encoded back to back.
 *
 * @module
 */
import { nextTick } from "node:process";
import { setImmediate } from "node:timers";

/** Longest stretch of work between two turns of the event loop, in ms. */
const STRETCH_MS = 4;

let turnBegan = -Infinity;
/** Whoever waits for a turn, the first to wait first. */
const waiting: (() => void)[] = [];
/** True while somebody is about to be let go on. */
let serving = false;

/**
 * Resolves at once while the current turn of the event loop is young, else in a
 * later turn. The stretch is shared by all callers: many streams that call this
 * before every packet block the loop no longer than one does, though all of
 * them be due at once.
 */
export async function breathe(): Promise<void> {
  if (!serving && isYoung()) return;
  await new Promise<void>((resolve) => {
    waiting.push(resolve);
    if (serving) return;
    serving = true;
    // `setTimeout(0)` would cost a millisecond or two at every turn.
    setImmediate(turn);
  });
}

function isYoung(): boolean {
  return performance.now() - turnBegan < STRETCH_MS;
}

function turn(): void {
  turnBegan = performance.now();
  serveNext();
}

/** One at a time: let go on together, all would look at the clock before any of them works. */
function serveNext(): void {
  if (waiting.length === 0) {
    serving = false;
  } else if (isYoung()) {
    waiting.shift()!();
    // A tick comes once there are no more microtasks: when it waits again.
    queueMicrotask(() => nextTick(serveNext));
  } else {
    setImmediate(turn);
  }
}
