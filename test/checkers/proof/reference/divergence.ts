import type { Copy, Message, Stream, World } from '../world.js';
import { explainMissing, removesMessages } from './evicted.js';
import { type Said, verdictOf } from './facts.js';

type Replica = Stream['replicas'][number];

export function referenceDivergence(world: World): Said {
  const counts = { differing: 0, missing: 0, extra: 0, edge: 0, perhapsEvicted: 0, notReached: 0 };
  let isJudged = false;
  let isOpen = false;
  for (const stream of world.streams) {
    const { replicas } = stream;
    if (replicas.some(({ complete, gone }) => !complete && !gone)) isOpen = true;
    if (replicas.length < 2 || replicas.every(({ messages }) => messages.length === 0)) continue;
    isJudged = true;
    const places = new Set(
      replicas.flatMap(({ messages }) => messages.map((message) => message.streamSequence)),
    );
    for (const q of places) judgePlace(world, stream, q, counts);
    const complete = replicas.filter((replica) => replica.complete && !replica.gone);
    if (!removesMessages(stream) && new Set(complete.map(({ foreign }) => foreign)).size > 1) isOpen = true;
  }
  isOpen ||= !isJudged || counts.perhapsEvicted + counts.notReached > 0;
  return { verdict: verdictOf(counts.differing + counts.missing + counts.extra, isOpen), counts };
}

function judgePlace(world: World, stream: Stream, q: number, counts: Record<string, number>): void {
  const at = (copy: Copy) => copy.messages.find(({ streamSequence }) => streamSequence === q);
  const { replicas } = stream;
  const comparable = replicas.filter(
    (replica) => replica.gone || at(replica) !== undefined || coversPlace(replica, q),
  );
  counts.notReached! += replicas.length - comparable.length;
  if (comparable.length < 2) return;
  const holders = comparable.filter((replica) => at(replica) !== undefined);
  const right = mostHeld(holders.map((replica) => at(replica)!));
  for (const holder of holders) if (!same(at(holder)!, right)) counts.differing!++;
  const lacking = comparable.filter((replica) => at(replica) === undefined);
  if (holders.length * 2 >= comparable.length) {
    for (const replica of lacking) counts[explained(world, stream, replica, right, 'missing')]!++;
  } else {
    // Who lacks it is in the majority: one whose limits explain it suffices.
    for (const _ of holders) counts[explainedByAny(world, stream, lacking, right)]!++;
  }
}

const coversPlace = (copy: Copy, q: number): boolean =>
  q <= Math.max(0, ...copy.messages.map(({ streamSequence }) => streamSequence)) ||
  (copy.complete && q <= copy.throughSequence);

const same = (a: Message, b: Message): boolean =>
  a.writer === b.writer && a.sequence === b.sequence && a.digest === b.digest;

/** What most hold; of equally many, what the first of them holds. */
function mostHeld(messages: readonly Message[]): Message {
  const votes = messages.map((message) => messages.filter((other) => same(other, message)).length);
  return messages[votes.indexOf(Math.max(...votes))]!;
}

function explained(
  world: World,
  stream: Stream,
  replica: Replica,
  message: Message,
  otherwise: string,
): string {
  if (replica.gone) return otherwise;
  const writer = world.writers.find((one) => one.writer === message.writer);
  const operation = writer?.operations.find(({ sequence }) => sequence === message.sequence);
  const says = explainMissing(world, stream, replica, { q: message.streamSequence, operation });
  return says === 'explained' ? 'edge' : says === 'perhaps' ? 'perhapsEvicted' : otherwise;
}

function explainedByAny(world: World, stream: Stream, lacking: readonly Replica[], message: Message): string {
  const says = lacking.map((replica) => explained(world, stream, replica, message, 'extra'));
  return ['extra', 'perhapsEvicted', 'edge'].find((one) => says.includes(one))!;
}
