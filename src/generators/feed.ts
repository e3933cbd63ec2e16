import type { TrafficRun } from './load-kind.js';

/** Writes the operations that are due to a connection: the sending half of an Outlet. */
export interface Feed {
  /** Payload bytes of an operation, on average. */
  readonly meanBytes: number;
  /** Called once, before the first `send`. */
  begin(run: TrafficRun): void;
  /** See Outlet. */
  room(): number;
  heldBySystem(): boolean;
  send(first: number, count: number, blocked: boolean): number;
  /** The next operations, so many, are not sent: where each has a payload of its own, theirs are passed over. */
  pass?(count: number): void;
  /** Ends what it holds open, but for the connection. */
  close?(): void;
}
