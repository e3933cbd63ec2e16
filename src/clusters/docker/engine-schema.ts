import { z } from 'zod';
import { parseEngine } from '../../processes/docker/engine-address.js';

/** The key `engine` of a cluster. */
export const engineSchema = z
  .string({ error: 'expected the address of a Docker engine, such as unix:///var/run/docker.sock' })
  .superRefine((engine, context) => {
    try {
      parseEngine(engine);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  })
  .optional()
  .describe('Address of the Docker engine; that of DOCKER_HOST, or the one of this machine, unless given');
