import { NS } from '../../../../src/base/clock.js';
import type { ConsumerFacts } from '../../../../src/contracts/history.js';
import { type Operation, type Stream, streamOf, type World, type Writer } from '../world.js';
import { removesMessages } from './evicted.js';
import { allHistoriesComplete, allOperations, type Said, verdictOf } from './facts.js';

const AFTERMATH_NS = 10 * NS.s;
const VIOLATIONS = [
  ...['gone', 'undelivered', 'forgotten', 'skipped', 'floorFell', 'floorBeyond', 'floorPassed'],
  ...['afterConfirmation', 'beyondMaxDeliver', 'early', 'unprocessed'],
] as const;
const ALLOWED = [
  ...[
    'covered',
    'exhausted',
    'evicted',
    'pending',
    'floorFellInFault',
    'onItsWay',
    'earlyPerhaps',
    'redelivered',
    'left',
  ],
] as const;

type Counts = Record<(typeof VIOLATIONS)[number] | (typeof ALLOWED)[number], number>;

interface Event {
  readonly writer: Writer;
  readonly operation: Operation;
  readonly s: number;
  /** In the history of its connection. */
  readonly at: number;
}

interface Scene {
  readonly world: World;
  readonly stream: Stream;
  readonly consumer: ConsumerFacts;
  /** Of this consumer. */
  readonly deliveries: readonly Event[];
  readonly answers: readonly Event[];
  readonly selected: readonly Operation[];
}

export function referenceConsumer(world: World): Said {
  const counts = Object.fromEntries([...VIOLATIONS, ...ALLOWED].map((name) => [name, 0])) as Counts;
  let isOpen = !allHistoriesComplete(world);
  let delivered = 0;
  for (const consumer of world.consumers) {
    const scene = sceneOf(world, consumer);
    delivered += scene.deliveries.length;
    if (consumer.looks.length === 0) isOpen = true;
    judgeDelivery(scene, counts);
    judgeFloor(scene, counts);
    judgeRedelivery(scene, counts);
    if (scene.stream.config.retention === 'workqueue') judgeWorkQueue(scene, counts);
  }
  const violations = VIOLATIONS.reduce((sum, name) => sum + counts[name], 0);
  return { verdict: verdictOf(violations, isOpen || delivered === 0), counts };
}

function sceneOf(world: World, consumer: ConsumerFacts): Scene {
  const name = `${consumer.stream} > ${consumer.consumer}`;
  const stream = world.streams.find((one) => one.name === consumer.stream)!;
  const events = world.writers.flatMap((writer) =>
    writer.operations.flatMap((operation, at) =>
      operation.subject === name ? [{ writer, operation, s: operation.streamSequence, at }] : [],
    ),
  );
  const selected = allOperations(world)
    .map(({ operation }) => operation)
    .filter(
      ({ kind, outcome, streamSequence }) => kind === 'publish' && outcome === 'ok' && streamSequence > 0,
    )
    .filter(({ subject }) => streamOf(world, subject) === stream)
    .filter(
      ({ streamSequence }) =>
        consumer.config.deliver_policy !== 'by_start_sequence' ||
        streamSequence >= Number(consumer.config.opt_start_seq),
    );
  return {
    ...{ world, stream, consumer, selected },
    deliveries: events.filter(({ operation }) => operation.kind === 'deliver'),
    answers: events.filter(({ operation }) => operation.kind !== 'deliver'),
  };
}

const isHeld = ({ stream }: Scene, s: number): boolean =>
  stream.read?.messages.some(({ streamSequence }) => streamSequence === s) ?? false;

/** Read back completely, through s, and not there. */
const isMissing = (scene: Scene, s: number): boolean => {
  const { read } = scene.stream;
  if (read === undefined) return false;
  return read.gone || (read.complete && s <= read.throughSequence && !isHeld(scene, s));
};

const removesByItself = ({ stream }: Scene): boolean =>
  removesMessages({ ...stream, config: { ...stream.config, retention: undefined } });

