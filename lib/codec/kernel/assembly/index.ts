// The synthesis's inner loops, in AssemblyScript: `deno task kernel` after a change.
// Addresses are in bytes; nothing is allocated here.
export { envelope } from "./envelope";
export { exponentials } from "./exponential";
export { drawNoise } from "./noise";
export { overlapAdd, shiftAdd } from "./overlap";
export { predict, start, sweepDown, sweepUp } from "./phase";
export { placeTones } from "./tones";
