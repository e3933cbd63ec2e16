import { NS } from '../../../src/base/clock.js';
import type { Random } from '../../../src/base/random.js';
import { START_NS, type World } from './world.js';

type Disturbance = (world: World, random: Random) => void;

const anyOperation = (world: World, random: Random) => {
  const operations = world.writers.flatMap((writer) => writer.operations);
  return operations.length === 0 ? undefined : random.pick(operations);
};

const DISTURBANCES: readonly Disturbance[] = [
  (world, random) => {
    const operation = anyOperation(world, random);
    if (operation !== undefined)
      operation.streamSequence = random.below(25) + (operation.kind === 'get' ? 0 : 1);
  },
  (world, random) => {
    const operation = anyOperation(world, random);
    if (operation?.kind === 'compare-and-set') operation.detail = random.below(25);
  },
  (world, random) => {
    const operation = anyOperation(world, random);
    if (operation?.kind === 'get' && operation.outcome === 'ok' && operation.streamSequence > 0)
      operation.value = random.pick([
        undefined,
        { writer: random.pick([0, 1, 900]), sequence: random.below(12) },
      ]);
  },
  (world, random) => {
    const operation = anyOperation(world, random);
    if (operation === undefined || operation.kind === 'get') return;
    operation.outcome = random.pick(['ok', 'failed', 'unknown'] as const);
    // Whoever acknowledges names a revision.
    if (operation.outcome === 'ok') operation.streamSequence ||= 1 + random.below(25);
  },
  (world, random) => {
    const operation = anyOperation(world, random);
    if (operation === undefined) return;
    operation.sentNs = START_NS + random.below(200) * NS.ms + 7;
    operation.dueNs = operation.sentNs;
    operation.doneNs = operation.sentNs + random.below(40) * NS.ms + 3;
  },
  (world, random) => {
    random.pick(world.writers).complete = false;
  },
  (world, random) => {
    const { read } = world.streams[0]!;
    if (read !== undefined && read.messages.length > 0)
      read.messages.splice(random.below(read.messages.length), 1);
  },
  (world, random) => {
    const { read } = world.streams[0]!;
    if (read === undefined) return;
    const streamSequence = ++read.throughSequence;
    read.messages.push({
      writer: random.pick([0, 0, 1, 900]),
      sequence: random.below(12),
      digest: 0,
      streamSequence,
    });
  },
  (world, random) => {
    const { read } = world.streams[0]!;
    if (read === undefined) return;
    read.messages = read.messages.slice(0, random.below(read.messages.length + 1));
    read.complete = false;
  },
  (world) => {
    world.streams[0]!.read = undefined;
  },
  (world, random) => {
    Object.assign(
      world.streams[0]!.config,
      random.pick([
        { allow_direct: true, num_replicas: 3 },
        { allow_direct: true, num_replicas: 1 },
        { max_age: NS.s },
        { max_bytes: 1000, discard: 'new' },
        { max_bytes: 1000, discard: 'old' },
      ]),
    );
  },
];

/** Makes any wrong world of a right one. */
export function disturbBuckets(world: World, random: Random): void {
  for (let i = random.below(5); i > 0; i--) random.pick(DISTURBANCES)(world, random);
}
