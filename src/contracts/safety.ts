/** What may happen to a system, in the order in which it is said whether this was tried. */
export const FAILURE_CLASSES = [
  /** A server's process ends by SIGKILL and is started again: what the operating system has of its files stays. */
  'process-crash',
  /** What was written and not flushed is gone. */
  'power-loss',
  /** Nodes do not reach each other. */
  'partition',
  /** A process stands still, and goes on as if nothing had been. */
  'pause',
  /** A process is asked to end, and started again. */
  'orderly-restart',
  /** A node comes or leaves for good. */
  'membership-change',
  'full-disk',
  'slow-disk',
  /** What is on a node's disk is changed behind its back. */
  'file-damage',
  /** Links are slow, narrow or break; or clients are cut off. */
  'bad-network',
  /** Clients or the machine leave too little for the servers. */
  'overload',
  'clock-skew',
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

export const SAFETY_VERSION = 1;

/** What the checks say together, and which failures that covers. A field keeps its meaning within a version. */
export interface SafetyVerdict {
  readonly version: typeof SAFETY_VERSION;
  /** `fail` when a check failed; else `unknown` when one knows nothing, or none looked for loss; else `pass`. */
  readonly verdict: 'pass' | 'fail' | 'unknown';
  /** One plain sentence: what was found, and what it covers. */
  readonly sentence: string;
  /** Made in this run, seen to take hold, and healed. */
  readonly tested: readonly FailureClass[];
  /** All others: of these the run says nothing. */
  readonly untested: readonly FailureClass[];
}

/** How much of a stream the checks had before them. */
export interface ReadSummary {
  readonly stream: string;
  /** Whose own store was read; absent for what was read through a consumer. */
  readonly node?: string;
  /** Messages of this run. */
  readonly count: number;
  /** Messages of somebody else's. */
  readonly foreign: number;
  /** It was read to its end. */
  readonly complete: boolean;
  /** Why not. */
  readonly gaveUp?: string;
  /** There was no such stream any more. */
  readonly gone: boolean;
}
