import type { SizePlan } from '../contracts/plan/size.js';

/**
 * The size below which a share `u` of the messages lies, in whole bytes: what turns numbers that are evenly spread
 * over [0, 1) into sizes. A normal or log-normal spread is cut off at the bounds, and not heaped up there.
 */
export function sizeQuantile({ minBytes, maxBytes, spread }: SizePlan): (u: number) => number {
  const within = (bytes: number): number => Math.min(maxBytes, Math.max(minBytes, Math.round(bytes)));
  switch (spread?.kind) {
    case undefined:
      return (u) => minBytes + Math.floor(u * (maxBytes - minBytes + 1));
    case 'normal': {
      const { meanBytes, sdBytes } = spread;
      const z = cutNormal((minBytes - meanBytes) / sdBytes, (maxBytes - meanBytes) / sdBytes);
      return (u) => within(meanBytes + sdBytes * z(u));
    }
    case 'lognormal': {
      const { medianBytes, sigma } = spread;
      const z = cutNormal(Math.log(minBytes / medianBytes) / sigma, Math.log(maxBytes / medianBytes) / sigma);
      return (u) => within(medianBytes * Math.exp(sigma * z(u)));
    }
    case 'choice':
      return choiceQuantile(spread.choices);
    case 'percentiles':
      return (u) => within(between(spread.points, u * 100));
  }
}

/** The mean of all sizes; of a spread, by a thousand of its quantiles. */
export function meanSize(size: SizePlan): number {
  if (size.spread === undefined) return (size.minBytes + size.maxBytes) / 2;
  const quantile = sizeQuantile(size);
  let sum = 0;
  for (let i = 0; i < 1000; i++) sum += quantile((i + 0.5) / 1000);
  return sum / 1000;
}

function choiceQuantile(
  choices: readonly { readonly bytes: number; readonly weight: number }[],
): (u: number) => number {
  const sum = choices.reduce((total, { weight }) => total + weight, 0);
  const last = choices[choices.length - 1]!;
  return (u) => {
    let left = u * sum;
    for (const { bytes, weight } of choices) {
      left -= weight;
      if (left < 0) return bytes;
    }
    return last.bytes;
  };
}

function between(
  points: readonly { readonly percentile: number; readonly bytes: number }[],
  percentile: number,
): number {
  const next = points.findIndex((point) => point.percentile > percentile);
  if (next <= 0) return points[next < 0 ? points.length - 1 : 0]!.bytes;
  const [from, to] = [points[next - 1]!, points[next]!];
  const share = (percentile - from.percentile) / (to.percentile - from.percentile);
  return from.bytes + share * (to.bytes - from.bytes);
}

/** Quantiles of the standard normal distribution, of which only what lies between two bounds is left. */
function cutNormal(from: number, to: number): (u: number) => number {
  const [low, high] = [normalShare(from), normalShare(to)];
  return (u) => {
    const share = low + u * (high - low);
    return share <= 0 ? from : share >= 1 ? to : normalQuantile(share);
  };
}

/** The share below `z` (Abramowitz and Stegun 26.2.17; good to 7.5e-8). */
function normalShare(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    Math.exp((-z * z) / 2) *
    0.3989422804014327 *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z >= 0 ? 1 - tail : tail;
}

/** Turns `normalShare` around, by halving: sizes are drawn once, before the load. */
function normalQuantile(share: number): number {
  let [low, high] = [-9, 9];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalShare(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
