import { z } from 'zod';
import { durationSchema } from '../../base/unit-schemas.js';
import { type ParsedAddress, parseServerUrl } from '../server-url.js';

/** An address of a server as a scenario writes it. */
export const serverSchema = z
  .string({ error: 'expected the URL of a server, such as nats://10.0.0.1:4222' })
  .transform((text, context): ParsedAddress => {
    const parsed = parseServerUrl(text);
    if ('problem' in parsed) {
      context.addIssue({ code: 'custom', message: parsed.problem });
      return z.NEVER;
    }
    return parsed;
  });

/** The address of something that speaks HTTP. */
export const httpSchema = (example: string) =>
  z
    .url({ protocol: /^https?$/, error: `expected a URL such as ${example}` })
    .refine((url) => !url.includes('@'), { error: 'credentials do not belong into this URL' });

const name = (example: string) =>
  z
    .string({ error: `expected a name, such as ${example}` })
    .min(1, { error: `expected a name, such as ${example}` });

const commandSchema = z
  .array(z.string({ error: 'expected a text: put it in quotes' }), {
    error: 'expected a program and its arguments, such as [systemctl, start, nats-n1]',
  })
  .min(1, { error: 'expected a program and its arguments, such as [systemctl, start, nats-n1]' });

const commandsSchema = z.strictObject({
  look: commandSchema.describe(
    'Says how the server is: ends with 0 while it runs, 1 while it is down, 2 while it is paused; what it prints tells one start from another, such as the pid',
  ),
  kill: commandSchema.describe('Ends the server at once, as SIGKILL does'),
  start: commandSchema.describe('Starts it again; does no harm while it runs'),
  pause: commandSchema.describe('Holds it up, as SIGSTOP does'),
  continue: commandSchema.describe('Lets it go on; does no harm while it runs'),
  timeout: durationSchema.optional().describe('How long one of them may take; 30s unless told'),
});

/** It becomes part of a URL as it is. */
const proxyName = (example: string) =>
  name(example).regex(/^[\w.:~-]+$/, {
    error: 'expected letters, digits, dots, colons, dashes and underscores',
  });

const toxiproxySchema = z.strictObject({
  url: httpSchema('http://127.0.0.1:8474')
    .transform((url) => url.replace(/\/$/, ''))
    .describe("Toxiproxy's control API"),
  client: z
    .strictObject({
      proxy: proxyName('n1-client').describe('Name of the proxy that leads to the node'),
      url: serverSchema.describe('Where that proxy listens: the load goes through it'),
    })
    .optional()
    .describe('The proxy between clients and this node'),
  routes: z
    .record(z.string(), proxyName('n1-to-n2'))
    .default({})
    .describe('By the name of another node: the proxy through which this one dials its route'),
});

/** A node of a system that somebody else runs, and what faults on it may use. */
export const handedOverNodeSchema = z
  .strictObject({
    name: name('n1').describe('What the server calls itself (server_name)'),
    url: serverSchema.describe('Its address, past every proxy'),
    'monitor-url': httpSchema('http://10.0.0.1:8222').optional().describe("The server's monitoring endpoint"),
    container: name('nats-n1')
      .optional()
      .describe('Exact name of the container that it runs in: killed, paused and started through the engine'),
    commands: commandsSchema
      .optional()
      .describe('Commands that do the same; no shell, and no environment but PATH, HOME and TMPDIR'),
    toxiproxy: toxiproxySchema
      .optional()
      .describe('A Toxiproxy and the names of its proxies that stand on the links of this node'),
  })
  .superRefine(({ container, commands }, context) => {
    if (container === undefined || commands === undefined) return;
    context.addIssue({
      code: 'custom',
      path: ['commands'],
      message: 'container and commands exclude each other: one of them stops and starts the server',
    });
  });

export type HandedOverNode = z.output<typeof handedOverNodeSchema>;
export type NodeCommands = NonNullable<HandedOverNode['commands']>;
