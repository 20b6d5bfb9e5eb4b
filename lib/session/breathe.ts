/**
 * Keeps the event loop responsive while packets are encoded back to back.
 *
 * @module
 */
import { setImmediate } from "node:timers";

/** Longest stretch of work between two turns of the event loop, in ms. */
const STRETCH_MS = 4;

let turnBegan = -Infinity;
let nextTurn: Promise<void> | null = null;

/**
 * Resolves at once while the current turn of the event loop is young, else in
 * the next turn. The stretch is shared by all callers: many streams that call
 * this after every packet block the loop no longer than one does.
 */
export async function breathe(): Promise<void> {
  if (performance.now() - turnBegan < STRETCH_MS) return;
  // `setTimeout(0)` would cost a millisecond or two at every turn.
  nextTurn ??= new Promise((resolve) => {
    setImmediate(() => {
      turnBegan = performance.now();
      nextTurn = null;
      resolve();
    });
  });
  await nextTurn;
}
