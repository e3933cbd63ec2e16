import { type Stream, streamOf, type World } from '../world.js';
import { allOperations, isKnownDuplicate, isWrite, type Said, verdictOf } from './facts.js';

/** What somebody says stands at a sequence: a stamp, and where a store says it, the digest. */
interface Claim {
  readonly by: 'write' | 'read' | 'replica' | 'delivery' | 'get';
  readonly stream: Stream;
  readonly q: number;
  readonly writer: number;
  readonly sequence: number;
  readonly digest?: number;
}

export function referenceImmutability(world: World): Said {
  const claims = claimsOf(world);
  const counts = { acknowledged: 0, stored: 0, delivered: 0, got: 0 };
  const at = ({ stream, q }: Claim, by: Claim['by']) =>
    claims.filter((one) => one.stream === stream && one.q === q && one.by === by);
  const writes = claims.filter(({ by }) => by === 'write');
  writes.forEach((claim, i) => {
    const before = writes.slice(0, i).some((one) => one.stream === claim.stream && one.q === claim.q);
    const stores = [...at(claim, 'read'), ...at(claim, 'replica')];
    if (before || stores.some((store) => differ(store, claim))) counts.acknowledged++;
  });
  for (const stream of world.streams) {
    const stores = claims.filter((one) => one.stream === stream && ['read', 'replica'].includes(one.by));
    for (const q of new Set(stores.map((one) => one.q))) {
      const here = stores.filter((one) => one.q === q);
      if (here.some((a) => here.some((b) => differ(a, b)))) counts.stored++;
    }
  }
  for (const claim of claims) {
    if (claim.by !== 'delivery' && claim.by !== 'get') continue;
    const told = at(claim, 'read')[0] ?? at(claim, 'replica')[0] ?? at(claim, 'write')[0];
    if (told === undefined || !differ(told, claim)) continue;
    if (claim.by === 'delivery') counts.delivered++;
    else counts.got++;
  }
  const wasRead = claims.some(({ by }) => by === 'read' || by === 'replica');
  const isAnyOpen = world.streams.some(({ read, replicas }) =>
    [...(read === undefined ? [] : [read]), ...replicas].some(({ complete }) => !complete),
  );
  const hasTwo = claims.some((a, i) =>
    claims.some((b, j) => i !== j && a.stream === b.stream && a.q === b.q),
  );
  const violations = counts.acknowledged + counts.stored + counts.delivered + counts.got;
  return { verdict: verdictOf(violations, !hasTwo || !wasRead || isAnyOpen), counts };
}

const differ = (a: Claim, b: Claim): boolean =>
  a.writer !== b.writer ||
  a.sequence !== b.sequence ||
  (a.digest !== undefined && b.digest !== undefined && a.digest !== b.digest);

function claimsOf(world: World): Claim[] {
  const claims: Claim[] = [];
  const inOrder = [...world.writers]
    .sort((a, b) => a.writer - b.writer)
    .flatMap(({ writer, operations }) =>
      [...operations].sort((a, b) => a.sequence - b.sequence).map((operation) => ({ writer, operation })),
    );
  for (const { writer, operation } of inOrder) {
    const { sequence, streamSequence: q, outcome, subject } = operation;
    const stream = streamOf(world, subject);
    if (!isWrite(operation) || outcome !== 'ok' || q === 0 || isKnownDuplicate(operation) || !stream)
      continue;
    claims.push({ by: 'write', stream, q, writer, sequence });
  }
  for (const stream of world.streams) {
    for (const message of stream.read?.messages ?? [])
      claims.push({ ...message, by: 'read', stream, q: message.streamSequence });
    for (const { messages } of stream.replicas)
      for (const message of messages)
        claims.push({ ...message, by: 'replica', stream, q: message.streamSequence });
  }
  for (const { operation } of allOperations(world)) {
    const { kind, subject, streamSequence: q, value, outcome } = operation;
    if (value === undefined || q === 0) continue;
    const name = kind === 'deliver' ? subject.split(' > ')[0] : streamOf(world, subject)?.name;
    const stream = world.streams.find((one) => one.name === name);
    if (stream === undefined || (kind !== 'deliver' && kind !== 'get') || outcome !== 'ok') continue;
    claims.push({ by: kind === 'deliver' ? 'delivery' : 'get', stream, q, ...value });
  }
  return claims;
}
