import type { Cluster } from '../../src/contracts/cluster.js';

/** The cluster, with some of its parts as a test has them. */
export function clusterWith(cluster: Cluster, parts: Partial<Cluster>): Cluster {
  return new Proxy(cluster, {
    get: (target, key) => {
      if (key in parts) return Reflect.get(parts, key);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
