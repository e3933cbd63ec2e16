import type { Crowd } from '../contracts/load.js';
import type { CrowdResult } from '../contracts/run-result.js';

/** The clients of those loads that have many, all workers together. */
export class CrowdBook {
  readonly #byLoad = new Map<string, CrowdResult>();

  /** @param apart whether the worker has a process of its own */
  add(load: string, { agents, sockets, bytesPerAgent }: Crowd, apart: boolean): void {
    const known = this.#byLoad.get(load) ?? { agents: 0, sockets: 0, bytesPerAgent: 0, processes: 0 };
    this.#byLoad.set(load, {
      agents: known.agents + agents,
      sockets: known.sockets + sockets,
      bytesPerAgent: Math.max(known.bytesPerAgent, bytesPerAgent),
      processes: known.processes + (apart ? 1 : 0),
    });
  }

  get(load: string): CrowdResult | undefined {
    return this.#byLoad.get(load);
  }
}
