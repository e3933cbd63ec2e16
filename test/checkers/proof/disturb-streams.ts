import { NS } from '../../../src/base/clock.js';
import type { Random } from '../../../src/base/random.js';
import { type Copy, type Operation, START_NS, type World } from './world.js';

type Disturbance = (world: World, random: Random) => void;

const anyCopy = (world: World, random: Random): Copy | undefined => {
  const copies = world.streams.flatMap(({ read, replicas }) => [
    ...(read === undefined ? [] : [read]),
    ...replicas,
  ]);
  return copies.length === 0 ? undefined : random.pick(copies);
};

const anyOperation = (world: World, random: Random): Operation | undefined => {
  const operations = world.writers.flatMap((writer) => writer.operations);
  return operations.length === 0 ? undefined : random.pick(operations);
};

const anyTime = (random: Random): number => START_NS + random.below(600) * NS.ms;

/** What can be wrong with a run, and with what is known of it, each as often as the others; none minds the others. */
const DISTURBANCES: readonly Disturbance[] = [
  (world, random) => {
    const copy = anyCopy(world, random);
    if (copy !== undefined && copy.messages.length > 0)
      copy.messages.splice(random.below(copy.messages.length), 1);
  },
  (world, random) => {
    const copy = anyCopy(world, random);
    if (copy === undefined) return;
    const from = random.below(copy.messages.length + 1);
    copy.messages.splice(from, random.below(4));
  },
  (world, random) => {
    // Two messages change places.
    const copy = anyCopy(world, random);
    if (copy === undefined || copy.messages.length < 2) return;
    const [i, j] = [random.below(copy.messages.length), random.below(copy.messages.length)];
    const [a, b] = [copy.messages[i]!, copy.messages[j]!];
    copy.messages[i] = { ...b, streamSequence: a.streamSequence };
    copy.messages[j] = { ...a, streamSequence: b.streamSequence };
  },
  (world, random) => {
    const copy = anyCopy(world, random);
    if (copy === undefined || copy.messages.length === 0) return;
    const again = random.pick(copy.messages);
    copy.messages.push({ ...again, streamSequence: ++copy.throughSequence });
    if (!Number.isFinite(copy.throughSequence)) copy.messages.pop();
  },
  (world, random) => {
    const copy = anyCopy(world, random);
    if (copy === undefined || !Number.isFinite(copy.throughSequence)) return;
    const writer = random.pick([0, 0, 1, 2, 900]);
    const streamSequence = ++copy.throughSequence;
    copy.messages.push({ writer, sequence: random.below(20), digest: random.below(3), streamSequence });
  },
  (world, random) => {
    const copy = anyCopy(world, random);
    if (copy === undefined || copy.messages.length === 0) return;
    const i = random.below(copy.messages.length);
    copy.messages[i] = { ...copy.messages[i]!, digest: random.below(5) };
  },
  (world, random) => {
    const copy = anyCopy(world, random);
    if (copy === undefined) return;
    copy.messages = copy.messages.slice(0, random.below(copy.messages.length + 1));
    copy.complete = false;
    copy.gaveUp = 'no leader';
  },
  (world, random) => {
    const copy = anyCopy(world, random);
    if (copy !== undefined) copy.throughSequence = Number.POSITIVE_INFINITY;
  },
  (world, random) => {
    // The read was over before the stream's end.
    const copy = anyCopy(world, random);
    const last = copy?.messages.at(-1);
    if (copy === undefined || last === undefined) return;
    copy.throughSequence = last.streamSequence - random.below(3);
    copy.messages = copy.messages.filter(({ streamSequence }) => streamSequence <= copy.throughSequence);
  },
  (world, random) => {
    const copy = anyCopy(world, random);
    if (copy !== undefined) Object.assign(copy, { messages: [], foreign: 0, gone: true });
  },
  (world, random) => {
    const copy = anyCopy(world, random);
    if (copy !== undefined) copy.endedNs = random.pick([undefined, anyTime(random), START_NS + 20 * NS.s]);
  },
  (world, random) => {
    const copy = anyCopy(world, random);
    if (copy !== undefined) copy.foreign += random.below(3);
  },
  (world, random) => {
    random.pick(world.streams).read = undefined;
  },
  (world, random) => {
    random.pick(world.writers).complete = false;
  },
  (world, random) => {
    const writer = random.pick(world.writers);
    writer.givesIds = !writer.givesIds;
  },
  (world, random) => {
    const operation = anyOperation(world, random);
    if (operation !== undefined) operation.streamSequence = random.below(40);
  },
  (world, random) => {
    const operation = anyOperation(world, random);
    if (operation !== undefined) operation.outcome = random.pick(['ok', 'failed', 'unknown'] as const);
  },
  (world, random) => {
    const operation = anyOperation(world, random);
    if (operation?.outcome === 'ok') operation.detail = 1;
  },
  (world, random) => {
    const fromNs = START_NS + (random.below(40) - 20) * NS.s;
    const kind = random.pick(['node-kill', 'partition', 'clock-skew']);
    const toNs = random.pick([0, fromNs + random.below(10) * NS.s]);
    world.faults.push({ id: `f${world.faults.length + 1}`, kind, targets: ['n1'], fromNs, toNs });
  },
  (world, random) => {
    const { looks } = random.pick(world.streams);
    if (looks.length === 0) return;
    const i = random.below(looks.length);
    const look = looks[i]!;
    looks[i] = random.pick([
      { ...look, lastSequence: random.below(30) },
      { ...look, exists: false },
      { ...look, leader: random.pick(['n2', 'n3']) },
      { ...look, created: random.pick(['2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z']) },
      { ...look, messages: 0, bytes: 0 },
      { ...look, bytes: look.bytes * 2 },
    ]);
  },
  (world, random) => {
    const stream = random.pick(world.streams);
    stream.looks = stream.looks.slice(0, random.below(2));
  },
  (world, random) => {
    const { config } = random.pick(world.streams);
    Object.assign(
      config,
      random.pick([
        { max_age: random.below(400) * NS.ms },
        { max_age: 2 * NS.s },
        { max_msgs: random.below(12) },
        { max_bytes: random.below(2000) },
        { max_msgs_per_subject: random.below(4) },
        { discard: 'new' },
        { discard: 'new', discard_new_per_subject: true },
        { allow_msg_ttl: true },
        { allow_rollup_hdrs: true },
        { duplicate_window: random.below(300) * NS.ms },
        { retention: 'workqueue' },
        { retention: 'interest' },
      ]),
    );
  },
];

/** Makes any wrong world of a right one: a few disturbances, one after the other. */
export function disturbStreams(world: World, random: Random): void {
  for (let i = random.below(6); i > 0; i--) random.pick(DISTURBANCES)(world, random);
}
