import type { Stamp, World } from '../world.js';
import { allOperations, anyReadIsIncomplete, isWrite, type Said, verdictOf } from './facts.js';

export function referenceUnexpected(world: World): Said {
  const stamps: Stamp[] = world.streams.flatMap(({ read, replicas }) =>
    [...(read === undefined ? [] : [read]), ...replicas].flatMap(({ messages }) => messages),
  );
  for (const { operation } of allOperations(world))
    if (['deliver', 'get'].includes(operation.kind) && operation.value !== undefined)
      stamps.push(operation.value);
  const counts = { neverSent: 0, refused: 0, perhapsSent: 0, strangers: 0, foreign: 0 };
  for (const { writer, sequence } of stamps) {
    const known = world.writers.find((one) => one.writer === writer);
    if (known === undefined) {
      counts.strangers++;
      continue;
    }
    const operation = known.operations.find((one) => one.sequence === sequence);
    if (operation === undefined) {
      if (known.complete) counts.neverSent++;
      else counts.perhapsSent++;
    } else if (!isWrite(operation)) counts.neverSent++;
    else if (operation.outcome === 'failed') counts.refused++;
  }
  for (const { read } of world.streams) counts.foreign += read?.foreign ?? 0;
  const isOpen = stamps.length === 0 || counts.perhapsSent > 0 || anyReadIsIncomplete(world);
  return { verdict: verdictOf(counts.neverSent + counts.refused, isOpen), counts };
}
