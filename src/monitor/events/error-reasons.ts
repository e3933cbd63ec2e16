/** Why an event could not be read as what it claims to be. */
export const ERROR_REASONS = [
  /** It begins like a JSON object and is none. */
  'malformed-json',
  /** It is no JSON, and the configuration says that all events are. */
  'not-json',
  'too-deep',
  'too-large',
  /** It begins like a batch and is none. */
  'malformed-batch',
  /** A field that the configuration names holds something else than it should. */
  'wrong-type',
] as const;

export type ErrorReason = (typeof ERROR_REASONS)[number];
