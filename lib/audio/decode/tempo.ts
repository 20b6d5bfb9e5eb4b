import MusicTempo from "music-tempo";

const SAMPLE_RATE_HZ = 48_000;
/** Samples between onset measurements: 10 ms. */
const HOP_SAMPLES = 480;
/** Tempi that a stream can have, in beats a minute. */
const MIN_BPM = 40;
const MAX_BPM = 240;

/**
 * Estimates the tempo of audio at 48 kHz, in beats a minute, or null where no
 * pulse is found. Expect octave errors: half and double time sound alike.
 */
export function estimateBpm(
  left: Float32Array,
  right: Float32Array,
): number | null {
  const mono = left.map((value, i) => (value + right[i]!) / 2);
  try {
    const { tempo } = new MusicTempo(mono, {
      hopSize: HOP_SAMPLES,
      timeStep: HOP_SAMPLES / SAMPLE_RATE_HZ,
    });
    const bpm = Math.round(Number(tempo) * 10) / 10;
    return bpm >= MIN_BPM && bpm <= MAX_BPM ? bpm : null;
  } catch {
    // The library throws where it finds too few onsets.
    return null;
  }
}
