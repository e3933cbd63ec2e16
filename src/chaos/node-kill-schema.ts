import { z } from 'zod';

/** The keys of a `node-kill` in a scenario, beside kind, at, target and restart-after. */
export const nodeKillSchema = z.strictObject({
  signal: z
    .enum(['SIGKILL', 'SIGTERM'], { error: 'expected SIGKILL or SIGTERM' })
    .default('SIGKILL')
    .describe(
      'How the server ends: SIGKILL at once, as in a crash of its process; SIGTERM in order, as in a deployment',
    ),
});

export type NodeKillParams = z.output<typeof nodeKillSchema>;
