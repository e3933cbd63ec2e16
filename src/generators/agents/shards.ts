/** Which worker, which of its connections and which part of the subjects an agent belongs to. */
export class Shards {
  constructor(
    readonly agents: number,
    readonly workers: number,
    readonly worker: number,
    /** Of each worker; 1 where every agent has a connection of its own. */
    readonly perWorker: number,
  ) {}

  /** How many agents this worker has. */
  get own(): number {
    return Math.max(0, Math.ceil((this.agents - this.worker) / this.workers));
  }

  /** The id of a local agent. */
  idOf(agent: number): number {
    return agent * this.workers + this.worker;
  }

  /** The local number of an agent; −1 when it is none of this worker's. */
  localOf(id: number): number {
    return id >= 0 && id < this.agents && id % this.workers === this.worker
      ? Math.floor(id / this.workers)
      : -1;
  }

  /** Among all shards of the load. */
  shardOf(id: number): number {
    return (id % this.workers) * this.perWorker + (Math.floor(id / this.workers) % this.perWorker);
  }
}
