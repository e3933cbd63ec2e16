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
}
