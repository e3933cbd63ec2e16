import { z } from 'zod';
import { type ParsedAddress, parseServerUrl } from './server-url.js';

const serverSchema = z
  .string({ error: 'expected the URL of a server, such as nats://10.0.0.1:4222' })
  .transform((text, context): ParsedAddress => {
    const parsed = parseServerUrl(text);
    if ('problem' in parsed) {
      context.addIssue({ code: 'custom', message: parsed.problem });
      return z.NEVER;
    }
    return parsed;
  });

const allowSchema = z.string({ error: 'expected host:port' }).transform((text, context): string => {
  const parsed = parseServerUrl(text);
  if ('problem' in parsed) {
    context.addIssue({ code: 'custom', message: parsed.problem });
    return z.NEVER;
  }
  return parsed.address;
});

const secret = z.string().min(1, { error: 'expected a text' });
const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'expected the name of an environment variable' });

const authSchema = z
  .strictObject({
    user: secret.optional().describe('User name'),
    password: secret.optional().describe('Password; better kept out of the file: see password-env'),
    token: secret.optional().describe('Token; better kept out of the file: see token-env'),
    'user-env': variable.optional().describe('Environment variable that holds the user name'),
    'password-env': variable.optional().describe('Environment variable that holds the password'),
    'token-env': variable.optional().describe('Environment variable that holds the token'),
  })
  .superRefine((auth, context) => {
    for (const key of ['user', 'password', 'token'] as const) {
      if (auth[key] === undefined || auth[`${key}-env`] === undefined) continue;
      context.addIssue({
        code: 'custom',
        path: [`${key}-env`],
        message: `${key} and ${key}-env exclude each other`,
      });
    }
  });

/** The keys of `cluster` in a scenario for `driver: external`. */
export const externalClusterSchema = z
  .strictObject({
    servers: z
      .array(serverSchema)
      .min(1, { error: 'at least one server is needed' })
      .describe('URLs of the servers to load'),
    allow: z
      .array(allowSchema)
      .default([])
      .describe(
        'Every server again, as host:port: the consent to load it. The command line must give it too (--allow)',
      ),
    auth: authSchema.optional().describe('How to authenticate; without it, as nobody'),
    'monitor-urls': z
      .array(z.url({ protocol: /^https?$/, error: 'expected a URL such as http://10.0.0.1:8222' }))
      .optional()
      .describe("The servers' monitoring endpoints, in the order of the servers"),
  })
  .superRefine((given, context) => {
    const { servers, allow } = given;
    servers.forEach(({ address }, i) => {
      if (allow.includes(address)) return;
      context.addIssue({
        code: 'custom',
        path: ['servers', i],
        message: `${address} is not in \`allow\`: a system that stormglass did not start is loaded only where that says so`,
      });
    });
    const urls = given['monitor-urls'];
    if (urls && urls.length !== servers.length) {
      context.addIssue({
        code: 'custom',
        path: ['monitor-urls'],
        message: `${urls.length} URLs for ${servers.length} servers: give one for each, or none`,
      });
    }
  });

/** `cluster` of a plan for this driver. */
export type ExternalClusterParams = z.output<typeof externalClusterSchema>;
