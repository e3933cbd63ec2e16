import { z } from 'zod';
import type { ProbeKind } from '../contracts/probe.js';
import { readAnswer } from './read-answer.js';

const httpSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'expected a URL such as http://127.0.0.1:8080/ready' })
    .describe('What is asked'),
  method: z
    .enum(['GET', 'HEAD', 'POST'], { error: 'expected GET, HEAD or POST' })
    .default('GET')
    .describe('How it is asked'),
  status: z
    .int({ error: 'expected an HTTP status, such as 200' })
    .min(100)
    .max(599)
    .default(200)
    .describe('The status that is expected'),
  contains: z.string().min(1).optional().describe('What the answer must have in it'),
});

/** An HTTP endpoint answers as it should. */
export const http = {
  kind: 'http',
  summary: 'an HTTP endpoint answers with the status, and the text, that are expected',
  schema: httpSchema,
  create(params) {
    const { url, method, status, contains } = httpSchema.parse(params);
    return {
      async look({ timeoutMs }) {
        const answer = await readAnswer(new URL(url), method, timeoutMs);
        const saw = `status ${answer.status}`;
        if (answer.status !== status) return { holds: false, saw: `${saw}, not ${status}` };
        if (contains !== undefined && !answer.text.includes(contains)) {
          return { holds: false, saw: `${saw}, without ${JSON.stringify(contains)}` };
        }
        return { holds: true, saw };
      },
    };
  },
} satisfies ProbeKind & { readonly schema: z.ZodObject };
