import { z } from 'zod';
import { percentageSchema } from '../base/unit-schemas.js';
import { RECORD_FORMATS } from '../contracts/plan/record-file.js';

const RATIO = 'expected a ratio from 0 to 1, such as 0.5 or 50%';

const ratioSchema = z
  .union([z.number(), percentageSchema], { error: RATIO })
  .refine((ratio) => ratio >= 0 && ratio <= 1, { error: RATIO });

const fieldSchema = z.string({ error: 'expected the name of a field' }).min(1);

const compressibleSchema = z.strictObject({
  compressible: ratioSchema.describe(
    'Compressed, the payload has about this share of its size: 0 is repetition, 1 is noise.',
  ),
});

const templateSchema = z.strictObject({
  template: z
    .union(
      [
        z.string(),
        z.strictObject({
          file: z.string().min(1).describe('A file that holds the template, from where the scenario is.'),
        }),
      ],
      { error: 'expected a text, or { file: order.json }' },
    )
    .describe('A text with placeholders, such as {"id":"{{uuid}}","total":{{int 1 100}}}.'),
  format: z
    .enum(['json', 'text'])
    .optional()
    .describe('With json, what it makes must be JSON. Default: json where it begins with { or [.'),
});

const fileSchema = z.strictObject({
  file: z.string().min(1).describe('A file whose records are the payloads, from where the scenario is.'),
  format: z
    .enum(RECORD_FORMATS)
    .optional()
    .describe('Default: by the name of the file, .csv, .ndjson or .jsonl; lines for others.'),
  column: fieldSchema
    .optional()
    .describe('Of a CSV file, the column that is the payload. Default: each row becomes a JSON object.'),
  type: fieldSchema
    .optional()
    .describe('The field that names the type of each record. Default: types by their weights.'),
  time: fieldSchema
    .optional()
    .describe('The field that says when each record happened, for a load with `replay`.'),
  repeat: z.boolean().default(false).describe('Whether it begins anew when it ends.'),
});

/** What payloads are made of. */
export const payloadSchema = z.union([compressibleSchema, templateSchema, fileSchema], {
  error: 'expected { compressible: 0.5 }, { template: … } or { file: … }',
});

export type PayloadInput = z.output<typeof payloadSchema>;
export type TemplateInput = z.output<typeof templateSchema>;
export type FileInput = z.output<typeof fileSchema>;
