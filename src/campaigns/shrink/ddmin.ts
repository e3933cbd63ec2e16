/**
 * The minimizing delta debugging algorithm: A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing
 * Input", IEEE Transactions on Software Engineering 28(2), 2002, pages 183 to 200. All of `items` fail. The result, in their
 * order, fails, and no longer does without any one of them, as far as `fails` says the same whenever it is asked. Nothing
 * at all is tried first: it may fail, too.
 *
 * @param fails whether these fail; what passes, and what cannot be told, is all the same
 */
export async function ddmin<T>(
  items: readonly T[],
  fails: (subset: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  if (items.length === 0 || (await fails([]))) return [];
  let left = items;
  let parts = 2;
  while (left.length > 1) {
    const smaller = await firstThatFails(left, parts, fails);
    if (smaller === undefined) {
      if (parts >= left.length) break;
      parts = Math.min(left.length, parts * 2);
      continue;
    }
    // One of the parts: begin again with halves. All but one of them: the parts stay as fine as they are.
    parts = smaller.isPart ? 2 : Math.max(2, parts - 1);
    left = smaller.items;
  }
  return left;
}

async function firstThatFails<T>(
  items: readonly T[],
  count: number,
  fails: (subset: readonly T[]) => Promise<boolean>,
): Promise<{ readonly items: readonly T[]; readonly isPart: boolean } | undefined> {
  const parts = split(items, count);
  for (const part of parts) if (await fails(part)) return { items: part, isPart: true };
  // Of two parts, each is all but the other.
  if (count === 2) return undefined;
  for (const part of parts) {
    const rest = items.filter((item) => !part.includes(item));
    if (await fails(rest)) return { items: rest, isPart: false };
  }
  return undefined;
}

/** Into so many parts, as even as can be. */
function split<T>(items: readonly T[], count: number): readonly (readonly T[])[] {
  return Array.from({ length: count }, (_, i) =>
    items.slice(Math.floor((i * items.length) / count), Math.floor(((i + 1) * items.length) / count)),
  );
}
