import { z } from 'zod';
import { NS } from '../base/nanoseconds.js';
import { durationSchema, sizeSchema } from '../base/unit-schemas.js';
import { onSchema } from './links/link-choice.js';

const SIZE = 'expected a size of 1B to 1KiB';
const DELAY =
  'expected a delay of 100us to 100ms: pieces that follow each other at once are put together again by the kernel, and nobody would see them';

/** The keys of a `packet-slicer` in a scenario, beside kind, at, target and for. */
export const packetSlicerSchema = z
  .strictObject({
    'average-size': sizeSchema
      .refine((bytes) => bytes >= 1 && bytes <= 1024, { error: SIZE })
      .prefault('128B')
      .describe('How long the pieces are on the average, into which data is cut. 1B to 1KiB'),
    variation: sizeSchema.prefault('0B').describe('How much shorter or longer than that a piece may be'),
    delay: durationSchema
      .refine((ns) => ns >= 100 * NS.us && ns <= 100 * NS.ms, { error: DELAY })
      .prefault('1ms')
      .describe('How long after a piece the next one follows. 100us to 100ms'),
    on: onSchema,
  })
  .refine((params) => params.variation === 0 || params.variation < params['average-size'], {
    path: ['variation'],
    error: 'expected less variation than the average size',
  });

export type PacketSlicerParams = z.output<typeof packetSlicerSchema>;
