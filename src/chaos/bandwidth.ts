import type { Fault, FaultKind } from '../contracts/fault.js';
import { type BandwidthParams, bandwidthSchema } from './bandwidth-schema.js';
import { bentLinks } from './links/bent-links.js';
import { FlowLooks } from './links/flow-looks.js';
import { needsToShapeOn } from './links/link-choice.js';
import { linkFault } from './links/link-fault.js';

/** Narrows links: every connection carries so much each way and no more; seen by data of a known size. */
export const bandwidth = {
  kind: 'bandwidth',
  summary: 'limits how much a connection carries each way',
  needs: [],
  needsWith: needsToShapeOn,
  claims: [],
  schema: bandwidthSchema,
  create: (params) => narrowing(params as unknown as BandwidthParams),
} satisfies FaultKind & { readonly schema: typeof bandwidthSchema };

function narrowing({ rate: bytesPerSec, on }: BandwidthParams): Fault {
  const looks = new FlowLooks(bytesPerSec);
  return linkFault({
    plan: (context) => bentLinks(context, on, { kind: 'bandwidth', bytesPerSec }),
    cuts: () => [],
    look: (scene, stage) => looks.look(scene, stage),
  });
}
