import { NS, nowNs, sleep } from '../base/clock.js';
import type { LoadFleet } from '../contracts/load.js';
import { type ClockPhase, PhaseClock } from '../metrics/phase-clock.js';

/** Between a new phase's announcement and its beginning: no worker has counted beyond it when it learns of it. */
const PHASE_LEAD_MS = 5;

/** Tells everybody who counts operations which phase they belong to: `faults`, while one holds or is recovered from. */
export class LoadPhases {
  readonly clock = PhaseClock.create();
  #fleet: Pick<LoadFleet, 'beginPhase'> | undefined;
  #isStorm = false;

  /** A fault holds, or is being recovered from. */
  readonly isStorm = (): boolean => this.#isStorm;

  /** Those of its generators that share no memory with us hear of phases through it. */
  useFleet(fleet: Pick<LoadFleet, 'beginPhase'>): void {
    this.#fleet = fleet;
  }

  /** The first phase begins so much from now; returns when, monotonic. */
  begin(leadNs: number): number {
    return this.#begin('steady', nowNs() + leadNs);
  }

  /** The first of the faults that overlap is about to begin; resolves when their phase has begun. */
  async beginStorm(): Promise<void> {
    this.#isStorm = true;
    this.#begin('faults', nowNs() + PHASE_LEAD_MS * NS.ms);
    await sleep(PHASE_LEAD_MS);
  }

  /** The last of them was over at `atNs`. */
  endStorm(atNs: number): void {
    this.#isStorm = false;
    this.#begin('steady', atNs + PHASE_LEAD_MS * NS.ms);
  }

  #begin(phase: ClockPhase, aboutNs: number): number {
    const atNs = wholeMicroseconds(aboutNs);
    this.clock.begin(phase, atNs);
    this.#fleet?.beginPhase(phase, atNs);
    return atNs;
  }
}

/** A stamp has microseconds: so its event falls into the same phase as the operation that it stands for. */
const wholeMicroseconds = (ns: number): number => Math.ceil(ns / NS.us) * NS.us;
