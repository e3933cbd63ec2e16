import { z } from 'zod';
import { parseTemplate, TemplateError } from '../base/template.js';

/** Headers of messages: names of the user's own, and values that may hold placeholders. */
export const headersSchema = z
  .record(
    z
      .string()
      .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, {
        error: 'expected the name of a header, such as X-Origin',
        abort: true,
      })
      .regex(/^(?!(nats|stormglass)-)/i, {
        error:
          'expected a header of your own: those that begin with Nats- are orders to the server, with Stormglass- ours',
      }),
    z
      .string()
      .regex(/^[^\r\n]*$/, { error: 'expected a text of one line', abort: true })
      .superRefine((text, context) => {
        try {
          parseTemplate(text);
        } catch (error) {
          if (!(error instanceof TemplateError)) throw error;
          const message = `column ${error.column} of this value: ${error.expected}`;
          context.addIssue({ code: 'custom', message, input: text });
        }
      }),
  )
  .prefault({})
  .describe(
    'Headers of every message; values may hold placeholders, such as {{uuid}}. Those that begin with Nats- are orders to the server, and refused.',
  );
