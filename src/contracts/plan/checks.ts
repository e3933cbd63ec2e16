export interface CheckPlan {
  readonly name: string;
  /** The check's own options, as its schema resolved them. */
  readonly params: Readonly<Record<string, unknown>>;
}
