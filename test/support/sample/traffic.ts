import { NS } from '../../../src/base/clock.js';
import { type Random, seededRandom } from '../../../src/base/random.js';
import type { IntervalReport } from '../../../src/contracts/load.js';
import type { PhaseName } from '../../../src/contracts/plan/phase.js';
import { Cell } from './cell.js';
import { AFTERMATH_NS, OUTAGE_NS, type SampleStory } from './story.js';

const TIMEOUT_NS = 5 * NS.s;

/** Standard normal, by Box and Muller. */
const gauss = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** A log-normal latency with a rare slow path. */
const latency = (random: Random, medianNs: number): number =>
  medianNs * Math.exp(0.32 * gauss(random)) + (random.next() < 0.002 ? random.next() * 25 * NS.ms : 0);

/** What the workers and the monitor report of the sample's loads, told operation by operation, in order of time. */
export function sampleTraffic(story: SampleStory): IntervalReport[] {
  const { seed, seconds, ordersPerSec, firehosePerSec, faultFromNs, faultToNs } = story;
  const phaseAt = (dueNs: number): PhaseName =>
    dueNs >= faultFromNs && dueNs < faultToNs + AFTERMATH_NS ? 'faults' : 'steady';
  const cells = new Map<string, Cell[]>();
  const cellsOf = (key: string): Cell[] => {
    const column = cells.get(key) ?? [];
    cells.set(key, column);
    return column;
  };
  const cellAt = (key: string, atNs: number): Cell => {
    const column = cellsOf(key);
    const second = Math.floor(atNs / NS.s);
    while (column.length <= second) column.push(new Cell());
    return column[second] as Cell;
  };
  const wait = (key: string, dueNs: number, doneNs: number): void => {
    for (let second = Math.floor(dueNs / NS.s); second < Math.floor(doneNs / NS.s); second++) {
      cellAt(key, second * NS.s).pending++;
    }
  };

  simulateOrders(seededRandom(seed, 'orders'));
  simulateFirehose(seededRandom(seed, 'firehose'));

  function simulateOrders(random: Random): void {
    const key = 'orders/0';
    for (let i = 0; i < seconds * ordersPerSec; i++) {
      const dueNs = (i / ordersPerSec) * NS.s;
      const phase = phaseAt(dueNs);
      const inOutage = dueNs >= faultFromNs && dueNs < faultFromNs + OUTAGE_NS;
      cellAt(key, dueNs).count(phase, 'due');
      // What was in flight to the killed leader is never heard of again.
      if (dueNs >= faultFromNs - 4 * NS.ms && dueNs < faultFromNs + 8 * NS.ms) {
        cellAt(key, dueNs).count(phase, 'sent');
        cellAt(key, dueNs + TIMEOUT_NS).count(phase, 'unknown');
        cellAt(key, dueNs + TIMEOUT_NS)
          .histogram(phase, 'ack_latency')
          .recordCensored(TIMEOUT_NS);
        cellAt(key, dueNs + TIMEOUT_NS)
          .histogram(phase, 'service_time')
          .recordCensored(TIMEOUT_NS);
        wait(key, dueNs, dueNs + TIMEOUT_NS);
        continue;
      }
      const heldNs = inOutage ? faultFromNs + OUTAGE_NS - dueNs + random.next() * 180 * NS.ms : 0;
      const catchingUp =
        dueNs > faultToNs && dueNs < faultToNs + AFTERMATH_NS ? 4 : phase === 'faults' ? 1.3 : 1;
      const took = heldNs + latency(random, 1.3 * NS.ms * catchingUp);
      const doneNs = dueNs + took;
      if (inOutage) cellAt(key, dueNs).count(phase, 'blocked');
      cellAt(key, dueNs + heldNs).count(phase, 'sent');
      cellAt(key, dueNs + heldNs).count(phase, 'bytes', 256);
      cellAt(key, doneNs).count(phase, 'ok');
      cellAt(key, doneNs).histogram(phase, 'ack_latency').record(took);
      cellAt(key, doneNs)
        .histogram(phase, 'service_time')
        .record(took - heldNs);
      if (!inOutage) cellAt(key, dueNs).histogram(phase, 'schedule_delay').record(latency(random, 40_000));
      wait(key, dueNs, doneNs);
      receive('orders', phase, doneNs, took * 1.05);
    }
  }

  function simulateFirehose(random: Random): void {
    for (let i = 0; i < seconds * firehosePerSec; i++) {
      const worker = i % 2;
      const key = `firehose/${worker}`;
      const dueNs = (i / firehosePerSec) * NS.s;
      const phase = phaseAt(dueNs);
      // One worker was connected to the killed node and needs a moment to reach another.
      const away = worker === 1 && dueNs >= faultFromNs && dueNs < faultFromNs + 0.6 * NS.s;
      const heldNs = away ? faultFromNs + 0.6 * NS.s - dueNs : 0;
      const cell = cellAt(key, dueNs);
      cell.count(phase, 'due');
      const sent = cellAt(key, dueNs + heldNs);
      if (away) cell.count(phase, 'blocked');
      sent.count(phase, 'sent');
      sent.count(phase, 'ok');
      sent.count(phase, 'bytes', 64);
      if (!away) cell.histogram(phase, 'schedule_delay').record(latency(random, 60_000));
      wait(key, dueNs, dueNs + heldNs);
      if (dueNs >= faultFromNs && dueNs < faultFromNs + 30 * NS.ms) continue;
      const took = heldNs + latency(random, phase === 'faults' ? 0.5 * NS.ms : 0.35 * NS.ms);
      receive('firehose', phase, dueNs + took, took);
    }
  }

  function receive(load: string, phase: PhaseName, atNs: number, lagNs: number): void {
    const cell = cellAt(`${load}/-1`, atNs);
    cell.count(phase, 'received');
    cell.histogram(phase, 'lag').record(lagNs);
  }

  const reports: IntervalReport[] = [];
  const last = Math.max(...[...cells.values()].map((column) => column.length));
  for (let second = 0; second < last; second++) {
    for (const [key, column] of cells) {
      const [load, worker] = key.split('/') as [string, string];
      const cell = column[second];
      if (cell) reports.push(cell.report(load, Number(worker), second));
    }
  }
  return reports;
}
