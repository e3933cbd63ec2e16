import type { MonitorPartition } from '../../contracts/plan/monitor.js';
import { SubjectToken } from '../tables/subject-token.js';

const FNV_BASIS = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

/**
 * Which of several monitors counts what. A domain belongs to one of them, by its name, and so does a writer of stamped events,
 * by its number, and whoever else numbers events, by its name: each finds that out for itself, and all alike, so that nothing has to be agreed on and what is new belongs to
 * one of them from its first event on. Domains that are told to go together belong to whom the first of them belongs to.
 */
export class Partition {
  readonly #index: number;
  readonly #of: number;
  readonly #domain: SubjectToken;
  /** Hash of a domain that goes with others → hash of the first of them. */
  readonly #leads = new Map<number, number>();

  constructor(
    { index, of }: MonitorPartition,
    {
      domainToken,
      together = [],
    }: { domainToken: number; together?: readonly (readonly string[])[] | undefined },
  ) {
    this.#index = index;
    this.#of = of;
    this.#domain = new SubjectToken(domainToken);
    for (const domains of together) {
      const hashes = domains.map((domain) => hashOf(Buffer.from(domain)));
      for (const hash of hashes) this.#leads.set(hash, hashes[0]!);
    }
  }

  /** Whether the domain of the subject in [start, end) is ours. Flat, for subjects that are not known yet. */
  ownsSubject(buffer: Uint8Array, start: number, end: number): boolean {
    const domain = this.#domain;
    domain.read(buffer, start, end);
    return this.#owns(hashOf(buffer, domain.start, domain.end));
  }

  ownsDomain(domain: string): boolean {
    return this.#owns(hashOf(Buffer.from(domain)));
  }

  /** Whether it is ours to follow the numbers of the source that stands in [start, end). Flat. */
  ownsSource(buffer: Uint8Array, start: number, end: number): boolean {
    return hashOf(buffer, start, end) % this.#of === this.#index;
  }

  ownsWriter(writer: number): boolean {
    return writer % this.#of === this.#index;
  }

  #owns(hash: number): boolean {
    const lead = this.#leads.size === 0 ? undefined : this.#leads.get(hash);
    return (lead ?? hash) % this.#of === this.#index;
  }
}

/** From 0 on; its high bits are mixed into the low ones, by which it is divided. */
function hashOf(buffer: Uint8Array, start = 0, end = buffer.length): number {
  let hash = FNV_BASIS;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ buffer[at]!, FNV_PRIME);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