const mayCount = ({ operation }: Event): boolean => operation.sentNs > 0 && operation.outcome !== 'failed';

const isConfirmed = ({ operation }: Event): boolean =>
  (operation.kind === 'ack' || operation.kind === 'term') &&
  operation.outcome === 'ok' &&
  operation.doneNs > 0;

const isFor = ({ consumer }: Scene, { operation, s }: Event, place: number): boolean =>
  s === place || (consumer.config.ack_policy === 'all' && operation.kind === 'ack' && s >= place);

function judgeDelivery(scene: Scene, counts: Counts): void {
  const { consumer, selected, deliveries, world } = scene;
  const last = consumer.looks.at(-1);
  const { ack_policy: policy, max_deliver: most } = consumer.config;
  if (last === undefined || !last.exists || world.writers.some(({ complete }) => !complete)) return;
  const { deliveredStreamSequence: d, ackFloorStreamSequence: f } = last;
  let waiting = last.ackPending;
  let toCome = last.pending;
  for (const { streamSequence: s, doneNs } of [...selected].sort(
    (a, b) => a.streamSequence - b.streamSequence,
  )) {
    if (deliveries.some((delivery) => delivery.s === s)) continue;
    if ((policy === 'all' && s <= f) || (policy === 'none' && s <= d)) counts.covered++;
    else if (Number(most) > 0 && s <= f) counts.exhausted++;
    else if (removesByItself(scene) && !isHeld(scene, s)) counts.evicted++;
    else if (isMissing(scene, s)) counts.gone++;
    else if (s <= f) counts.undelivered++;
    else if (s <= d) {
      if (waiting-- > 0) counts.pending++;
      else if (Number(most) > 0) counts.exhausted++;
      else counts.forgotten++;
    } else if (doneNs >= last.atNs || toCome-- > 0) counts.pending++;
    else counts.skipped++;
  }
}

const wasFault = ({ world }: Scene, fromNs: number, toNs: number): boolean =>
  world.faults.some(
    (fault) => fault.fromNs <= toNs && (fault.toNs === 0 || fault.toNs >= fromNs - AFTERMATH_NS),
  );

function judgeFloor(scene: Scene, counts: Counts): void {
  const { consumer, stream, deliveries, answers, world } = scene;
  const { looks, config } = consumer;
  const endOf = (i: number) => looks[i + 1]?.atNs ?? Number.POSITIVE_INFINITY;
  const passed = new Set<number>();
  looks.forEach((look, i) => {
    const floor = look.ackFloorStreamSequence;
    const isFault = wasFault(scene, look.atNs, endOf(i));
    const before = Math.max(0, ...looks.slice(0, i).map((one) => one.ackFloorStreamSequence));
    if (floor < before) counts[isFault ? 'floorFellInFault' : 'floorFell']++;
    const streamLook = stream.looks.find(({ atNs }) => atNs >= endOf(i));
    const highest =
      streamLook?.lastSequence ??
      Math.max(
        0,
        ...stream.looks.map(({ lastSequence }) => lastSequence),
        ...scene.selected.map(({ streamSequence }) => streamSequence),
        ...(stream.read?.messages.map(({ streamSequence }) => streamSequence) ?? []),
        ...(Number.isFinite(stream.read?.throughSequence) ? [stream.read!.throughSequence] : []),
      );
    const isLookFault = streamLook !== undefined && wasFault(scene, streamLook.atNs, streamLook.atNs);
    if (floor > highest && !isFault && !isLookFault) counts.floorBeyond++;
    if (config.ack_policy === 'none' || Number(config.max_deliver) > 0) return;
    if (world.writers.some(({ complete }) => !complete)) return;
    for (const { s } of deliveries) {
      if (s > floor || (removesByItself(scene) && !isHeld(scene, s))) continue;
      const isAnswered = answers.some(
        (answer) =>
          answer.operation.kind !== 'nak' &&
          isFor(scene, answer, s) &&
          mayCount(answer) &&
          answer.operation.sentNs < endOf(i),
      );
      if (!isAnswered) passed.add(s);
    }
  });
  counts.floorPassed += passed.size;
}

