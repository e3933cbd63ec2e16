import type { Cluster } from '../../src/contracts/cluster.js';
import type { LinkControl } from '../../src/contracts/links.js';
import { clusterWith } from './cluster-with.js';

/** The cluster, with links that say that every effect lies on them, and lay none: evidence has to see through that. */
export function withLyingLinks(cluster: Cluster): Cluster {
  const links = cluster.links as LinkControl;
  const lying: LinkControl = {
    directions: links.directions,
    undoRecords: (...of) => links.undoRecords(...of),
    apply: async () => {},
    lift: async () => {},
    look: async () => ({ isApplied: true, isLifted: true, saw: 'whatever is asked for' }),
    entrance: async (direction) => links.entrance?.(direction),
  };
  return clusterWith(cluster, { links: lying });
}
