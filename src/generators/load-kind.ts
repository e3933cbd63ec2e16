import type { z } from 'zod';
import type { Random } from '../base/random.js';
import type { LoadKindFacts } from '../contracts/load.js';
import type { EventKind, LoadPlan } from '../contracts/plan.js';
import type { LoadRecorder } from '../metrics/load-recorder.js';
import type { WireConnection, WireListener } from '../wire/connection.js';
import type { Outlet } from './backlog.js';
import type { NoticeBook } from './notice-book.js';
import type { Pacer } from './pacer.js';

/** A kind of load, as the map of plug-ins holds it. */
export interface LoadKind {
  readonly kind: string;
  /** One line for --help and the docs. */
  readonly summary: string;
  readonly facts: LoadKindFacts;
  /** The kind's own parameters; the common ones (name, rate, stages, …) are the scenario's. */
  readonly schema: z.ZodObject;
  create(setting: TrafficSetting): Traffic;
}

/** What a worker hands to the kind of load that it runs. */
export interface TrafficSetting {
  readonly load: LoadPlan;
  /** The kinds of event that the load's domains select; never empty. */
  readonly events: readonly EventKind[];
  readonly worker: number;
  readonly writer: number;
  readonly random: Random;
  readonly historyFile?: string;
  /** A connection to the load's servers, not yet opened; the listener is the kind's own. */
  connection(listener: WireListener): WireConnection;
  readonly notices: NoticeBook;
  /** There may be room for more than before, in the window or the socket, or a connection again. */
  readonly onRoom: () => void;
}

/** One worker's traffic: what the kind makes of operations that are due. */
export interface Traffic extends Outlet {
  /** Connects and builds the frames; throws what a user can do something about. */
  open(): Promise<void>;
  /** Called once, before the first operation. */
  begin(run: TrafficRun): void;
  /** Operations sent and without an outcome. */
  readonly inFlight: number;
  /**
   * Ends operations whose time for an answer was over at `byNs`: everything that had arrived by then has been read.
   * Called at least twenty times a second.
   */
  expire(byNs: number): void;
  /** Hands what was recorded to the operating system; called about once a second. */
  flush(): void;
  /** Ends the connection and the history. */
  close(): Promise<void>;
}

export interface TrafficRun {
  readonly pacer: Pacer;
  readonly startNs: number;
  readonly recorder: LoadRecorder;
}
