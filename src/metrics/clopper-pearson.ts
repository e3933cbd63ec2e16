/**
 * Exact bounds of a probability that was seen `successes` times in `trials` (C. J. Clopper and E. S. Pearson, "The use of
 * confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26, 1934, pages 404 to 413). Each is
 * one-sided: it is wrong in at most a share `alpha` of all cases.
 */

/** The largest p below which so many successes, or more, would come with a probability below `alpha`; 0 without a success. */
export function lowerBound(successes: number, trials: number, alpha: number): number {
  if (successes === 0) return 0;
  let low = 0;
  let high = 1;
  // Halved until there is no double in between: 60 times is more than it has bits.
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (tailFrom(successes, trials, middle) < alpha) low = middle;
    else high = middle;
  }
  return low;
}

/** The smallest p above which so few successes, or fewer, would come with a probability below `alpha`; 1 without a failure. */
export function upperBound(successes: number, trials: number, alpha: number): number {
  return 1 - lowerBound(trials - successes, trials, alpha);
}

/** How likely `successes` or more of `trials` are, each with probability `p`. */
export function tailFrom(successes: number, trials: number, p: number): number {
  if (successes <= 0) return 1;
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  const logOdds = Math.log(p) - Math.log1p(-p);
  let logTerm = trials * Math.log1p(-p);
  let sum = 0;
  for (let k = 0; k <= trials; k++) {
    if (k >= successes) sum += Math.exp(logTerm);
    logTerm += logOdds + Math.log(trials - k) - Math.log(k + 1);
  }
  return Math.min(1, sum);
}
