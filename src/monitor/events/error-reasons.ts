import type { EventReading } from '../../contracts/event-reading.js';

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
  /** Its stamp has a number that its writer cannot have come to. */
  'malformed-stamp',
  /** A field that the configuration names holds something else than it should. */
  'wrong-type',
] as const;

export type ErrorReason = (typeof ERROR_REASONS)[number];

/** A bit for each, so that several can be kept in one number. */
export const REASON_BIT = Object.fromEntries(
  ERROR_REASONS.map((reason, bit) => [reason, 1 << bit]),
) as Readonly<Record<ErrorReason, number>>;

/** What can be wrong with events that are read so. */
export function possibleErrors(
  { format, declaredFields }: EventReading,
  hasMetrics: boolean,
): readonly ErrorReason[] {
  if (format === 'opaque') return ['malformed-batch'];
  return [
    ...(['malformed-json', 'too-deep', 'too-large', 'malformed-batch'] as const),
    ...(format === 'json' ? (['not-json'] as const) : []),
    ...(declaredFields.length > 0 || hasMetrics ? (['wrong-type'] as const) : []),
  ];
}
