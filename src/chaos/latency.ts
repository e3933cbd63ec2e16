import { NS } from '../base/clock.js';
import type { Fault, FaultKind } from '../contracts/fault.js';
import { type LatencyParams, latencySchema } from './latency-schema.js';
import { bentLinks } from './links/bent-links.js';
import { DelayLooks } from './links/delay-looks.js';
import { needsToShapeOn } from './links/link-choice.js';
import { linkFault } from './links/link-fault.js';

/** Delays what goes along links, as distance does; seen by canaries, which take longer. */
export const latency = {
  kind: 'latency',
  summary: 'delays data on links, by the same time or with jitter',
  needs: [],
  needsWith: needsToShapeOn,
  claims: [],
  schema: latencySchema,
  create: (params) => delaying(params as unknown as LatencyParams),
} satisfies FaultKind & { readonly schema: typeof latencySchema };

function delaying({ delay, jitter, on }: LatencyParams): Fault {
  const [delayMs, jitterMs] = [Math.round(delay / NS.ms), Math.round(jitter / NS.ms)];
  // What sets out together is delayed together: with jitter each is to have its own.
  const looks = new DelayLooks({ delayMs, spreadMs: jitterMs, count: 5, everyMs: 20 });
  return linkFault({
    plan: (context) => bentLinks(context, on, { kind: 'latency', delayMs, jitterMs }),
    cuts: () => [],
    look: (scene, stage) => looks.look(scene, stage),
  });
}
