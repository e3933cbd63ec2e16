import type { Cluster } from '../contracts/cluster.js';
import type { StoreControl } from '../contracts/stores.js';

/** The cluster's stores; a driver whose capabilities name them has them. */
export function storesOf({ stores, driver }: Cluster): StoreControl {
  if (stores === undefined) throw new Error(`the stores of a ${driver} cluster are out of our reach`);
  return stores;
}
