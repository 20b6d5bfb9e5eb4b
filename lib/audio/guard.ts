/**
 * Peak guard, the last stage before PCM is quantised. This module is browser
 * compatible.
 *
 * @module
 */

/** Magnitude up to which the guard is transparent: -4.5 dBFS. */
export const GUARD_KNEE = 10 ** (-4.5 / 20);

/** Magnitude that the guard never reaches: -2.4 dBFS. */
export const GUARD_CEILING = 10 ** (-2.4 / 20);

/**
 * Bends peaks below -2.4 dBFS, in place, with a memoryless soft knee:
 *
 *     |y| = |x|                                  if |x| <= knee
 *     |y| = knee + r tanh((|x| - knee) / r)      else, r = ceiling - knee
 *
 * Slope and curvature are continuous at the knee. Being stateless, the guard
 * needs no look-ahead and gives the same samples however a stream is cut, which
 * a limiter would not. It bounds samples, not the band-limited signal between
 * them: the 2.4 dB are room for that, enough to keep the true peak (4x
 * oversampled, ITU-R BS.1770) of broadband music driven 6 dB over full scale
 * below 0 dBTP; a loud lone tone above about 4 kHz can still exceed that. NaN
 * becomes 0, so that one bad value cannot poison an encoder.
 */
export function guardPeaks(samples: Float32Array): void {
  const range = GUARD_CEILING - GUARD_KNEE;
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i]!;
    const magnitude = Math.abs(x);
    if (magnitude <= GUARD_KNEE) continue;
    const bent = GUARD_KNEE +
      range * Math.tanh((magnitude - GUARD_KNEE) / range);
    samples[i] = Math.sign(x) * bent || 0;
  }
}
