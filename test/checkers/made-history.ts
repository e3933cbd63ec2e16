import { NS } from '../../src/base/clock.js';
import {
  type History,
  OUTCOMES,
  type Outcome,
  type StreamRead,
  type WriterHistory,
} from '../../src/contracts/history.js';

/** One operation as a test tells it; times in seconds after the start of the load. */
export interface MadeOperation {
  readonly sequence: number;
  readonly outcome: Outcome;
  readonly subject?: number;
  readonly streamSequence?: number;
  readonly sentSec?: number;
  readonly doneSec?: number;
  readonly reason?: string;
}

export const START_NS = 500 * NS.s;

/** A history in memory, in blocks of three so that every test crosses their borders. */
export function madeWriter(
  writer: number,
  operations: readonly MadeOperation[],
  more: Partial<Pick<WriterHistory, 'subjects' | 'complete' | 'load'>> = {},
): WriterHistory {
  const reasons = ['', ...new Set(operations.flatMap(({ reason }) => reason ?? []))];
  return {
    load: 'orders',
    writer,
    subjects: ['cim.events.orders.Placed'],
    complete: true,
    reason: (index) => reasons[index] ?? '',
    *blocks() {
      for (let from = 0; from < operations.length; from += 3) {
        const part = operations.slice(from, from + 3);
        const column = (of: (operation: MadeOperation) => number) => Float64Array.from(part, of);
        const at = (sec: number | undefined) => (sec === undefined ? 0 : START_NS + sec * NS.s);
        yield {
          count: part.length,
          sequence: column(({ sequence }) => sequence),
          dueNs: column(({ sentSec }) => at(sentSec ?? 0)),
          sentNs: column(({ sentSec }) => at(sentSec)),
          doneNs: column(({ doneSec }) => at(doneSec)),
          subject: Uint16Array.from(part, ({ subject }) => subject ?? 0),
          streamSequence: column(({ streamSequence }) => streamSequence ?? 0),
          outcome: Uint8Array.from(part, ({ outcome }) => OUTCOMES.indexOf(outcome)),
          reason: Uint16Array.from(part, ({ reason }) =>
            reason === undefined ? 0 : reasons.indexOf(reason),
          ),
        };
      }
    },
    ...more,
  };
}

export interface MadeMessage {
  readonly writer: number;
  readonly sequence: number;
  readonly streamSequence: number;
}

export function madeRead(
  stream: string,
  messages: readonly MadeMessage[],
  more: Partial<Pick<StreamRead, 'complete' | 'gaveUp' | 'foreign' | 'gone' | 'throughSequence'>> = {},
): StreamRead {
  return {
    stream,
    count: messages.length,
    writer: Uint16Array.from(messages, ({ writer }) => writer),
    sequence: Float64Array.from(messages, ({ sequence }) => sequence),
    streamSequence: Float64Array.from(messages, ({ streamSequence }) => streamSequence),
    foreign: 0,
    throughSequence: Number.POSITIVE_INFINITY,
    complete: true,
    gone: false,
    ...more,
  };
}

export function madeHistory(
  writers: readonly WriterHistory[],
  reads: readonly StreamRead[],
  more: Partial<History> = {},
): History {
  return {
    writers,
    reads,
    faults: [],
    startNs: START_NS,
    removersOf: () => [],
    streamOf: (subject) =>
      subject.startsWith('cim.events.orders.')
        ? 'ORDERS'
        : subject.startsWith('cim.events.audit.')
          ? 'AUDIT'
          : undefined,
    ...more,
  };
}
