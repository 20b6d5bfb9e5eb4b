/**
 * Decoders of the tiny packages: causal, with one latent frame of left context.
 *
 * @module
 */
import { GraphBuilder } from "./graph_builder.ts";
import {
  ENVELOPE_VALUES,
  HOP_SAMPLES,
  LATENT_CHANNELS,
  SPECTRUM,
  STFT_FRAMES,
} from "./shape.ts";
import { randomWeights } from "./weights.ts";

const WIDTH = 32;
/** Samples that share one set of amplitudes, 10 ms. */
const SLOT_SAMPLES = HOP_SAMPLES / STFT_FRAMES;
/** Partials of the PCM decoder: whole periods per slot, so that slots join without a click. */
const PARTIALS = 16;
const PARTIAL_HZ = 100;
/** Width of the spectrum decoder's heads, which keeps their matrices small. */
const RANK = 6;

/** Latents and the frame before each -> `size` values per 10 ms slot: (1, slots, size). */
function slots(g: GraphBuilder, size: number, latents: string): string {
  const kernel = randomWeights(21, LATENT_CHANNELS * 2, WIDTH, 2);
  const conv = g.node("Conv", [
    g.node("Transpose", [latents], { perm: [0, 2, 1] }),
    g.weights(kernel, [WIDTH, LATENT_CHANNELS, 2]),
  ], { kernel_shape: [2], pads: [1, 0] });
  const hidden = g.node("Tanh", [
    g.node("Transpose", [conv], { perm: [0, 2, 1] }),
  ]);
  const width = STFT_FRAMES * size;
  const values = g.node("MatMul", [
    hidden,
    g.weights(randomWeights(22, WIDTH, width, 1), [WIDTH, width]),
  ]);
  return g.node("Reshape", [values, g.integers(1, -1, size)]);
}

function input(g: GraphBuilder, name: string, axis: string): string {
  return g.input(name, [1, axis, LATENT_CHANNELS]);
}

/** One period-aligned sine per partial, panned across the stereo field: (PARTIALS, 2 * SLOT_SAMPLES). */
function partials(): Float32Array {
  const basis = new Float32Array(PARTIALS * 2 * SLOT_SAMPLES);
  for (let k = 0; k < PARTIALS; k++) {
    const pan = (k % 5) / 4;
    for (let n = 0; n < SLOT_SAMPLES; n++) {
      const turn = PARTIAL_HZ * (k + 1) * n / 48_000;
      const value = 0.06 * Math.sin(2 * Math.PI * turn);
      const at = k * 2 * SLOT_SAMPLES + n;
      basis[at] = (1 - pan / 2) * value;
      basis[at + SLOT_SAMPLES] = (0.5 + pan / 2) * value;
    }
  }
  return basis;
}

/** Decoder of kind "pcm". */
export function pcmDecoderGraph(): Uint8Array {
  const g = new GraphBuilder();
  const basis = g.weights(partials(), [PARTIALS, 2 * SLOT_SAMPLES]);
  const wave = g.node("Tanh", [
    g.node("MatMul", [
      slots(g, PARTIALS, input(g, "latents", "frames")),
      basis,
    ]),
  ]);
  const perSlot = g.node("Reshape", [
    wave,
    g.integers(1, -1, 2, SLOT_SAMPLES),
  ]);
  const planar = g.node("Transpose", [perSlot], { perm: [0, 2, 1, 3] });
  const pcm = g.node("Reshape", [planar, g.integers(1, 2, -1)]);
  g.output(pcm, "pcm", [1, 2, "samples"]);
  return g.build();
}

/** Peaks at the harmonics of 110 Hz, falling by 6 dB an octave: natural log of |L| + |R|. */
function spectralPeaks(): Float32Array {
  const spacingBins = 110 * SPECTRUM.n_fft / 48_000;
  return Float32Array.from({ length: SPECTRUM.tonal_bins }, (_, k) => {
    const harmonic = Math.max(1, Math.round(k / spacingBins));
    const distance = Math.abs(k - harmonic * spacingBins);
    return 5 - Math.log(harmonic) - 0.35 * Math.min(distance, 3) ** 2;
  });
}

/** Decoder of kind "spectrum". */
export function spectrumDecoderGraph(): Uint8Array {
  const { tonal_bins: bins, hf_bands, pan_bands_hz } = SPECTRUM;
  const g = new GraphBuilder();
  const latents = input(g, "latents", "frames");
  const context = input(g, "context", "known");
  const all = g.node("Concat", [context, latents], { axis: 1 });
  const known = g.node("Shape", [context], { start: 1, end: 2 });
  const hidden = g.node("Tanh", [
    // Of the context nothing is given out.
    g.node("Slice", [
      slots(g, RANK, all),
      g.node("Mul", [known, g.integers(STFT_FRAMES)]),
      g.integers(Number.MAX_SAFE_INTEGER),
      g.integers(1),
    ]),
  ]);

  function head(array: number, gain: number, bias: Float32Array): string {
    const weights = randomWeights(array, RANK, bias.length, gain);
    return g.node("Add", [
      g.node("MatMul", [hidden, g.weights(weights, [RANK, bias.length])]),
      g.weights(bias, [bias.length]),
    ]);
  }
  function complexHead(array: number, name: string): void {
    // Around 1: a steady tone at the bin's centre.
    const one = Float32Array.from({ length: 2 * bins }, (_, i) => (i + 1) % 2);
    const value = head(array, 0.4, one);
    const shape = g.integers(1, -1, bins, 2);
    g.output(g.node("Reshape", [value, shape]), name, [1, "slots", bins, 2]);
  }

  g.output(head(31, 1, spectralPeaks()), "log_mag", [1, "slots", bins]);
  const noise = new Float32Array(hf_bands.length).fill(-1.5);
  g.output(head(32, 1, noise), "hf", [1, "slots", noise.length]);
  const centre = new Float32Array(pan_bands_hz.length);
  const pan = g.node("Tanh", [head(33, 0.5, centre)]);
  g.output(pan, "pan", [1, "slots", centre.length]);
  const near = new Float32Array(pan_bands_hz.length).fill(1.5);
  const coherence = g.node("Sigmoid", [head(37, 0.5, near)]);
  g.output(coherence, "coherence", [1, "slots", near.length]);
  complexHead(34, "advance");
  complexHead(35, "step");
  const quiet = new Float32Array(ENVELOPE_VALUES).fill(-4.5);
  const envelope = head(36, 0.5, quiet);
  g.output(
    g.node("Reshape", [envelope, g.integers(1, -1)]),
    "env",
    [1, "values"],
  );
  return g.build();
}
