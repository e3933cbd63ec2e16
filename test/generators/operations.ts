import { expect } from 'vitest';
import { NO_STAMP, OPERATION_KINDS, OUTCOMES } from '../../src/contracts/history.js';
import { openHistory } from '../../src/history/history-reader.js';

/** An operation as a history holds it, in words. */
export interface Operation {
  readonly kind: string;
  readonly sequence: number;
  readonly dueNs: number;
  readonly sentNs: number;
  readonly doneNs: number;
  readonly subject: string;
  readonly streamSequence: number;
  readonly detail: number;
  /** The stamp of what was read or delivered. */
  readonly value: { readonly writer: number; readonly sequence: number } | undefined;
  readonly outcome: string;
  readonly reason: string;
}

/** How many operations there are of each kind and outcome: `{ 'get ok': 3 }`. */
export function countOperations(operations: readonly Operation[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind, outcome } of operations) {
    const what = `${kind} ${outcome}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

/** All operations of a history that was written to its end, by their sequence. */
export function readOperations(file: string): Operation[] {
  const history = openHistory(file);
  const operations: Operation[] = [];
  for (const block of history.blocks()) {
    for (let i = 0; i < block.count; i++) {
      const valueSequence = block.valueSequence[i]!;
      operations.push({
        kind: OPERATION_KINDS[block.kind[i]!]!,
        sequence: block.sequence[i]!,
        dueNs: block.dueNs[i]!,
        sentNs: block.sentNs[i]!,
        doneNs: block.doneNs[i]!,
        subject: history.subjects[block.subject[i]!]!,
        streamSequence: block.streamSequence[i]!,
        detail: block.detail[i]!,
        value:
          valueSequence === NO_STAMP ? undefined : { writer: block.valueWriter[i]!, sequence: valueSequence },
        outcome: OUTCOMES[block.outcome[i]!]!,
        reason: history.reason(block.reason[i]!),
      });
    }
  }
  expect(history.complete).toBe(true);
  return operations.sort((a, b) => a.sequence - b.sequence);
}
