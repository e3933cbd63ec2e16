import type { Random } from '../base/random.js';
import type { SizePlan } from '../contracts/plan/size.js';
import type { FrameText } from './frame-text.js';
import { sizeQuantile } from './size-quantile.js';

/** One kind of message in a mix, with the sizes of its payloads. Weights are relative. */
export interface FrameKind extends SizePlan {
  readonly subject: string;
  readonly weight: number;
  /** Makes the payload of one frame, for which `bytes` was drawn as its size; noise unless told. */
  readonly payload?: (random: Random, bytes: number) => FrameText;
  /** Where the stamp stands: at the payload's beginning unless told. In the header, the payload is left as it is. */
  readonly stampIn?: 'payload' | 'header';
}

/** The messages of a mix, one after the other: which kind each is of, and how large its payload is. */
export interface FrameMix {
  readonly kind: Uint16Array;
  readonly payloadBytes: Uint32Array;
}

/**
 * Draws `count` messages whose shares are those of the weights, to the nearest message and with at least one of each
 * kind, in random order; more than `count` when there are more kinds. Each kind has its sizes from equal parts of their
 * spread. Drawn once and repeated, the mix is exact where independent draws would only be close.
 */
export function drawMix(kinds: readonly FrameKind[], count: number, random: Random): FrameMix {
  const shares = apportion(
    kinds.map(({ weight }) => weight),
    Math.max(count, kinds.length),
  );
  const total = shares.reduce((sum, share) => sum + share, 0);
  const kind = new Uint16Array(total);
  const payloadBytes = new Uint32Array(total);
  let at = 0;
  kinds.forEach((size, index) => {
    const share = shares[index]!;
    const quantile = sizeQuantile(size);
    for (let i = 0; i < share; i++, at++) {
      kind[at] = index;
      payloadBytes[at] = quantile((i + random.next()) / share);
    }
  });
  for (let i = total - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [kind[i], kind[j]] = [kind[j]!, kind[i]!];
    [payloadBytes[i], payloadBytes[j]] = [payloadBytes[j]!, payloadBytes[i]!];
  }
  return { kind, payloadBytes };
}

/** Shares out `count` seats by weight: at least one each, and the rest by largest remainder. */
function apportion(weights: readonly number[], count: number): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const exact = weights.map((weight) => (weight / sum) * count);
  const seats = exact.map((share) => Math.max(1, Math.floor(share)));
  const missing = exact.map((share, index) => ({ index, by: share - seats[index]! }));
  missing.sort((a, b) => b.by - a.by);
  let left = count - seats.reduce((total, seat) => total + seat, 0);
  for (const { index } of missing) {
    if (left <= 0) break;
    seats[index]!++;
    left--;
  }
  // Where many kinds are too rare for a seat and have one nevertheless, the frequent ones give theirs.
  const byMost = missing.map(({ index }) => index).sort((a, b) => seats[b]! - seats[a]!);
  while (left < 0) {
    for (const index of byMost) {
      if (left === 0 || seats[index] === 1) break;
      seats[index]!--;
      left++;
    }
  }
  return seats;
}
