/**
 * Seeded randomness: the same seed gives the same numbers on every machine. Independent streams are derived by
 * name, so that adding a draw in one place never shifts the draws of another.
 */
export interface Random {
  /** A double in [0, 1). */
  next(): number;
  /** A whole number in [0, bound). */
  below(bound: number): number;
  /** One element of a non-empty list. */
  pick<T>(from: readonly T[]): T;
  /** Fills the bytes with noise that does not compress. */
  fill(bytes: Uint8Array): void;
  /** An independent stream, a function of this stream's seed and the name alone. */
  fork(name: string): Random;
}

/** FNV-1a (Fowler, Noll, Vo) over the text's UTF-16 units: spreads names over seeds. */
export function textHash(text: string, basis: number): number {
  let hash = basis >>> 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** A stream seeded by a number and a name. The generator is sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state. */
export function seededRandom(seed: number, name = ''): Random {
  const key = `${seed}/${name}`;
  let a = textHash(key, 0x811c9dc5);
  let b = textHash(key, 0x9e3779b9);
  let c = textHash(key, 0x85ebca6b);
  let counter = 1;
  const draw32 = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let i = 0; i < 15; i++) draw32();

  const below = (bound: number): number => {
    if (!(bound >= 1)) throw new RangeError(`below(${bound}): the bound must be at least 1`);
    return Math.floor(next() * bound);
  };
  const next = (): number => ((draw32() >>> 5) * 67108864 + (draw32() >>> 6)) / 9007199254740992;
  return {
    next,
    below,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
    fill: (bytes) => {
      for (let i = 0; i < bytes.length; i += 4) {
        const word = draw32();
        for (let j = 0; j < 4 && i + j < bytes.length; j++) bytes[i + j] = word >>> (8 * j);
      }
    },
    fork: (child) => seededRandom(seed, `${name}/${child}`),
  };
}
