import type { ServerAccess } from '../../contracts/load.js';

/** What a pressure process is told to do: plain data. Access holds secrets, and goes nowhere else. */
export type PressureTask =
  | BurnCpuTask
  | HoldMemoryTask
  | OpenConnectionsTask
  | ReadSlowlyTask
  | PublishFloodTask
  | SendPoisonTask;

export interface BurnCpuTask {
  readonly do: 'burn-cpu';
  readonly threads: number;
  /** Of a core, for each thread: 0 to 1. */
  readonly load: number;
}

export interface HoldMemoryTask {
  readonly do: 'hold-memory';
  readonly bytes: number;
  /** So much always stays available: what is held is given back for it. */
  readonly reserveBytes: number;
}

interface ClientTask {
  readonly access: ServerAccess;
  /** Each connection's name at the servers begins so. */
  readonly connectionName: string;
}

export interface OpenConnectionsTask extends ClientTask {
  readonly do: 'open-connections';
  /** As many are kept at a time. */
  readonly connections: number;
  readonly perSec: number;
  /** A connection is given up after so long and another takes its place; 0: it is kept. */
  readonly stayMs: number;
}

export interface ReadSlowlyTask extends ClientTask {
  readonly do: 'read-slowly';
  readonly subscribers: number;
  readonly subject: string;
  /** How often each of them subscribes to it: the server sends each message so many times. */
  readonly copies: number;
}

export interface PublishFloodTask extends ClientTask {
  readonly do: 'publish-flood';
  readonly connections: number;
  readonly subjects: readonly string[];
  readonly payloadBytes: number;
  /** All connections together; Infinity: as many as the servers take. */
  readonly perSec: number;
  readonly messages: number;
}

export interface SendPoisonTask extends ClientTask {
  readonly do: 'send-poison';
  readonly subjects: readonly string[];
  readonly forms: readonly string[];
  readonly perSec: number;
  readonly messages: number;
  readonly seed: number;
}

/** What a pressure process counts of what it does, since it began: for people, and for no verdict. */
export type PressureReport = Readonly<Record<string, number | string>>;
