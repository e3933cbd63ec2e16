/** How long the conductor waits for things before it gives up. All nanoseconds. */
export interface RunLimits {
  readonly clusterReadyNs: number;
  readonly steadyNs: number;
  readonly healNs: number;
  readonly drainNs: number;
  readonly finalReadNs: number;
}
