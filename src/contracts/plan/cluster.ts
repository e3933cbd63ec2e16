export interface ClusterPlan {
  readonly driver: string;
  /** The driver's own parameters, as its schema resolved them. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Names of the nodes, when they are known before the cluster starts; else empty. */
  readonly nodeNames: readonly string[];
}
