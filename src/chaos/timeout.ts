import { NS } from '../base/clock.js';
import type { Fault, FaultKind } from '../contracts/fault.js';
import { bentLinks } from './links/bent-links.js';
import { CutLooks } from './links/cut-looks.js';
import { needsOn, takesDownOn } from './links/link-choice.js';
import { linkFault } from './links/link-fault.js';
import { ProbeLooks } from './links/probe-looks.js';
import { type TimeoutParams, timeoutSchema } from './timeout-schema.js';

/** Longer than a busy machine takes to tell. */
const PATIENCE_MS = 1_000;

/** Swallows all data, and ends a connection that no more of it comes into; new ones are taken, and fare alike. */
export const timeout = {
  kind: 'timeout',
  summary: 'swallows all data, and ends a connection when no more has come into it for a while',
  needs: [],
  needsWith: needsOn,
  claims: [],
  takesDown: takesDownOn,
  schema: timeoutSchema,
  create: (params) => timingOut(params as unknown as TimeoutParams),
} satisfies FaultKind & { readonly schema: typeof timeoutSchema };

function timingOut({ idle, on }: TimeoutParams): Fault {
  const afterMs = Math.round(idle / NS.ms);
  const crossings = new CutLooks();
  // Data that goes on coming keeps a connection from its end: of those there are nothing is promised, but of a new one.
  const greetings = new ProbeLooks({
    forMs: afterMs + PATIENCE_MS,
    bites: ({ heard, end, tookMs }) => heard === '' && end === 'closed' && tookMs >= afterMs / 2,
  });
  return linkFault({
    plan: (context) => bentLinks(context, on, { kind: 'timeout', afterMs }),
    cuts: ({ ways }) => ways,
    look: async (scene, stage) => [
      ...(await crossings.look(scene, stage)),
      ...(await greetings.look(scene, stage)),
    ],
  });
}