/** When the message at s was sent to the stream; −∞ where nobody knows. */
const sentToStream = ({ world, deliveries }: Scene, s: number): number => {
  const stamp = deliveries.find((delivery) => delivery.s === s)?.operation.value;
  const writer = world.writers.find((one) => one.writer === stamp?.writer);
  return (
    writer?.operations.find(({ sequence }) => sequence === stamp?.sequence)?.sentNs ??
    Number.NEGATIVE_INFINITY
  );
};

function earliest(scene: Scene, d: Event): number {
  const before = (event: Event) => event.writer === d.writer && event.at < d.at;
  return Math.max(
    sentToStream(scene, d.s),
    ...scene.deliveries.filter(before).map(({ s }) => sentToStream(scene, s)),
    ...scene.answers
      .filter((event) => before(event) && event.operation.outcome === 'ok' && event.operation.doneNs > 0)
      .map(({ operation }) => operation.sentNs),
  );
}

function judgeRedelivery(scene: Scene, counts: Counts): void {
  const { consumer, deliveries, answers } = scene;
  const { ack_policy: policy, max_deliver: most, ack_wait: wait, num_replicas: replicas } = consumer.config;
  const waitNs = Number(wait);
  for (const d of deliveries) {
    const own = deliveries.filter(({ s }) => s === d.s);
    const receivedNs = d.operation.doneNs;
    const earlier = own.filter(
      (one) =>
        one !== d &&
        (one.operation.doneNs < receivedNs || (one.operation.doneNs === receivedNs && one.at < d.at)),
    );
    if (d.operation.detail > 1 || earlier.length > 0) counts.redelivered++;
    if (Number(most) > 0 && d.operation.detail > Number(most)) counts.beyondMaxDeliver++;
    const confirmations = answers.filter((answer) => isConfirmed(answer) && isFor(scene, answer, d.s));
    const c = Math.min(...confirmations.map(({ operation }) => operation.doneNs));
    if (policy !== 'none' && receivedNs > c) {
      const onSame = confirmations.some((answer) => answer.writer === d.writer && answer.at < d.at);
      counts[onSame || earliest(scene, d) > c ? 'afterConfirmation' : 'onItsWay']++;
    }
    const previous = earlier.sort((a, b) => b.operation.doneNs - a.operation.doneNs)[0];
    if (policy === 'none' || previous === undefined) continue;
    const fromNs = previous.operation.doneNs;
    if (receivedNs - fromNs >= waitNs || wasFault(scene, fromNs, receivedNs)) continue;
    const isRefused = answers.some(
      ({ operation, s }) =>
        operation.kind === 'nak' && s === d.s && operation.sentNs >= fromNs && operation.sentNs <= receivedNs,
    );
    if (isRefused) continue;
    const sinceNs = replicas === 1 ? earliest(scene, previous) : sentToStream(scene, d.s);
    const isTold = scene.world.writers.every(({ complete }) => complete);
    counts[isTold && receivedNs - sinceNs < waitNs ? 'early' : 'earlyPerhaps']++;
  }
}

function judgeWorkQueue(scene: Scene, counts: Counts): void {
  const { selected, deliveries, answers, consumer } = scene;
  for (const { streamSequence: s } of selected) {
    const own = deliveries.filter((delivery) => delivery.s === s);
    if (own.length === 0) continue;
    if (
      answers.some((answer) => answer.operation.kind !== 'nak' && isFor(scene, answer, s) && mayCount(answer))
    )
      continue;
    const most = Number(consumer.config.max_deliver);
    const isExhausted = most > 0 && own.some(({ operation }) => operation.detail >= most);
    if (isMissing(scene, s) && !removesByItself(scene) && !isExhausted) counts.unprocessed++;
    else counts.left++;
  }
}
