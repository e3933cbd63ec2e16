import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';

export function isStreamNotFound(thrown: unknown): boolean {
  return thrown instanceof JetStreamApiError && thrown.code === JetStreamApiCodes.StreamNotFound;
}

export function isConsumerNotFound(thrown: unknown): boolean {
  return thrown instanceof JetStreamApiError && thrown.code === JetStreamApiCodes.ConsumerNotFound;
}

/** Nobody answers for JetStream, or the account may not use it. The library does not export this error's class. */
export function isJetStreamOff(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'JetStreamNotEnabled';
}

/** Silence, no responders or "temporarily unavailable": what is asked about has nobody to answer for it now. */
export function isUnattended(thrown: unknown): boolean {
  if (thrown instanceof errors.TimeoutError || isJetStreamOff(thrown)) return true;
  return thrown instanceof JetStreamApiError && thrown.status >= 500;
}
