import type { EventFieldNames } from '../contracts/event-reading.js';
import { makeAgentBook } from './agents/make-agent-book.js';
import { makeDomainMetricBook } from './domain-metrics/make-domain-metric-book.js';
import type { ErrorReason } from './events/error-reasons.js';
import type { EventBook, WantField } from './events/scanned-event.js';
import { makeRunBook } from './run/make-run-book.js';
import type { SeriesTable } from './series-table.js';
import { makeWorkflowBook } from './workflows/make-workflow-book.js';

/** What a book is made of. */
export interface BookScene {
  /** To be asked for each field before the first event. */
  readonly want: WantField;
  /** The names behind the numbers in `ScannedEvent.series` and `.domain`. */
  readonly series: Pick<SeriesTable, 'namesOf' | 'domainOf'>;
  /** What the fields are called that mean the same in every event. */
  readonly fields: EventFieldNames;
  /** The names behind the numbers in `ScannedEvent.outcome`: `success`, `failure` and others. */
  readonly outcomes: readonly string[];
  /** The names behind the numbers in `ScannedEvent.load`; the first stands for writers of no known load. */
  readonly loads: readonly string[];
  /** What the configuration says in the section of that name, as its schema resolved it; undefined where it is not there. */
  section(name: string): unknown;
  /** The event of which a book is told cannot be read as what it claims to be: `cim_event_errors_total`, once a reason. */
  countError(reason: ErrorReason): void;
  /** Monotonic. */
  readonly startNs: number;
}

/** Makes a book, or none where nothing is asked of it. */
export type MakeBook = (scene: BookScene) => EventBook | undefined;

/** Whoever follows events, in the order in which they are shown: a new one is a folder of its own and an entry here. */
const MAKERS: readonly MakeBook[] = [makeWorkflowBook, makeAgentBook, makeRunBook, makeDomainMetricBook];

export function makeBooks(scene: BookScene, makers = MAKERS): readonly EventBook[] {
  return makers.flatMap((make) => make(scene) ?? []);
}
