import type { Cluster } from '../contracts/cluster.js';
import type { ServerAccess } from '../contracts/load.js';
import type { MonitorPages } from '../contracts/monitor.js';
import type { AuditHead } from '../contracts/run-result.js';
import type { UndoHandlers, UndoOutcome, UndoRecord } from '../contracts/undo.js';
import type { AuditActor, AuditEntry, AuditLog } from '../undo/audit-log.js';
import { carryOut, streamRemoval } from '../undo/carry-out.js';
import { servePageThrough } from '../undo/serve-page.js';
import type { UndoLog } from '../undo/undo-log.js';

/** The run's side of undoing: records go to disk before anything is done, and come back in reverse order. */
export class UndoDesk {
  readonly #log: UndoLog;
  readonly #audit: AuditLog;
  readonly #surroundings = new Set<string>();
  #cluster: Cluster | undefined;
  /** As long as the run lives, it knows who it is to the servers; a record does not say. */
  #access: ServerAccess | undefined;
  #monitor: MonitorPages | undefined;

  constructor(log: UndoLog, audit: AuditLog) {
    this.#log = log;
    this.#audit = audit;
  }

  /** From here on nodes are started through the cluster, so that it knows its processes. */
  useCluster(cluster: Cluster): void {
    this.#cluster = cluster;
    this.#access = cluster.observerAccess;
  }

  /** From here on its pages are served again by the monitor itself, which lives as long as the run. */
  useMonitor(monitor: MonitorPages): void {
    this.#monitor = monitor;
  }

  /** Notes what undoes what the run itself needs: it stands until the run closes. On the disk when this returns. */
  recordSurroundings(records: readonly UndoRecord[]): void {
    this.#log.append(records);
    for (const { id } of records) this.#surroundings.add(id);
  }

  /** Notes what undoes a fault. On the disk when this returns. */
  record(records: readonly UndoRecord[]): void {
    this.#log.append(records);
  }

  /** `actor`: who did it, when that was not the run by itself. */
  audit(entry: AuditEntry, actor?: AuditActor): void {
    this.#audit.write(entry, actor);
  }

  /** The first line of the undo log or the audit that could not be written, if any. */
  get failure(): unknown {
    return this.#log.failure ?? this.#audit.failure;
  }

  /** Where the audit trail stands. */
  get auditHead(): AuditHead {
    return this.#audit.head;
  }

  /** Undoes in reverse order, one after the other; one that cannot be undone does not keep the others from it. */
  async carryOut(records: readonly UndoRecord[]): Promise<UndoOutcome[]> {
    const cluster = this.#cluster;
    const overrides: Partial<UndoHandlers> = {
      ...(this.#access && streamRemoval(this.#access)),
      ...(this.#monitor && servePageThrough(this.#monitor)),
      ...cluster?.undoHandlers,
    };
    const outcomes: UndoOutcome[] = [];
    for (const record of [...records].reverse()) outcomes.push(await carryOut(record, overrides));
    return outcomes;
  }

  /** Notes outcomes that were verified: the watchdog has nothing left to do for them. */
  settle(outcomes: readonly UndoOutcome[]): void {
    for (const outcome of outcomes) this.#log.settle(outcome, 'run');
  }

  /** What undoes the faults that are not reverted, oldest first. */
  outstandingFaults(): UndoRecord[] {
    return this.#log
      .outstanding()
      .filter(({ id }) => !this.#surroundings.has(id))
      .reverse();
  }

  /** Undoes all that is left; returns what could not be undone. */
  async tearDown(): Promise<UndoOutcome[]> {
    this.#cluster = undefined;
    this.#monitor = undefined;
    const outcomes = await this.carryOut(this.#log.tearDown().reverse());
    this.settle(outcomes);
    return outcomes.filter((outcome) => !outcome.undone);
  }

  close(): void {
    this.#log.close();
    this.#audit.close();
  }
}
