import { opendir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { NS, nowNs } from '../base/clock.js';

/** Walking a store may take this share of the time at most: one of thousands of streams has tens of thousands of files. */
const MOST_SHARE = 0.05;

export interface StoreSize {
  /** What its files take up. */
  readonly storeBytes: number | null;
  /** What is left on their file system, for those who are not root. */
  readonly freeBytes: number | null;
}

/** Measures a directory again and again, beside everything else: it says what it last found, and takes its time for a long walk. */
export class StoreMeter {
  readonly #directory: string;
  #storeBytes: number | null = null;
  #nextWalkNs = 0;
  #walking = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async measure(): Promise<StoreSize> {
    if (!this.#walking && nowNs() >= this.#nextWalkNs) void this.#walk();
    return { storeBytes: this.#storeBytes, freeBytes: await freeBytes(this.#directory) };
  }

  async #walk(): Promise<void> {
    this.#walking = true;
    const startNs = nowNs();
    try {
      this.#storeBytes = await bytesUnder(this.#directory);
    } catch {
      // Not there yet, or gone between two looks: what was last found stands.
    } finally {
      const tookNs = nowNs() - startNs;
      this.#nextWalkNs = startNs + Math.max(NS.s / 2, tookNs / MOST_SHARE);
      this.#walking = false;
    }
  }
}

async function bytesUnder(directory: string): Promise<number> {
  let sum = 0;
  for await (const entry of await opendir(directory)) {
    const path = join(directory, entry.name);
    // A server removes files while we walk: those that are gone weigh nothing.
    if (entry.isDirectory()) sum += await bytesUnder(path).catch(() => 0);
    else
      sum += await stat(path).then(
        ({ blocks }) => blocks * 512,
        () => 0,
      );
  }
  return sum;
}

async function freeBytes(directory: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  } catch {
    return null;
  }
}
