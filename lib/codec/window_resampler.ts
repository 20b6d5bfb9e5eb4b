/**
 * Changes the rate of windows that follow each other. libsamplerate's own state
 * cannot be copied, and a stream has to go back now and then: so each window
 * brings what came before it, and its filter begins there.
 *
 * @module
 */
import libsamplerate from "@alexanderolsen/libsamplerate-js";

/** Takes a channel; gives `output / input` times as many samples. */
export type WindowResampler = (
  samples: Float32Array,
) => Float32Array<ArrayBuffer>;

/**
 * Makes a resampler by a ratio of whole numbers.
 *
 * @param input Samples that become...
 * @param output ...so many.
 */
export async function createWindowResampler(
  input: number,
  output: number,
): Promise<WindowResampler> {
  const { create, ConverterType } = libsamplerate;
  const converter = await create(1, input, output, {
    converterType: ConverterType.SRC_SINC_MEDIUM_QUALITY,
  });
  // `full` begins anew each time.
  return (samples) => Float32Array.from(converter.full(samples));
}
