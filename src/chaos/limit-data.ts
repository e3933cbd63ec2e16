import type { Fault, FaultKind } from '../contracts/fault.js';
import { type LimitDataParams, limitDataSchema } from './limit-data-schema.js';
import { bentLinks } from './links/bent-links.js';
import { EndedLooks } from './links/ended-looks.js';
import { needsOn } from './links/link-choice.js';
import { linkFault } from './links/link-fault.js';
import { ProbeLooks } from './links/probe-looks.js';

/** So much two ends say to each other before any message: with less, no connection ever carries one. */
const HANDSHAKE_BYTES = 4 * 1024;
const PATIENCE_MS = 1_000;

/** Ends connections that have carried so much, as a proxy with a quota does; new ones carry as much again. */
export const limitData = {
  kind: 'limit-data',
  summary: 'ends a connection when it has carried so many bytes one way',
  needs: [],
  needsWith: needsOn,
  claims: [],
  schema: limitDataSchema,
  create: (params) => limiting(params as unknown as LimitDataParams),
} satisfies FaultKind & { readonly schema: typeof limitDataSchema };

function limiting({ bytes, on }: LimitDataParams): Fault {
  const ends = new EndedLooks(bytes);
  const greetings = new ProbeLooks({
    forMs: PATIENCE_MS,
    bites: ({ heard, end }, greetingBytes) =>
      bytes < greetingBytes ? heard.length <= bytes && end !== 'open' : heard.length >= greetingBytes,
  });
  return linkFault({
    plan: (context) => bentLinks(context, on, { kind: 'limit-data', bytes }),
    cuts: ({ ways }) => (bytes < HANDSHAKE_BYTES ? ways : []),
    look: async (scene, stage) => [
      ...(await ends.look(scene, stage)),
      ...(await greetings.look(scene, stage)),
    ],
  });
}
