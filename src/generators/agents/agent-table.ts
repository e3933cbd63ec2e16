/** What an agent is doing. */
export const ABSENT = 0;
export const ALIVE = 1;
export const DOWN = 2;

const NONE = -1;
/** The life of an agent that is not there. */
export const ABSENT_LIFE = 0xffff;
/** Of an agent whose events stand for themselves. */
export const UNCORRELATED = 0xffff;

/** All that a worker keeps of its agents, in columns: an agent is a row, and nothing else. */
export class AgentTable {
  readonly count: number;
  /** The numbers that the behaviour keeps, `slots` of an agent after each other. */
  readonly state: Float64Array;
  readonly status: Uint8Array;
  /** How many numbers of its random stream an agent has drawn. */
  readonly draws: Uint32Array;
  readonly failures: Uint16Array;
  /** How many correlations it has begun, and how many events of the last one it has published. */
  readonly correlation: Uint32Array;
  readonly correlated: Uint16Array;
  /** The letter that the agent works on, and the first and last of those that wait for it; −1 for none. */
  readonly letter: Int32Array;
  readonly firstWaiting: Int32Array;
  readonly lastWaiting: Int32Array;

  constructor(
    count: number,
    readonly slots: number,
  ) {
    this.count = count;
    this.state = new Float64Array(count * slots);
    this.status = new Uint8Array(count);
    this.draws = new Uint32Array(count);
    this.failures = new Uint16Array(count);
    this.correlation = new Uint32Array(count);
    this.correlated = new Uint16Array(count).fill(UNCORRELATED);
    this.letter = new Int32Array(count).fill(NONE);
    this.firstWaiting = new Int32Array(count).fill(NONE);
    this.lastWaiting = new Int32Array(count).fill(NONE);
  }

  /** Of one agent, without its timers. */
  get bytesPerAgent(): number {
    const columns = Object.values(this).filter((column) => ArrayBuffer.isView(column));
    return columns.reduce((sum, column) => sum + column.byteLength, 0) / Math.max(1, this.count);
  }

  /** Which life of an agent it is: how often it has failed, or ABSENT_LIFE. */
  lifeOf(agent: number): number {
    return this.status[agent] === ALIVE ? this.failures[agent]! : ABSENT_LIFE;
  }

  /** An agent that failed remembers nothing, but that its random stream and its correlations go on. */
  forget(agent: number): void {
    this.state.fill(0, agent * this.slots, (agent + 1) * this.slots);
    this.correlated[agent] = UNCORRELATED;
  }
}
