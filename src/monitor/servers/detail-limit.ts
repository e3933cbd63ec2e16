import { NS, nowNs } from '../../base/clock.js';

/** What was not seen for so long gives way to others. */
const FORGOTTEN_AFTER_NS = 60 * NS.s;

/** Who is told apart: the first that come, for as long as they are there. */
export class DetailLimit {
  readonly #streams: Places;
  readonly #consumers: Places;
  readonly #accounts: Places;

  constructor(maxStreams: number, maxConsumers: number) {
    this.#streams = new Places(maxStreams);
    this.#consumers = new Places(maxConsumers);
    this.#accounts = new Places(maxStreams);
  }

  /** Whether the stream is told apart from others. */
  stream(key: string): boolean {
    return this.#streams.take(key);
  }

  consumer(key: string): boolean {
    return this.#consumers.take(key);
  }

  account(name: string): boolean {
    return this.#accounts.take(name);
  }

  /** Now and then: makes room. */
  tidy(): void {
    for (const places of [this.#streams, this.#consumers, this.#accounts]) places.tidy();
  }
}

class Places {
  readonly #seenNs = new Map<string, number>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  take(key: string): boolean {
    if (!this.#seenNs.has(key) && this.#seenNs.size >= this.#most) return false;
    this.#seenNs.set(key, nowNs());
    return true;
  }

  tidy(): void {
    const beforeNs = nowNs() - FORGOTTEN_AFTER_NS;
    for (const [key, seenNs] of this.#seenNs) if (seenNs < beforeNs) this.#seenNs.delete(key);
  }
}
