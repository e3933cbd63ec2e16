import type { JournalEvent } from '../../contracts/journal.js';
import type { OwnEvent } from '../../contracts/own-event.js';

interface HoldingFault {
  readonly fault: string;
  readonly kind: string;
  readonly targets: string;
}

/** How a fault ended, by the journal's line that says so. */
function statusOf(event: JournalEvent): string | undefined {
  switch (event.type) {
    case 'fault-reverted':
      return event.holds === false ? 'unreverted' : 'reverted';
    case 'fault-failed':
      return 'failed';
    case 'guard':
      return event.refused === true ? 'refused' : undefined;
    default:
      return undefined;
  }
}

/** Which faults hold, and how those ended that do not, so that it can be said again to who missed it. */
export class FaultBook {
  readonly #holding = new Map<string, HoldingFault>();
  /** Kind → status → the faults that ended so; one that was healed at the second attempt is in two. */
  readonly #ended = new Map<string, Map<string, Set<string>>>();

  /** Returns whether a fault has ended by it. */
  add(event: JournalEvent): boolean {
    const fault = String(event.fault ?? '');
    const kind = String(event.kind ?? '');
    if (event.type === 'fault-injected') {
      const targets = Array.isArray(event.targets) ? event.targets.join(', ') : '';
      this.#holding.set(fault, { fault, kind, targets });
      return false;
    }
    const status = statusOf(event);
    if (status === undefined || fault === '') return false;
    // What could not be reverted still holds.
    if (status !== 'unreverted') this.#holding.delete(fault);
    const ofKind = this.#ended.get(kind) ?? new Map<string, Set<string>>();
    this.#ended.set(kind, ofKind.set(status, (ofKind.get(status) ?? new Set()).add(fault)));
    return true;
  }

  get holding(): number {
    return this.#holding.size;
  }

  /** `FaultHolds` of each that does, and `FaultsCounted` of each kind and status. */
  events(): OwnEvent[] {
    const holding = [...this.#holding.values()].map((fault): OwnEvent => said('FaultHolds', { ...fault }));
    const counted = [...this.#ended].flatMap(([kind, ofKind]) =>
      [...ofKind].map(([status, { size }]) => said('FaultsCounted', { kind, status, count: size })),
    );
    return [...holding, ...counted];
  }
}

const said = (type: string, fields: OwnEvent['fields']): OwnEvent => ({ domain: 'stormglass', type, fields });
