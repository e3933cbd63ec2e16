/**
 * Shares `total` out among those that want some of it, in their order: nobody gets more than they want while another lacks,
 * who lacks gets as much as others that lack, and what nobody wants is added to all of them alike.
 *
 * @param wanted not negative; Infinity for as much as can be had
 */
export function fairShares(total: number, wanted: readonly number[]): readonly number[] {
  const shares = wanted.map(() => 0);
  let left = total;
  // Who wants least comes first: what they leave goes to those after them.
  const byWant = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]!);
  for (const [i, one] of byWant.entries()) {
    shares[one] = Math.min(wanted[one]!, left / (byWant.length - i));
    left -= shares[one];
  }
  return shares.map((share) => share + left / shares.length);
}
