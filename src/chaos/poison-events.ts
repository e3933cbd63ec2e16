import { formatInteger } from '../base/units.js';
import type { FaultKind } from '../contracts/fault.js';
import type { ClientsSeen } from './client-looks.js';
import { clientPressure } from './client-pressure.js';
import { type PoisonEventsParams, poisonEventsSchema } from './poison-events-schema.js';
import type { PoisonForm } from './pressure/poison-forms.js';
import { accessToTargets, connectionNameOf } from './pressure-helper.js';

const OVERSIZED = /^Maximum Message Payload Exceeded$/;
/** Which of them a server names, is by what it stumbles over. */
const GARBAGE = /^(Parse Error|Protocol Violation|Maximum Control Line Exceeded|Message Header Violation)$/;

/** Sends what no consumer of events should choke on, and what costs its sender the connection. */
export const poisonEvents = {
  kind: 'poison-events',
  summary: 'events that are malformed, of the wrong type or too large, and bytes that are no NATS protocol',
  needs: ['load'],
  claims: [],
  drawsBySeed: true,
  schema: poisonEventsSchema,
  defaultTarget: 'all',
  create: (params) => {
    const { subject, forms, rate, messages } = params as unknown as PoisonEventsParams;
    return clientPressure({
      task: (context) => ({
        do: 'send-poison',
        access: accessToTargets(context),
        connectionName: connectionNameOf(context),
        subjects: subject,
        forms,
        perSec: rate,
        messages,
        seed: context.seed,
      }),
      judge: async (seen) => judge(seen, forms),
    });
  },
} satisfies FaultKind & { readonly schema: typeof poisonEventsSchema; readonly defaultTarget: string };

/** Each way that was asked for must show: taken as messages, or turned away for being what it is. */
function judge({ open, closed }: ClientsSeen, forms: readonly PoisonForm[]) {
  const taken = [...open, ...closed].reduce((sum, { in_msgs: count }) => sum + count, 0);
  const turnedAway = (why: RegExp) => closed.filter(({ reason = '' }) => why.test(reason)).length;
  const [oversized, garbage] = [turnedAway(OVERSIZED), turnedAway(GARBAGE)];
  const isPayload = forms.some((form) => form !== 'oversized' && form !== 'garbage');
  return {
    saw:
      `has taken ${formatInteger(taken)} poisoned messages, and ended ${oversized} connections of the fault for a ` +
      `message that is too large, ${garbage} for what is no protocol`,
    holds:
      (!isPayload || taken > 0) &&
      (!forms.includes('oversized') || oversized > 0) &&
      (!forms.includes('garbage') || garbage > 0),
  };
}
