export interface StreamPlan {
  readonly name: string;
  readonly subjects: readonly string[];
  /** Every field of a JetStream StreamConfig, passed to the server as it stands. */
  readonly config: Readonly<Record<string, unknown>>;
}
