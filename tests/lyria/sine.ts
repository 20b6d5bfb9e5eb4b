import { assert } from "@std/assert";
import { sineAt } from "../fakes.ts";

/** Asserts that s16le PCM is what a sine stream plays from sample 0 on. */
export function assertSine(pcm: Uint8Array): void {
  const samples = new Int16Array(pcm.slice().buffer, 0, pcm.length >> 1);
  let worst = 0;
  for (let i = 0; i < samples.length; i++) {
    const sine = sineAt(i >> 1, (i & 1) as 0 | 1) * 32_767;
    worst = Math.max(worst, Math.abs(samples[i]! - sine));
  }
  assert(samples.length > 0 && worst <= 1.5, `off by ${worst}`);
}
