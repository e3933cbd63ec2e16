import type { EventReading } from '../event-reading.js';

export interface MonitorPlan {
  readonly port: number;
  /** What the monitor subscribes to: `cim.events.>`. */
  readonly subject: string;
  /** Which subject tokens, counted from 0, are the domain and the type. */
  readonly domainToken: number;
  readonly typeToken: number;
  /** Whether stormglass says as events what it does and sees; true unless told. */
  readonly ownEvents?: boolean;
  /** As how many monitors it runs, each with a thread and a page of its own; one unless told. */
  readonly partitions?: number;
  /** Which of several monitors this one is; absent when it is the only one. */
  readonly partition?: MonitorPartition;
  /** Domains whose events belong together, as those of one workflow: one of several monitors has all of them. */
  readonly together?: readonly (readonly string[])[];
  /** Pairs of domain and type to tell apart; 10,000 unless told. */
  readonly maxSeries?: number;
  /** What is read in events; the defaults unless told. */
  readonly reading?: EventReading;
  /** What the configuration says of those who follow events, by their section, as their schemas resolved it. */
  readonly sections?: Readonly<Record<string, unknown>>;
}

export interface MonitorPartition {
  /** From 0 on. */
  readonly index: number;
  readonly of: number;
}
