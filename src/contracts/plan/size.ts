/** Sizes from `minBytes` to `maxBytes`: evenly spread, or as `spread` says, within these bounds. */
export interface SizePlan {
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly spread?: SizeSpread;
}

export type SizeSpread =
  | { readonly kind: 'normal'; readonly meanBytes: number; readonly sdBytes: number }
  /** `sigma` is the standard deviation of the size's natural logarithm. */
  | { readonly kind: 'lognormal'; readonly medianBytes: number; readonly sigma: number }
  | {
      readonly kind: 'choice';
      readonly choices: readonly { readonly bytes: number; readonly weight: number }[];
    }
  /** Ascending, from percentile 0 to percentile 100; linear between two of them. */
  | {
      readonly kind: 'percentiles';
      readonly points: readonly { readonly percentile: number; readonly bytes: number }[];
    };
