/**
 * A random stream for every agent, without a generator for each: the n-th number of an agent is a hash of the seed, the
 * agent and n, so that all there is to keep of a stream is how far it has come.
 */
export class AgentRandom {
  readonly #agentKey: number;
  readonly #drawKey: number;

  /** @param agentKey whole number of 32 bits, like `drawKey`: the seed */
  constructor(agentKey: number, drawKey: number) {
    this.#agentKey = agentKey | 0;
    this.#drawKey = drawKey | 0;
  }

  /** The agent's `draw`-th number, in [0, 1): one of 2^32. */
  at(agent: number, draw: number): number {
    // Both steps are one to one: no two agents share a key, and no agent draws a number twice before 2^32 draws.
    const stream = mix(Math.imul(agent, 0x9e3779b1) ^ this.#agentKey);
    return (mix((stream + Math.imul(draw, 0x85ebca6b)) ^ this.#drawKey) >>> 0) / 2 ** 32;
  }
}

/** The finalizer of MurmurHash3 (Austin Appleby): every bit of the result hangs on every bit of the word. */
function mix(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return word ^ (word >>> 16);
}
