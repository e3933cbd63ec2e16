import { NS, nowNs } from '../base/clock.js';
import { causeChain, StormglassError } from '../base/errors.js';
import type { RunPhase } from '../contracts/journal.js';
import { type Interruption, RunInterrupted } from './interruption.js';
import type { Journal } from './journal.js';
import type { Finding } from './verdict.js';

/** `needed`: skipped once something failed or the run was interrupted. `always`: runs whatever happened. */
export type StagePolicy = 'needed' | 'always';

/**
 * Walks a run through its phases. What a phase throws becomes a finding, so that the phases that clean up and
 * report always get their turn.
 */
export class Stages {
  readonly findings: Finding[] = [];
  readonly #journal: Journal;
  readonly #interruption: Interruption;
  #halted: unknown;

  constructor(journal: Journal, interruption: Interruption) {
    this.#journal = journal;
    this.#interruption = interruption;
  }

  /** What ended the sequence of needed phases, if anything did. */
  get halted(): unknown {
    return this.#halted ?? (this.#interruption.signal.aborted ? this.#interruption.signal.reason : undefined);
  }

  /** Runs a phase; `undefined` when it was skipped or threw. */
  async run<T>(phase: RunPhase, policy: StagePolicy, work: () => Promise<T>): Promise<T | undefined> {
    if (policy === 'needed' && this.halted !== undefined) return undefined;
    this.#journal.write('phase', { phase, what: 'begin' });
    const startNs = nowNs();
    const end = (): number => Math.round((nowNs() - startNs) / NS.ms) / 1000;
    try {
      const value = await work();
      this.#journal.write('phase', { phase, what: 'end', seconds: end() });
      return value;
    } catch (error) {
      this.#journal.write('phase', { phase, what: 'end', seconds: end(), error: causeChain(error) });
      this.#note(error, policy);
      return undefined;
    }
  }

  #note(error: unknown, policy: StagePolicy): void {
    // The interruption itself is one finding, made once, at the end.
    if (error instanceof RunInterrupted) return;
    if (policy === 'needed') this.#halted ??= error;
    this.findings.push(findingOf(error));
    if (!(error instanceof StormglassError))
      this.#journal.write('error', { chain: causeChain(error), stack: stackOf(error) });
  }
}

/** An error as a finding: its own exit when it has one, else a bug with its chain of causes. */
export function findingOf(error: unknown): Finding {
  const text = causeChain(error).join(' ← ');
  if (!(error instanceof StormglassError)) return { exit: 'unexpected', text };
  return { exit: error.exit, text: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
}

const stackOf = (error: unknown): string | undefined => (error instanceof Error ? error.stack : undefined);
