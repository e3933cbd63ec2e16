/** How many single edits (insert, delete, replace, swap of neighbours) turn one text into the other. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min((row[j - 1] as number) + 1, (last[j] as number) + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] as number) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] as number;
}

const bare = (name: string): string => name.toLowerCase().replace(/[-_ ]/g, '');

/** The known name that was probably meant; `undefined` when none is near, or several are as near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  // A name longer than this is no typing mistake, and the distance is quadratic.
  if (name.length > 100) return undefined;
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(bare(name), bare(candidate)) }))
    .filter(({ candidate, distance }) => distance <= allowed(candidate) && distance < bare(name).length)
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.distance === near[1]?.distance ? undefined : near[0]?.candidate;
}

const allowed = (candidate: string): number => Math.max(1, Math.floor(bare(candidate).length / 3));

/** What to do about an unknown name: the near one, or all there are. */
export function suggestion(name: string, known: readonly string[], listIs: string): string | undefined {
  const near = nearest(name, known);
  if (near !== undefined) return `Did you mean \`${near}\`?`;
  return known.length === 0 ? undefined : `${listIs} ${known.join(', ')}.`;
}
