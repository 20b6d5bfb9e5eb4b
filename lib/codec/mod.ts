/**
 * Decoders' synthesis stages and encoders' analysis. This module is browser compatible.
 *
 * @module
 */
export type { SpectrumFeatures, SpectrumParams } from "./spectrum/params.ts";
export {
  createSpectrumSynth,
  type SpectrumOutput,
  SpectrumSynth,
} from "./spectrum/synth.ts";
export {
  type AnalysisParams,
  createSpectrumAnalyser,
  SpectrumAnalyser,
} from "./analysis/analyser.ts";
export {
  createWindowResampler,
  type WindowResampler,
} from "./window_resampler.ts";
