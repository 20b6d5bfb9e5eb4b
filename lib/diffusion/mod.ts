/**
 * Diffusion in the terms of Karras et al. 2022: levels, denoisers, guidance,
 * samplers and reproducible noise. This module is browser compatible.
 *
 * @module
 */
export * from "./budget.ts";
export * from "./denoiser.ts";
export * from "./dpmpp_2m.ts";
export * from "./dpmpp_2s.ts";
export * from "./euler.ts";
export * from "./guidance.ts";
export * from "./heun.ts";
export * from "./noise.ts";
export * from "./philox.ts";
export * from "./pingpong.ts";
export * from "./sampler.ts";
export * from "./sampler_options.ts";
export * from "./schedule.ts";
export * from "./vector.ts";
