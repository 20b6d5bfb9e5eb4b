/**
 * Noise levels of a sampler. This module is browser compatible.
 *
 * @module
 */

/** Options of {@linkcode karrasSigmas}. */
export interface KarrasOptions {
  /** Steps N, at least 1. */
  steps: number;
  /** Lowest level, above 0. */
  sigmaMin: number;
  /** Highest level. */
  sigmaMax: number;
  /** Exponent of the warp (default 7); higher spends more steps at low noise. */
  rho?: number;
  /**
   * Position of level i on the warped line from sigmaMax (0) to sigmaMin (1):
   * "n-1" (default): i / (N - 1), the last level is sigmaMin; "n": i / N, the
   * last level lies one place above it.
   */
  grid?: "n-1" | "n";
}

/**
 * Levels of Karras et al. 2022, equation 5, and a trailing 0.
 *
 * @returns N + 1 levels, falling; [sigmaMax, 0] for one step on either grid.
 * @throws {RangeError} If an option is out of range.
 */
export function karrasSigmas(options: KarrasOptions): Float64Array {
  const { steps, sigmaMin, sigmaMax, rho = 7, grid = "n-1" } = options;
  requireSteps(steps);
  if (!(sigmaMin > 0 && sigmaMin <= sigmaMax && rho > 0)) {
    throw new RangeError(
      `Cannot space sigmas from ${sigmaMax} to ${sigmaMin} with rho ${rho}: ` +
        "need 0 < sigmaMin <= sigmaMax and rho > 0",
    );
  }
  const sigmas = new Float64Array(steps + 1);
  const from = sigmaMax ** (1 / rho);
  const to = sigmaMin ** (1 / rho);
  const places = Math.max(1, grid === "n" ? steps : steps - 1);
  for (let i = 0; i < steps; i++) {
    sigmas[i] = (from + i / places * (to - from)) ** rho;
  }
  return sigmas;
}

/** A schedule as a model package states it. */
export type Schedule =
  | {
    kind: "karras";
    sigma_min: number;
    sigma_max: number;
    rho: number;
    grid?: "n-1" | "n" | undefined;
  }
  /** `levels[n]`: the n levels of n steps, falling and above 0. */
  | { kind: "levels"; levels: Record<string, number[]> };

/**
 * Levels of a package's schedule for a number of steps, and a trailing 0.
 *
 * @throws {RangeError} If the schedule has no levels for `steps`, or they do not fall to above 0.
 */
export function scheduleSigmas(
  schedule: Schedule,
  steps: number,
): Float64Array {
  if (schedule.kind === "karras") {
    return karrasSigmas({
      steps,
      sigmaMin: schedule.sigma_min,
      sigmaMax: schedule.sigma_max,
      rho: schedule.rho,
      grid: schedule.grid ?? "n-1",
    });
  }
  requireSteps(steps);
  const levels = schedule.levels[steps];
  if (levels === undefined) {
    throw new RangeError(
      `Cannot sample in ${steps} steps: the package has levels for ${
        Object.keys(schedule.levels).join(", ")
      }`,
    );
  }
  const sigmas = Float64Array.of(...levels, 0);
  for (let i = 0; i < levels.length; i++) {
    if (!(sigmas[i]! > sigmas[i + 1]!)) break;
    if (i === steps - 1 && levels.length === steps) return sigmas;
  }
  throw new RangeError(
    `Cannot use levels ${levels.join(", ")} for ${steps} steps: ` +
      "must be as many, falling and above 0",
  );
}

function requireSteps(steps: number): void {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(
      `Cannot sample in ${steps} steps: must be an integer of at least 1`,
    );
  }
}
