import type { JournalEvent } from './journal.js';
import type { ExitMeaning, FaultResult } from './run-result.js';

/** What is asked of a run that goes on, over its socket: one JSON line each; the answers are lines, too. */
export type HandRequest = InjectRequest | HealRequest | { readonly do: 'status' };

export interface InjectRequest extends HandFault {
  readonly do: 'inject';
  /** The user who asks. */
  readonly who: string;
}

/** A fault by hand, in the words of a scenario. */
export interface HandFault {
  readonly kind: string;
  /** `stream-leader(ORDERS)`; absent for a kind that does without. */
  readonly target?: string;
  /** `10s`; absent: as long as a fault by hand holds unless told, or nothing for an act. */
  readonly lasts?: string;
  /** By key, as YAML. */
  readonly params: Readonly<Record<string, string>>;
  readonly allowsQuorumLoss: boolean;
}

export interface HealRequest {
  readonly do: 'heal';
  readonly who: string;
  /** Every fault that holds, without. */
  readonly fault?: string;
}

/** `event`: what happens to the faults that were asked for, as the journal tells it. The others end the answer. */
export type HandAnswer =
  | { readonly say: 'accepted'; readonly fault: string }
  | { readonly say: 'event'; readonly event: JournalEvent }
  | { readonly say: 'results'; readonly results: readonly HandResult[] }
  | { readonly say: 'status'; readonly status: RunStatus }
  | { readonly say: 'error'; readonly exit: ExitMeaning; readonly text: string; readonly hint?: string };

export type HandResult = Omit<FaultResult, 'recovery'>;

/** How a run stands. */
export interface RunStatus {
  readonly runId: string;
  readonly scenario: string;
  readonly runDir: string;
  readonly startedAt: string;
  readonly pid: number;
  /** `load`, `drain`, …; before the first: `starting`. */
  readonly phase: string;
  /** Since the load began; absent before. */
  readonly loadNs?: number;
  readonly faults: readonly {
    readonly id: string;
    readonly kind: string;
    readonly targets: readonly string[];
    readonly stage: 'beginning' | 'holding' | 'healing' | 'unreverted';
    /** How long it has been at it, and how long it is to hold. */
    readonly sinceNs: number;
    readonly forNs: number;
  }[];
}
