import { z } from 'zod';
import { formatSize } from '../base/units.js';
import { boundedCount, boundedRate, boundedSize, subjectsSchema } from './pressure-schemas.js';

/** A stream may keep all of it. */
const MOST_BYTES = 16 * 2 ** 30;

/** The keys of a `publish-storm` in a scenario, beside those of every fault. */
export const publishStormSchema = z
  .strictObject({
    rate: z
      .union([boundedRate(5e6), z.literal('max')], {
        error: 'expected a rate up to 5M/s, such as 50k/s, or max',
      })
      .prefault('10k/s')
      .describe('Messages a second, all connections together; `max`: as many as the servers take'),
    size: boundedSize(0, 64 * 2 ** 20)
      .prefault('128B')
      .describe('Of the payload, which carries no stamp and is no event of a load'),
    messages: boundedCount(1e9)
      .prefault('1M')
      .describe('When it has sent so many it sends no more, though it holds on'),
    subject: subjectsSchema
      .optional()
      .describe('Where to, one after the other. Default: a subject of its own that nobody listens to'),
    connections: boundedCount(100).prefault(1).describe('On all targets together'),
  })
  .refine(({ size, messages }) => size * messages <= MOST_BYTES, {
    error: `expected \`messages\` × \`size\` of at most ${formatSize(MOST_BYTES)}: a stream may keep all of it`,
  });

export type PublishStormParams = z.output<typeof publishStormSchema>;
