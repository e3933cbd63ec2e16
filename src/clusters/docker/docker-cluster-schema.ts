import { z } from 'zod';
import type { Capability } from '../../contracts/cluster.js';
import { type ProcessClusterParams, processClusterSchema } from '../process-cluster-schema.js';
import { engineSchema } from './engine-schema.js';

/** A version that was tried, and no newer one by surprise. */
export const DEFAULT_IMAGE = 'nats:2.15.2-alpine';

const { nodes, jetstream, tls, auth, config } = processClusterSchema.shape;

/** The keys of `cluster` in a scenario for `driver: docker`: those of `driver: process`, but for the server's path. */
export const dockerClusterSchema = z
  .strictObject({
    nodes,
    jetstream,
    tls,
    auth,
    config,
    image: z
      .string({ error: 'expected the name of an image, such as nats:2.15.2-alpine' })
      .min(1, { error: 'expected the name of an image, such as nats:2.15.2-alpine' })
      .default(DEFAULT_IMAGE)
      .describe('Image of the containers; pulled where the engine does not have it'),
    engine: engineSchema,
  })
  .superRefine((given, context) => {
    if (given.nodes > 1 || !Object.keys(given.config).some((key) => key.toLowerCase() === 'cluster')) return;
    context.addIssue({
      code: 'custom',
      path: ['config', 'cluster'],
      message: 'a single server has no cluster settings: ask for more nodes, or leave them out',
    });
  });

/** `cluster` of a plan for this driver. */
export interface DockerClusterParams extends Omit<ProcessClusterParams, 'server'> {
  readonly image: string;
  readonly engine?: string | undefined;
}

/** What this driver lets faults do: a container's part of the mesh can be taken away, and its links slowed down. */
export const DOCKER_CAPABILITIES: readonly Capability[] = [
  'load',
  'process-control',
  'process-signals',
  'node-isolation',
  'route-shaping',
];
