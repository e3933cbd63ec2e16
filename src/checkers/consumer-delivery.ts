import { formatInteger } from '../base/units.js';
import type { History } from '../contracts/history.js';
import { type ConsumerBook, eachSelected, wasReadThrough } from './consumer-book.js';
import type { ConsumerSightings } from './consumer-sightings.js';
import { tellSelected } from './consumer-story.js';

/** Of the messages that a consumer is to deliver. */
export interface DeliveryTally {
  selected: number;
  /** That no connection has seen, of a consumer of which nobody could say what it had left. */
  unexplained: number;
}

/** Every message that a consumer selects was delivered, or is still to be. */
export function judgeDelivery(history: History, book: ConsumerBook, seen: ConsumerSightings): DeliveryTally {
  const { stream, deliveries, policy, maxDeliver } = book;
  const tally: DeliveryTally = { selected: 0, unexplained: 0 };
  const last = book.isThere ? book.looks.at(-1) : undefined;
  let unacknowledged = 0;
  let undelivered = 0;
  eachSelected(history, book, (message) => {
    tally.selected++;
    const { sequence, doneNs } = message;
    if (deliveries.get(sequence) > 0) return;
    if (last === undefined || policy === undefined || !book.isComplete) {
      tally.unexplained++;
      return;
    }
    const { deliveredStreamSequence: delivered, ackFloorStreamSequence: floor, ackPending, pending } = last;
    const tell = (why: string) => {
      const kept = { ...message };
      return () => `${tellSelected(history, book, kept)}, ${why}`;
    };
    const isPassed = sequence <= floor;
    if ((policy === 'all' && isPassed) || (policy === 'none' && sequence <= delivered)) {
      seen.add('covered', doneNs);
      return;
    }
    if (maxDeliver > 0 && isPassed) {
      seen.add('exhausted', doneNs);
      return;
    }
    const isRead = wasReadThrough(stream, sequence);
    const isGone = (stream.read?.gone ?? false) || (isRead && !stream.present.has(sequence));
    if (isGone || (stream.hasLimits && !isRead)) {
      if (stream.hasLimits) seen.add('evicted', doneNs);
      else seen.add('gone', doneNs, tell(`never seen by ${book.name}, and no longer in the stream`));
      return;
    }
    if (isPassed) {
      const why = `never seen by ${book.name}, whose ack floor is ${formatInteger(floor)}`;
      seen.add('undelivered', doneNs, tell(why));
    } else if (sequence <= delivered) {
      unacknowledged++;
      if (unacknowledged <= ackPending) seen.add('pending', doneNs);
      // What is given up waits no longer, and the floor stays before whatever waits in front of it.
      else if (maxDeliver > 0) seen.add('exhausted', doneNs);
      else {
        const most = `of which no more than ${formatInteger(ackPending)} wait for their acknowledgement`;
        seen.add(
          'forgotten',
          doneNs,
          tell(`never seen by ${book.name}, which says that it was delivered, ${most}`),
        );
      }
    } else if (doneNs >= last.atNs || ++undelivered <= pending) seen.add('pending', doneNs);
    else {
      const why = `never seen by ${book.name}, which has no more than ${formatInteger(pending)} left to deliver`;
      seen.add('skipped', doneNs, tell(why));
    }
  });
  return tally;
}
