/** A subject, or so many that differ in a number with leading zeros: `$KV.carts.k000` to `$KV.carts.k999`. */
export type SubjectEntry = string | NumberedSubjects;

export interface NumberedSubjects {
  readonly prefix: string;
  readonly digits: number;
  readonly count: number;
}

/** The list that was made last, for the next writer of the same load: a million names are made and kept once. */
let shared: { readonly key: string; readonly names: WeakRef<readonly string[]> } | undefined;

/** All subjects by their index: those of an entry follow one another. The same array again for the same entries. */
export function subjectNames(entries: readonly SubjectEntry[]): readonly string[] {
  const key = JSON.stringify(entries);
  const known = shared?.key === key ? shared.names.deref() : undefined;
  if (known !== undefined) return known;
  const names: string[] = [];
  for (const entry of entries) {
    if (typeof entry === 'string') {
      names.push(entry);
      continue;
    }
    const { prefix, digits, count } = entry;
    for (let i = 0; i < count; i++) names.push(prefix + String(i).padStart(digits, '0'));
  }
  shared = { key, names: new WeakRef(names) };
  return names;
}
