import { NS } from '../base/clock.js';
import type { Fault, FaultKind } from '../contracts/fault.js';
import { bentLinks } from './links/bent-links.js';
import { CloseLooks } from './links/close-looks.js';
import { needsOn } from './links/link-choice.js';
import { linkFault } from './links/link-fault.js';
import { type SlowCloseParams, slowCloseSchema } from './slow-close-schema.js';

/** Keeps the end of a connection from its other side for a while, as a peer does that is slow to let go. */
export const slowClose = {
  kind: 'slow-close',
  summary: 'lets one side of a connection see only later that the other has closed it',
  needs: [],
  needsWith: needsOn,
  claims: [],
  schema: slowCloseSchema,
  create: (params) => closingSlowly(params as unknown as SlowCloseParams),
} satisfies FaultKind & { readonly schema: typeof slowCloseSchema };

function closingSlowly({ delay, on }: SlowCloseParams): Fault {
  const delayMs = Math.round(delay / NS.ms);
  const looks = new CloseLooks(delayMs);
  return linkFault({
    plan: (context) => bentLinks(context, on, { kind: 'slow-close', delayMs }),
    cuts: () => [],
    look: (scene, stage) => looks.look(scene, stage),
  });
}
