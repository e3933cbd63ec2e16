import { describe, expect, it } from 'vitest';
import { DEFAULT_EVENT_READING } from '../../../src/contracts/event-reading.js';
import { OutcomeWords } from '../../../src/monitor/events/outcome-words.js';

const words = new OutcomeWords(DEFAULT_EVENT_READING);
const named = (outcome: number): string | undefined => words.names[outcome];
const ofWord = (word: string): string | undefined => {
  const bytes = Buffer.from(`"${word}"`);
  return named(words.ofWord(bytes, 1, bytes.length - 1));
};

describe('OutcomeWords', () => {
  it('knows the words of a field, whatever their case, as a whole', () => {
    expect(['ok', 'SUCCESS', 'Completed'].map(ofWord)).toEqual(['success', 'success', 'success']);
    expect(['failed', 'Rejected', 'TIMEOUT'].map(ofWord)).toEqual(['failure', 'failure', 'failure']);
    expect(['canceled', 'okay', '', 'f\u0000ailed', 'x'.repeat(500)].map(ofWord)).toEqual([
      'cancelled',
      ...[undefined, undefined, undefined, undefined],
    ]);
  });

  it('knows the last word of a type', () => {
    const ofType = (type: string) => named(words.ofType(type));
    expect(
      ['PaymentFailed', 'payment-failed', 'PAYMENT_FAILED', 'failed', 'OrderRejected'].map(ofType),
    ).toEqual(new Array(5).fill('failure'));
    expect(['OrderCompleted', 'order.completed', 'Ok', 'OrderCancelled'].map(ofType)).toEqual([
      ...['success', 'success', 'success', 'cancelled'],
    ]);
    expect(['Placed', 'Unfailed', 'FailedOver', 'Book', 'Abandone', 'other', ''].map(ofType)).toEqual(
      new Array(7).fill(undefined),
    );
  });

  it('takes the words that it is told', () => {
    const own = new OutcomeWords({ outcomes: { success: ['paid'], returned: ['returned', 'sent-back'] } });
    expect(own.names).toEqual(['success', 'failure', 'returned', 'other']);
    expect(own.names[own.ofType('ParcelReturned')]).toBe('returned');
    expect(own.names[own.ofType('parcel-sent-back')]).toBe('returned');
    expect(own.ofType('OrderCompleted')).toBe(-1);
  });
});
