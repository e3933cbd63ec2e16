import { formatDuration, formatInteger } from '../base/units.js';
import type { History } from '../contracts/history.js';
import type { ConsumerBook, SelectedMessage } from './consumer-book.js';
import { duringFaults, sinceStart } from './story-parts.js';

/** A message that a consumer was to deliver: written when, acknowledged as what, during which fault. */
export function tellSelected(history: History, { stream }: ConsumerBook, message: SelectedMessage): string {
  const { sentNs, doneNs, sequence, writer, operation, subject } = message;
  return (
    `${sinceStart(sentNs, history)}: ${writer.load}/${writer.writer} #${formatInteger(operation)} to ${subject}, ` +
    `acknowledged ${formatDuration(doneNs - sentNs)} later as ${stream.name} sequence ${formatInteger(sequence)}` +
    duringFaults(sentNs, doneNs, history)
  );
}

/** A message as a consumer delivered it. */
export const tellDelivery = (
  history: History,
  { name }: ConsumerBook,
  sequence: number,
  number: number,
  atNs: number,
): string =>
  `${sinceStart(atNs, history)}: ${name} delivered sequence ${formatInteger(sequence)}, ` +
  `delivery ${formatInteger(number)}${duringFaults(atNs, atNs, history)}`;
