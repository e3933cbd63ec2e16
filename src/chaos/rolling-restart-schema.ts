import { z } from 'zod';
import { durationSchema, versionSchema } from '../base/unit-schemas.js';

/** The keys of a `rolling-restart` in a scenario, beside kind, at and target. */
export const rollingRestartSchema = z.strictObject({
  signal: z
    .enum(['SIGTERM', 'SIGKILL', 'SIGUSR2'], { error: 'expected SIGTERM, SIGKILL or SIGUSR2' })
    .default('SIGTERM')
    .describe('How each server ends: SIGTERM in order, SIGUSR2 by lame duck mode, SIGKILL at once'),
  pause: durationSchema
    .default(0)
    .describe('How long is waited when a node is healthy again, before the next one is ended'),
  'to-version': versionSchema
    .optional()
    .describe('Each node is started with this version of nats-server, and stays with it'),
});

export type RollingRestartParams = z.output<typeof rollingRestartSchema>;
