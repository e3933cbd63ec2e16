import { NS } from '../base/clock.js';
import type { Fault, FaultKind } from '../contracts/fault.js';
import { bentLinks } from './links/bent-links.js';
import { DelayLooks } from './links/delay-looks.js';
import { needsOn } from './links/link-choice.js';
import { linkFault } from './links/link-fault.js';
import { ProbeLooks } from './links/probe-looks.js';
import { type PacketSlicerParams, packetSlicerSchema } from './packet-slicer-schema.js';

/** A canary is cut into so many pieces that it takes about so much longer. */
const CANARY_TAKES_MS = 100;
const FEWEST_PIECES = 4;
/** A server takes no message above a mebibyte, unless told. */
const LONGEST_CANARY = 512 * 1024;

/** Cuts data on links into small pieces that come one after the other, as a bad network's do. */
export const packetSlicer = {
  kind: 'packet-slicer',
  summary: 'cuts data on links into small pieces, with a pause after each',
  needs: [],
  needsWith: needsOn,
  claims: [],
  schema: packetSlicerSchema,
  create: (params) => slicing(params as unknown as PacketSlicerParams),
} satisfies FaultKind & { readonly schema: typeof packetSlicerSchema };

function slicing({ 'average-size': averageBytes, variation, delay, on }: PacketSlicerParams): Fault {
  const pieceMs = delay / NS.ms;
  const longest = averageBytes + variation;
  const most = Math.floor(LONGEST_CANARY / longest);
  const pieces = Math.min(most, Math.max(FEWEST_PIECES, Math.round(CANARY_TAKES_MS / pieceMs)));
  const delays = new DelayLooks({
    delayMs: pieces * pieceMs,
    spreadMs: pieces * pieceMs,
    count: 1,
    everyMs: 0,
    bytes: pieces * longest,
  });
  // A greeting shorter than a piece stays whole.
  const greetings = new ProbeLooks({
    forMs: 1_000,
    bites: ({ reads }, greetingBytes) => reads > 1 || greetingBytes <= longest,
  });
  return linkFault({
    plan: (context) =>
      bentLinks(context, on, {
        kind: 'slicer',
        averageBytes,
        variationBytes: variation,
        delayUs: Math.round(delay / NS.us),
      }),
    cuts: () => [],
    look: async (scene, stage) => [
      ...(await delays.look(scene, stage)),
      ...(await greetings.look(scene, stage)),
    ],
  });
}
