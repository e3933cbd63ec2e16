import { z } from 'zod';
import { Secret } from '../base/secret.js';
import { engineSchema } from './docker/engine-schema.js';
import {
  type HandedOverNode,
  handedOverNodeSchema,
  httpSchema,
  serverSchema,
} from './handed-over/handed-over-schema.js';
import { parseServerUrl } from './server-url.js';

const allowSchema = z.string({ error: 'expected host:port' }).transform((text, context): string => {
  const parsed = parseServerUrl(text);
  if ('problem' in parsed) {
    context.addIssue({ code: 'custom', message: parsed.problem });
    return z.NEVER;
  }
  return parsed.address;
});

const text = z.string({ error: 'expected a text' }).min(1, { error: 'expected a text' });

/** Not worded as other errors are, which repeat what they found. */
const secret = z
  .string({ error: 'this must be a text: put it in quotes' })
  .min(1, { error: 'this is empty' })
  .transform((value) => new Secret(value));

const variable = z
  .string({ error: 'expected the name of an environment variable' })
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'this must be the name of an environment variable' });

const file = z
  .string({ error: 'expected the path of a file' })
  .min(1, { error: 'expected the path of a file' });

/** Each of these has a form with `-env`; NKeys and credentials are files otherwise. */
const FORMS = [
  ['user', 'user-env'],
  ['password', 'password-env'],
  ['token', 'token-env'],
  ['nkey-file', 'nkey-env'],
  ['creds-file', 'creds-env'],
] as const;

const authSchema = z
  .strictObject({
    user: text.optional().describe('User name'),
    password: secret.optional().describe('Password; better kept out of the file: see password-env'),
    token: secret.optional().describe('Token; better kept out of the file: see token-env'),
    'nkey-file': file.optional().describe('File with the seed of an NKey'),
    'creds-file': file.optional().describe('Credentials file (.creds): JWT and seed of a user'),
    'user-env': variable.optional().describe('Environment variable that holds the user name'),
    'password-env': variable.optional().describe('Environment variable that holds the password'),
    'token-env': variable.optional().describe('Environment variable that holds the token'),
    'nkey-env': variable.optional().describe('Environment variable that holds the seed of an NKey'),
    'creds-env': variable
      .optional()
      .describe('Environment variable that holds the text of a credentials file'),
  })
  .superRefine((auth, context) => {
    for (const [plain, env] of FORMS) {
      if (auth[plain] === undefined || auth[env] === undefined) continue;
      context.addIssue({ code: 'custom', path: [env], message: `${plain} and ${env} exclude each other` });
    }
  });

const tlsSchema = z.union(
  [
    z.literal(true).transform(() => ({})),
    z.strictObject({
      ca: file.optional().describe("PEM file with the CAs to trust, instead of Node's own"),
      cert: file.optional().describe("PEM file with the client's certificate"),
      key: file.optional().describe("PEM file with the certificate's private key"),
      'server-name': text
        .optional()
        .describe("Name that the servers' certificates are for; the host of the address unless given"),
      verify: z
        .boolean({ error: 'expected true or false' })
        .optional()
        .describe("Whether the servers' certificates are verified; true unless told"),
      'handshake-first': z
        .boolean({ error: 'expected true or false' })
        .optional()
        .describe('Whether the servers begin with TLS (handshake_first)'),
    }),
  ],
  { error: 'expected true, or keys such as { ca: ca.pem }' },
);

/** The keys of `cluster` in a scenario for `driver: external`. */
export const externalClusterSchema = z
  .strictObject({
    servers: z
      .array(serverSchema)
      .min(1, { error: 'at least one server is needed' })
      .optional()
      .describe('URLs of the servers to load; those of the context unless given'),
    context: text
      .optional()
      .describe(
        'Context of the `nats` command, by name or path: servers, credentials and TLS come from there',
      ),
    allow: z
      .array(allowSchema)
      .default([])
      .describe(
        'Every server again, as host:port: the consent to load it. The command line must give it too (--allow)',
      ),
    auth: authSchema.optional().describe('How to authenticate; without it as nobody, or as the context says'),
    tls: tlsSchema
      .optional()
      .describe('TLS: true, or its files; without it, spoken where a server demands it'),
    'monitor-urls': z
      .array(httpSchema('http://10.0.0.1:8222'))
      .optional()
      .describe("The servers' monitoring endpoints, in the order of the servers"),
    nodes: z
      .array(handedOverNodeSchema)
      .min(1, { error: 'at least one node is needed' })
      .optional()
      .describe(
        'Instead of servers: each node by its name, with what faults on it may use. Nothing else is touched',
      ),
    engine: engineSchema,
  })
  .superRefine((given, context) => {
    const { servers = [], nodes, allow, context: cliContext } = given;
    if (nodes !== undefined) checkNodes({ ...given, nodes }, context);
    else if (given.servers === undefined && cliContext === undefined) {
      context.addIssue({
        code: 'custom',
        path: [],
        message:
          'the key `servers` is missing, or `nodes`, or a `context` of the `nats` command that names them',
      });
    }
    servers.forEach(({ address }, i) => {
      if (allow.includes(address)) return;
      context.addIssue({
        code: 'custom',
        path: ['servers', i],
        message: `${address} is not in \`allow\`: a system that stormglass did not start is loaded only where that says so`,
      });
    });
    const urls = given['monitor-urls'];
    if (urls && given.servers && urls.length !== servers.length) {
      context.addIssue({
        code: 'custom',
        path: ['monitor-urls'],
        message: `${urls.length} URLs for ${servers.length} servers: give one for each, or none`,
      });
    }
  });

/** What is wrong with nodes that were handed over, beside each of them. */
function checkNodes(
  given: { readonly nodes: readonly HandedOverNode[]; readonly allow: readonly string[] } & Record<
    string,
    unknown
  >,
  context: z.core.$RefinementCtx,
): void {
  const { nodes, allow } = given;
  const refuse = (path: (string | number)[], message: string) =>
    context.addIssue({ code: 'custom', path, message });
  for (const key of ['servers', 'monitor-urls']) {
    if (given[key] !== undefined) refuse([key], `${key} and nodes exclude each other: nodes say it all`);
  }
  const names = nodes.map(({ name }) => name);
  nodes.forEach(({ name, url, toxiproxy }, i) => {
    if (names.indexOf(name) !== i) refuse(['nodes', i, 'name'], `there is another node ${name}`);
    const addresses = [
      { path: ['nodes', i, 'url'], address: url.address },
      ...(toxiproxy?.client
        ? [{ path: ['nodes', i, 'toxiproxy', 'client', 'url'], address: toxiproxy.client.url.address }]
        : []),
    ];
    for (const { path, address } of addresses) {
      if (!allow.includes(address)) {
        refuse(
          path,
          `${address} is not in \`allow\`: a system that stormglass did not start is loaded only where that says so`,
        );
      }
    }
    for (const other of Object.keys(toxiproxy?.routes ?? {})) {
      if (other === name) refuse(['nodes', i, 'toxiproxy', 'routes', other], 'a node has no route to itself');
      else if (!names.includes(other)) {
        refuse(['nodes', i, 'toxiproxy', 'routes', other], `there is no node ${other}: ${names.join(', ')}`);
      }
    }
  });
}

/** `cluster` of a plan for this driver. */
export type ExternalClusterParams = z.output<typeof externalClusterSchema>;
