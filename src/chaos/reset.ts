import { NS } from '../base/clock.js';
import type { Fault, FaultKind } from '../contracts/fault.js';
import { bentLinks } from './links/bent-links.js';
import { CutLooks } from './links/cut-looks.js';
import { EndedLooks } from './links/ended-looks.js';
import { needsOn, takesDownOn } from './links/link-choice.js';
import { linkFault } from './links/link-fault.js';
import { ProbeLooks } from './links/probe-looks.js';
import { type ResetParams, resetSchema } from './reset-schema.js';

/** Longer than a busy machine takes to tell. */
const PATIENCE_MS = 1_000;

/** Ends every connection as soon as data comes into it, with a TCP reset for those that are opened meanwhile. */
export const reset = {
  kind: 'reset',
  summary: 'ends connections, with a TCP reset, when data comes into them',
  needs: [],
  needsWith: needsOn,
  claims: [],
  takesDown: takesDownOn,
  schema: resetSchema,
  create: (params) => resetting(params as unknown as ResetParams),
} satisfies FaultKind & { readonly schema: typeof resetSchema };

function resetting({ delay, on }: ResetParams): Fault {
  const afterMs = Math.round(delay / NS.ms);
  const crossings = new CutLooks();
  const ends = new EndedLooks();
  const greetings = new ProbeLooks({
    forMs: afterMs + PATIENCE_MS,
    bites: ({ heard, end }) => heard === '' && end === 'reset',
  });
  return linkFault({
    plan: (context) => bentLinks(context, on, { kind: 'reset', afterMs }),
    // What would cross is what ends the connection.
    cuts: ({ ways }) => ways,
    look: async (scene, stage) => [
      ...(await crossings.look(scene, stage)),
      ...(await ends.look(scene, stage)),
      ...(await greetings.look(scene, stage)),
    ],
  });
}
