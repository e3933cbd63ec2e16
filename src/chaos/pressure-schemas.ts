import { z } from 'zod';
import { countSchema, rateSchema, sizeSchema } from '../base/unit-schemas.js';
import { formatCount, formatRate, formatSize } from '../base/units.js';

/** A number of things, up to what one machine should be asked for. */
export const boundedCount = (most: number) =>
  countSchema.refine((count) => count <= most, {
    error: `expected at most ${formatCount(most)}`,
  });

/** Above zero. */
export const boundedRate = (mostPerSec: number) =>
  rateSchema.refine((perSec) => perSec > 0 && perSec <= mostPerSec, {
    error: `expected a rate above zero and up to ${formatRate(mostPerSec)}`,
  });

export const boundedSize = (leastBytes: number, mostBytes: number) =>
  sizeSchema.refine((bytes) => bytes >= leastBytes && bytes <= mostBytes, {
    error: `expected a size from ${formatSize(leastBytes)} to ${formatSize(mostBytes)}`,
  });

const TOKEN = /^[^\s.*>]+$/;

/** A subject to publish to: no wildcards, no white space. */
export const subjectSchema = z
  .string({ error: 'expected a subject' })
  .max(1024)
  .refine((text) => text.split('.').every((token) => TOKEN.test(token)) && !text.startsWith('$'), {
    error:
      'expected a subject without wildcards, such as cim.events.orders.Placed, that is none of the system ($…)',
  });

/** One subject, or several → several. */
export const subjectsSchema = z.union(
  [subjectSchema.transform((subject) => [subject]), z.array(subjectSchema).min(1).max(1000)],
  { error: 'expected a subject without wildcards, or a list of them' },
);

/** What can be subscribed to. */
export const filterSchema = z
  .string({ error: 'expected a subject' })
  .max(1024)
  .refine(
    (text) =>
      text
        .split('.')
        .every(
          (token, i, all) => TOKEN.test(token) || token === '*' || (token === '>' && i === all.length - 1),
        ),
    { error: 'expected a subject, such as cim.events.>' },
  );
