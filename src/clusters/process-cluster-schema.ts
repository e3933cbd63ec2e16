import { z } from 'zod';
import { hideSecrets } from '../base/secret.js';
import { durationSchema, sizeSchema, versionSchema } from '../base/unit-schemas.js';
import type { Capability } from '../contracts/cluster.js';
import { checkSettings } from './owned-settings.js';

const MOST_NODES = 32;
/** The server sets up files of its own before there is a stream. */
const SMALLEST_VOLUME_BYTES = 32 * 1024 ** 2;

const jetstreamSchema = z
  .strictObject({
    storage: z
      .enum(['file', 'memory'], { error: 'expected file or memory' })
      .optional()
      .describe('Where streams keep their messages unless they say so themselves'),
    'max-storage': sizeSchema.optional().describe('How much disk the streams of one server may take'),
    'max-memory': sizeSchema.optional().describe('How much memory the streams of one server may take'),
    'sync-interval': z
      .union([z.literal('always'), durationSchema], { error: 'expected always, or a duration such as 10s' })
      .optional()
      .describe('How often a server flushes its files to the disk (fsync); 2m unless told'),
  })
  .transform((given) => ({
    enabled: true,
    ...(given.storage !== undefined && { storage: given.storage }),
    ...(given['max-storage'] !== undefined && { maxStorageBytes: given['max-storage'] }),
    ...(given['max-memory'] !== undefined && { maxMemoryBytes: given['max-memory'] }),
    ...(given['sync-interval'] !== undefined && { syncIntervalNs: given['sync-interval'] }),
  }));

const tlsSchema = z
  .union(
    [
      z.boolean().transform((on): TlsParams | undefined => (on ? { verify: false } : undefined)),
      z.strictObject({
        verify: z
          .boolean({ error: 'expected true or false' })
          .default(false)
          .describe("Whether clients, too, must show a certificate of the run's CA"),
      }),
    ],
    { error: 'expected true, false, or { verify: true }' },
  )
  .optional();

/** How the servers know who connects. */
export const AUTH_KINDS = ['none', 'user', 'nkey', 'jwt'] as const;
export type AuthKind = (typeof AUTH_KINDS)[number];

/** The keys of `cluster` in a scenario for `driver: process`. */
export const processClusterSchema = z
  .strictObject({
    nodes: z
      .int({ error: `expected a whole number of servers, 1 to ${MOST_NODES}` })
      .min(1, { error: 'a cluster needs at least one server' })
      .max(MOST_NODES, { error: `at most ${MOST_NODES} servers` })
      .default(3)
      .describe('How many servers'),
    jetstream: z
      .union([z.boolean().transform((enabled): JetStreamParams => ({ enabled })), jetstreamSchema], {
        error: 'expected true, false, or limits such as { max-storage: 10GB }',
      })
      .prefault(true)
      .describe('JetStream: true, false, or its limits'),
    tls: tlsSchema.describe(
      'TLS for clients and routes, with certificates that the run makes: true, or { verify: true } for clients that must show one',
    ),
    auth: z
      .enum(AUTH_KINDS, { error: `expected one of ${AUTH_KINDS.join(', ')}` })
      .default('none')
      .describe(
        'How clients say who they are: none, user (and password), nkey, or jwt, by an operator that the run makes',
      ),
    volumes: z
      .strictObject({
        size: sizeSchema
          .refine((bytes) => bytes >= SMALLEST_VOLUME_BYTES, { error: 'expected 32MiB at least' })
          .describe("How large each server's volume is"),
      })
      .transform(({ size }) => ({ sizeBytes: size }))
      .optional()
      .describe(
        "Puts each server's store on a file system of its own (needs root); made, 256MiB large, for faults that need one unless given",
      ),
    links: z
      .union(
        [
          z.boolean().transform((on): LinkParams => ({ routes: on, clients: on })),
          z
            .enum(['routes', 'clients'])
            .transform((which): LinkParams => ({ routes: which === 'routes', clients: which === 'clients' })),
        ],
        { error: 'expected true, false, routes or clients' },
      )
      .optional()
      .describe(
        'Lays a proxy on every link even if no fault of the scenario needs one, for faults by hand: true, routes, or clients',
      ),
    config: z
      .record(z.string(), z.unknown())
      .default({})
      .superRefine(checkSettings)
      .transform((settings) => hideSecrets(settings) as Record<string, unknown>)
      .describe("Settings of nats-server's own configuration file, passed through"),
    server: z
      .string()
      .min(1, { error: 'expected the path of a nats-server' })
      .optional()
      .describe('Path of the nats-server to run; found or provided unless given'),
    version: versionSchema
      .optional()
      .describe('Version of nats-server that the nodes start with; the one that is found unless given'),
  })
  .superRefine(({ server, version }, context) => {
    if (server === undefined || version === undefined) return;
    context.addIssue({
      code: 'custom',
      path: ['version'],
      message: 'the nats-server at a path has the version that it has: say `server` or `version`, not both',
    });
  })
  .superRefine(({ nodes, config }, context) => {
    if (nodes === 1 && Object.keys(config).some((key) => key.toLowerCase() === 'cluster')) {
      context.addIssue({
        code: 'custom',
        path: ['config', 'cluster'],
        message: 'a single server has no cluster settings: ask for more nodes, or leave them out',
      });
    }
  });

export interface JetStreamParams {
  readonly enabled: boolean;
  readonly storage?: 'file' | 'memory';
  readonly maxStorageBytes?: number;
  readonly maxMemoryBytes?: number;
  readonly syncIntervalNs?: number | 'always';
}

export interface TlsParams {
  /** Clients show a certificate as well. */
  readonly verify: boolean;
}

/** Which links have proxies whatever the faults need. */
export interface LinkParams {
  readonly routes: boolean;
  readonly clients: boolean;
}

/** `cluster` of a plan for this driver. */
export interface ProcessClusterParams {
  readonly nodes: number;
  readonly jetstream: JetStreamParams;
  readonly tls?: TlsParams | undefined;
  readonly auth: AuthKind;
  readonly volumes?: { readonly sizeBytes: number } | undefined;
  readonly links?: LinkParams;
  readonly config: Readonly<Record<string, unknown>>;
  readonly server?: string;
  readonly version?: string | undefined;
}

/** What this driver lets faults do. */
export const PROCESS_CAPABILITIES: readonly Capability[] = [
  'load',
  'process-control',
  'process-signals',
  'node-isolation',
  'route-links',
  'route-shaping',
  'client-links',
  'membership',
  'local-processes',
  'stores',
  'store-volumes',
  'block-volumes',
];

/** `n1`, `n2`, … */
export function processNodeNames(nodes: number): string[] {
  return Array.from({ length: nodes }, (_, i) => `n${i + 1}`);
}
