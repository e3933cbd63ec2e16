import { formatInteger } from '../base/units.js';
import type { History } from '../contracts/history.js';
import { type ConsumerBook, wasReadThrough } from './consumer-book.js';
import type { ConsumerSightings } from './consumer-sightings.js';
import { lookEndNs, wasTroubled } from './consumer-troubles.js';
import { duringFaults, sinceStart } from './story-parts.js';

/** An ack floor never falls, never passes its stream's end, and never what nobody has acknowledged. */
export function judgeFloor(history: History, book: ConsumerBook, seen: ConsumerSightings): void {
  judgeFalls(history, book, seen);
  judgeBounds(history, book, seen);
  // Where deliveries are counted, the last ones of a message may have been lost on their way to us.
  if (book.isComplete && book.maxDeliver === 0 && (book.policy === 'explicit' || book.policy === 'all'))
    judgePassed(history, book, seen);
}

function judgeFalls(history: History, { name, looks }: ConsumerBook, seen: ConsumerSightings): void {
  let highest = 0;
  for (const { atNs, ackFloorStreamSequence: floor } of looks) {
    if (floor >= highest) {
      highest = floor;
      continue;
    }
    const from = highest;
    seen.add(wasTroubled(history, atNs, atNs) ? 'floorFellInFault' : 'floorFell', atNs, () => {
      const fell = `fell from ${formatInteger(from)} to ${formatInteger(floor)}`;
      return `${sinceStart(atNs, history)}: the ack floor of ${name} ${fell}${duringFaults(atNs, atNs, history)}`;
    });
  }
}

function judgeBounds(
  history: History,
  { name, stream, looks, config }: ConsumerBook,
  seen: ConsumerSightings,
): void {
  const streamLooks = history.streams.find((each) => each.stream === stream.name)?.looks ?? [];
  // One that begins beyond the stream's end has its floor there.
  const start = Number(config.opt_start_seq ?? 0) || 0;
  let next = 0;
  for (const [i, { atNs, ackFloorStreamSequence: floor }] of looks.entries()) {
    while (next < streamLooks.length && streamLooks[next]!.atNs < lookEndNs(looks, i)) next++;
    const after = streamLooks[next];
    // Nothing is known of the stream later than that: it ends where anybody ever knew it to.
    const last = after === undefined ? stream.lastSequence : after.lastSequence;
    if (after?.exists === false || floor <= last || floor < start) continue;
    if (wasTroubled(history, atNs, atNs)) continue;
    if (after !== undefined && wasTroubled(history, after.atNs, after.atNs)) continue;
    seen.add('floorBeyond', atNs, () => {
      const beyond = `beyond its stream, whose last sequence was ${formatInteger(last)} later`;
      return `${sinceStart(atNs, history)}: the ack floor of ${name} was ${formatInteger(floor)}, ${beyond}`;
    });
  }
}

function judgePassed(history: History, book: ConsumerBook, seen: ConsumerSightings): void {
  const { name, stream, looks, deliveries, ackedNs } = book;
  let look = 0;
  deliveries.forEach((_, sequence) => {
    // Sequences ascend: the first look that has passed this one is none before that of the one before.
    while (look < looks.length && looks[look]!.ackFloorStreamSequence < sequence) look++;
    const passed = looks[look];
    if (passed === undefined || ackedNs.get(sequence) < lookEndNs(looks, look)) return;
    const isThere = wasReadThrough(stream, sequence) && stream.present.has(sequence);
    if (stream.hasLimits && !isThere) return;
    seen.add('floorPassed', passed.atNs, () => {
      const floor = formatInteger(passed.ackFloorStreamSequence);
      const acked = ackedNs.get(sequence);
      const when = Number.isFinite(acked)
        ? `acknowledged only at ${sinceStart(acked, history)}`
        : 'never acknowledged';
      return (
        `${sinceStart(passed.atNs, history)}: the ack floor of ${name} was ${floor}, past sequence ` +
        `${formatInteger(sequence)}, which was ${when}${duringFaults(passed.atNs, passed.atNs, history)}`
      );
    });
  });
}
