import { formatSize } from '../base/units.js';
import type { FaultKind } from '../contracts/fault.js';
import { clientPressure } from './client-pressure.js';
import { accessToTargets, connectionNameOf } from './pressure-helper.js';
import { type SlowConsumerParams, slowConsumerSchema } from './slow-consumer-schema.js';

/** For each of them: whoever reads has less on its way to it. */
const HELD_BACK_BYTES = 128 * 1024;

/** Subscribes to what the run publishes and reads none of it, until the servers cut it off, and again. */
export const slowConsumer = {
  kind: 'slow-consumer',
  summary:
    'subscribers of ours that do not read what they have subscribed to, until the server cuts them off',
  needs: ['load'],
  claims: [],
  schema: slowConsumerSchema,
  defaultTarget: 'all',
  create: (params) => {
    const { subject, subscribers, copies } = params as unknown as SlowConsumerParams;
    return clientPressure({
      task: (context) => ({
        do: 'read-slowly',
        access: accessToTargets(context),
        connectionName: connectionNameOf(context),
        // Each target has one at least, or it would feel nothing.
        subscribers: Math.max(subscribers, context.targets.length),
        subject,
        copies,
      }),
      judge: async ({ open, closed }) => {
        const pendingBytes = open.reduce((sum, { pending_bytes: bytes = 0 }) => sum + bytes, 0);
        const cut = closed.filter(({ reason = '' }) => reason.startsWith('Slow Consumer')).length;
        const saw = `holds back ${formatSize(pendingBytes)} for ${open.length} subscribers of the fault, and has cut off ${cut} as slow consumers`;
        const holdsBack = open.length > 0 && pendingBytes >= HELD_BACK_BYTES * open.length;
        return { saw, holds: holdsBack || cut > 0 };
      },
    });
  },
} satisfies FaultKind & { readonly schema: typeof slowConsumerSchema; readonly defaultTarget: string };
