import type { StatusHeader } from './status-header.js';

/**
 * What a status that came in place of a message says of the pull requests that are out: `alive`, they stand; `ended`,
 * one of them has come to its end, with so many undelivered as the status says; `lost`, they and perhaps their consumer
 * are no more.
 */
export type PullNews = 'alive' | 'ended' | 'lost';

export function pullNews({ code, text }: StatusHeader): PullNews {
  if (code === 100) return 'alive';
  if (code === 404 || code === 408) return 'ended';
  return code === 409 && /^(batch completed|message size exceeds)/i.test(text) ? 'ended' : 'lost';
}

export interface PullRequest {
  readonly messages: number;
  readonly expiresNs: number;
  /** At most half of `expiresNs`. */
  readonly heartbeatNs: number;
  readonly maxBytes?: number;
}

/** The JSON text of a pull request. */
export function encodePull({ messages, expiresNs, heartbeatNs, maxBytes }: PullRequest): string {
  return JSON.stringify({
    batch: messages,
    expires: expiresNs,
    idle_heartbeat: heartbeatNs,
    ...(maxBytes !== undefined && { max_bytes: maxBytes }),
  });
}

/** Where the pull requests of a consumer go. */
export const pullSubject = (stream: string, consumer: string): string =>
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
