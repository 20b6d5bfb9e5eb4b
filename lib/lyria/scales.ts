/**
 * The scales of Lyria: a major key and its relative minor, which have the same
 * notes. Null is the model's own choice.
 *
 * @module
 */

/** The key of each scale, as `parseKey` reads it. */
export const SCALES: ReadonlyMap<string, string | null> = new Map([
  ["SCALE_UNSPECIFIED", null],
  ["C_MAJOR_A_MINOR", "C major"],
  ["D_FLAT_MAJOR_B_FLAT_MINOR", "Db major"],
  ["D_MAJOR_B_MINOR", "D major"],
  ["E_FLAT_MAJOR_C_MINOR", "Eb major"],
  ["E_MAJOR_D_FLAT_MINOR", "E major"],
  ["F_MAJOR_D_MINOR", "F major"],
  ["G_FLAT_MAJOR_E_FLAT_MINOR", "Gb major"],
  ["G_MAJOR_E_MINOR", "G major"],
  ["A_FLAT_MAJOR_F_MINOR", "Ab major"],
  ["A_MAJOR_G_FLAT_MINOR", "A major"],
  ["B_FLAT_MAJOR_G_MINOR", "Bb major"],
  ["B_MAJOR_A_FLAT_MINOR", "B major"],
]);
