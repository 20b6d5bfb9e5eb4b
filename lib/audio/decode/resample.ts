import libsamplerate from "@alexanderolsen/libsamplerate-js";

/** The filter's tail: without so much silence after it, the end would be missing. */
const TAIL_SECONDS = 0.02;

/**
 * Resamples a channel by band-limited interpolation (libsamplerate).
 *
 * @returns `round(samples.length * toHz / fromHz)` samples.
 */
export async function resample(
  samples: Float32Array,
  fromHz: number,
  toHz: number,
): Promise<Float32Array> {
  if (fromHz === toHz) return samples;
  const { create, ConverterType } = libsamplerate;
  const converter = await create(1, fromHz, toHz, {
    converterType: ConverterType.SRC_SINC_MEDIUM_QUALITY,
  });
  try {
    const tail = Math.ceil(TAIL_SECONDS * fromHz);
    const padded = new Float32Array(samples.length + tail);
    padded.set(samples);
    const length = Math.round(samples.length * toHz / fromHz);
    return converter.full(padded).slice(0, length);
  } finally {
    converter.destroy();
  }
}
